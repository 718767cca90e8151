from contextlib import suppress

from celery import shared_task

from campaigns.files import services
from core.errors import Busy


@shared_task(ignore_result=True)
def check_file(*, file: int, **_: object) -> None:
    """Check one file. A doubled, false or late message does no harm."""
    with suppress(Busy):  # the tick finds it again
        services.check_file(file)


@shared_task(ignore_result=True)
def check_waiting(**_: object) -> None:
    """Check what waits: messages that were lost, and workers that died."""
    with suppress(Busy):
        services.check_waiting()
