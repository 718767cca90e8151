from contextlib import suppress

from celery import shared_task

from core.errors import Busy
from media.scanners import services

BACKLOG_AT_ONCE = 5


@shared_task(ignore_result=True)
def scan_media(*, media: int, **_: object) -> None:
    """Scan one picture or film. A doubled, false or late message does no harm."""
    with suppress(Busy):  # whoever has the slot takes what waits next
        services.scan(media)
        services.scan_waiting()


@shared_task(ignore_result=True)
def scan_waiting(**_: object) -> None:
    """Scan what waits: messages that were lost, workers that died, and older stock where nothing
    newer waits.
    """
    with suppress(Busy):
        services.scan_waiting()
        if services.queue_backlog(most=BACKLOG_AT_ONCE):
            services.scan_waiting()
