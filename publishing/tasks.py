import logging
import threading
from collections.abc import Callable, Collection

from celery import shared_task
from django.db import connection

from core.jobs.tasks import run_waiting_jobs
from publishing.broadcasts import worker as broadcast_worker
from publishing.engine import fallback as fallback  # listens to Celery's signals
from publishing.engine import uploads
from publishing.engine import worker as engine
from publishing.freeze import freezing
from publishing.freeze.heartbeats import record_heartbeat
from publishing.manual import manual_posting
from publishing.recalls import recalling
from publishing.recalls import worker as recall_worker
from publishing.reconciliation import expiry, reconcile

log = logging.getLogger(__name__)


def _run_on_each(platforms: Collection[str], work: Callable[..., object]) -> None:
    """Run ``work`` on every platform side by side: one that hangs holds up no other.

    One tick for all platforms costs a seventh of one for each.
    """

    def alone(platform: str) -> None:
        try:
            work(platform=platform)
        except Exception:
            log.exception("%s on %s", work.__name__, platform)
        finally:
            connection.close()

    *others, last = platforms or [""]
    threads = [
        threading.Thread(target=alone, args=(platform,), name=f"{work.__name__} {platform}")
        for platform in others
    ]
    for thread in threads:
        thread.start()
    if last:
        work(platform=last)
    for thread in threads:
        thread.join()


@shared_task(acks_late=False, ignore_result=True)
def publish_due(*, platform: str, **_: object) -> None:
    """Publish what falls due on this platform. A tick twice, late or by mistake is harmless."""
    may_publish = freezing.may_publish()
    record_heartbeat(f"publish.{platform}")
    if may_publish:
        engine.publish_due(platform=platform)


@shared_task(acks_late=False, ignore_result=True)
def prepare_due(*, platform: str = "", **_: object) -> None:
    """Upload videos to this platform, or wherever some wait for it, ahead of their second.

    It may take minutes; a tick meanwhile changes nothing.
    """
    may_publish = freezing.may_publish()
    record_heartbeat("upload")
    if may_publish:
        _run_on_each(
            [platform] if platform else uploads.platforms_to_upload_to(), uploads.prepare_due
        )


@shared_task(acks_late=False, ignore_result=True)
def reconcile_unknown(*, platform: str = "", **_: object) -> None:
    """Check whatever has an unknown outcome on this platform, or wherever something has."""
    freezing.mark_unknown_after_restore()
    record_heartbeat("reconcile")
    _run_on_each([platform] if platform else reconcile.platforms_to_check(), reconcile.reconcile)


@shared_task(acks_late=False, ignore_result=True)
def take_down(*, platform: str = "", **_: object) -> None:
    """Take down what is recalled on this platform, or wherever something is.

    A queue of its own: a recall never waits behind a campaign.
    """
    freezing.mark_unknown_after_restore()
    record_heartbeat("recall")
    _run_on_each(
        [platform] if platform else recall_worker.platforms_to_recall_from(),
        recall_worker.take_down_due,
    )
    recalling.finish_recalls()


@shared_task(acks_late=False, ignore_result=True)
def create_manual_tasks(**_: object) -> None:
    """Create tasks from what is due on pages that people post to."""
    if freezing.may_publish():
        manual_posting.create_manual_tasks()


@shared_task(acks_late=False, ignore_result=True)
def send_broadcasts(**_: object) -> None:
    """Send to followers the broadcasts that two people asked for and confirmed.

    While publishing is frozen nothing here moves, not even what is too late: after a restore, a
    time that has passed no longer proves that nothing was sent.
    """
    if freezing.may_publish():
        broadcast_worker.send_due()


@shared_task(acks_late=False, ignore_result=True)
def expire(**_: object) -> None:
    freezing.mark_unknown_after_restore()
    expiry.expire()


@shared_task(acks_late=False, ignore_result=True)
def stop_leaks(**_: object) -> None:
    """Stop what a rule that became stricter holds back, while its unit has time to change it."""
    if freezing.may_publish():
        expiry.stop_leaks()


@shared_task(acks_late=False, ignore_result=True)
def read_back(**_: object) -> None:
    """Note after a restore when all pages have been asked."""
    freezing.note_pages_read_back()


@shared_task(acks_late=False, ignore_result=True)
def reconcile_and_expire(**_: object) -> None:
    """Do all that the queue `reconcile` is asked to do every few seconds: one message for all,
    since each would cost as much as what it asks for. What waits for a platform comes last.
    """
    for task in (create_manual_tasks, read_back, reconcile_unknown):
        try:
            task()
        except Exception:
            log.exception("%s", task.name)


@shared_task(acks_late=False, ignore_result=True)
def serve_queue(*, queue: str, **_: object) -> None:
    """Prove that somebody works on a queue that gets few other tasks, and run the jobs that wait
    on it: those whose message was lost or whose worker died, and those due for another try.
    """
    freezing.check_database()  # first: a restored database's last heartbeat tells its age
    record_heartbeat(queue)
    run_waiting_jobs(queue=queue)
