from celery import shared_task

from publishing import broadcasts, by_hand, engine, freezing, recalls, settling, uploads
from publishing import doorbell as doorbell  # listens to Celery's signals
from publishing import watch as watching


@shared_task(acks_late=False, ignore_result=True)
def publish_due(*, platform: str, **_: object) -> None:
    """Doorbell: publishes what falls due on this platform. Ringing it twice, late or by mistake is harmless."""
    may_publish = freezing.may_publish()
    watching.pulse(f"publish.{platform}")
    if may_publish:
        engine.publish_due(platform=platform)


@shared_task(acks_late=False, ignore_result=True)
def prepare_due(*, platform: str, **_: object) -> None:
    """Brings videos to this platform ahead of their second. It may take minutes; a ring meanwhile changes nothing."""
    may_publish = freezing.may_publish()
    watching.pulse("upload")
    if may_publish:
        uploads.prepare_due(platform=platform)


@shared_task(acks_late=False, ignore_result=True)
def settle(*, platform: str, **_: object) -> None:
    """Looks into whatever is in doubt on this platform."""
    freezing.doubt_first()
    watching.pulse("settle")
    settling.settle(platform=platform)


@shared_task(acks_late=False, ignore_result=True)
def take_down(*, platform: str, **_: object) -> None:
    """Takes down what is recalled on this platform. A queue of its own: a recall never waits behind a campaign."""
    freezing.doubt_first()
    watching.pulse("recall")
    recalls.take_down_due(platform=platform)


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
