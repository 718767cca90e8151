from celery import shared_task

from media.scanners import scanning

BACKLOG_AT_ONCE = 50  # in a minute, where nothing newer waits


@shared_task(ignore_result=True)
def queue_backlog(**_: object) -> None:
    """Queue older stock for the scanners. A second run at once, or a repeat, does no harm."""
    scanning.queue_backlog(most=BACKLOG_AT_ONCE)
