from celery import shared_task
from django.db import transaction

from engagement.exports import services
from engagement.exports.models import Export


@shared_task(ignore_result=True, name="engagement.tasks.make_export")
def make_export(*, export: int, **_: object) -> None:
    """Make a file. The database says whether somebody is at it or it is done."""
    for each in Export.objects.filter(pk=export).select_related("made_by"):
        services.make_export(each)


@shared_task(ignore_result=True, name="engagement.tasks.make_exports")
def make_exports(**_: object) -> None:
    """Make files whose message was lost, whose worker died, or that had to wait."""
    services.make_waiting_exports()


def queue_export(export: Export) -> None:
    """Have a worker make the file. While the broker is away, `make_exports` finds it."""
    transaction.on_commit(lambda: make_export.delay(export=export.pk), robust=True)
