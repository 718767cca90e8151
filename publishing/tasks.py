import logging
import threading
from collections.abc import Callable, Collection

from celery import shared_task
from django.db import connection

from publishing import broadcasts, by_hand, engine, freezing, recalls, settling, uploads
from publishing import doorbell as doorbell  # listens to Celery's signals
from publishing import watch as watching

log = logging.getLogger(__name__)


def _on_each(platforms: Collection[str], work: Callable[..., object]) -> None:
    """One bell for all platforms costs a seventh of one for each. Side by side: one that hangs holds up no other."""

    def alone(platform: str) -> None:
        try:
            work(platform=platform)
        except Exception:
            log.exception("%s on %s", work.__name__, platform)
        finally:
            connection.close()

    *others, last = platforms or [""]
    threads = [
        threading.Thread(target=alone, args=(platform,), name=f"{work.__name__} {platform}") for platform in others
    ]
    for thread in threads:
        thread.start()
    if last:
        work(platform=last)
    for thread in threads:
        thread.join()


@shared_task(acks_late=False, ignore_result=True)
def publish_due(*, platform: str, **_: object) -> None:
    """Doorbell: publishes what falls due on this platform. Ringing it twice, late or by mistake is harmless."""
    may_publish = freezing.may_publish()
    watching.pulse(f"publish.{platform}")
    if may_publish:
        engine.publish_due(platform=platform)


@shared_task(acks_late=False, ignore_result=True)
def prepare_due(*, platform: str = "", **_: object) -> None:
    """Brings videos to this platform, or wherever some wait to be brought, ahead of their second. It may take minutes;
    a ring meanwhile changes nothing."""
    may_publish = freezing.may_publish()
    watching.pulse("upload")
    if may_publish:
        _on_each([platform] if platform else uploads.waiting(), uploads.prepare_due)


@shared_task(acks_late=False, ignore_result=True)
def settle(*, platform: str = "", **_: object) -> None:
    """Looks into whatever is in doubt on this platform, or wherever something is."""
    freezing.doubt_first()
    watching.pulse("settle")
    _on_each([platform] if platform else settling.waiting(), settling.settle)


@shared_task(acks_late=False, ignore_result=True)
def take_down(*, platform: str = "", **_: object) -> None:
    """Takes down what is recalled on this platform, or wherever something is. A queue of its own: a recall never waits
    behind a campaign."""
    freezing.doubt_first()
    watching.pulse("recall")
    _on_each([platform] if platform else recalls.waiting(), recalls.take_down_due)
    recalls.finish()


@shared_task(acks_late=False, ignore_result=True)
def hand_over(**_: object) -> None:
    """Makes tasks of what is due on pages that people post to."""
    if freezing.may_publish():
        by_hand.hand_over()


@shared_task(acks_late=False, ignore_result=True)
def send_broadcasts(**_: object) -> None:
    """Sends to followers what two people wanted sent. While publishing is frozen nothing here moves, not even what is
    too late: after a restore, a time that has passed no longer proves that nothing was sent."""
    if freezing.may_publish():
        broadcasts.send_due()


@shared_task(acks_late=False, ignore_result=True)
def expire(**_: object) -> None:
    freezing.doubt_first()
    settling.expire()


@shared_task(acks_late=False, ignore_result=True)
def read_back(**_: object) -> None:
    """After a restore: notes when all pages have been asked."""
    freezing.read_back()


@shared_task(acks_late=False, ignore_result=True)
def ring(*, queue: str, **_: object) -> None:
    """Proves that somebody works on a queue that nothing else rings often."""
    freezing.check()  # first: the last pulse of a restored database tells how old it is
    watching.pulse(queue)


@shared_task(acks_late=False, ignore_result=True)
def watch(**_: object) -> None:
    """Looks for what is late or stuck, and tells those who answer for the installation."""
    watching.watch()
