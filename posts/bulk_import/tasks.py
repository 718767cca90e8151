from celery import shared_task

from posts.bulk_import import services
from posts.models import BulkImport


@shared_task(ignore_result=True)
def read_pictures(*, batch: int, **_: object) -> None:
    """Store the pictures of a sheet. The database says whether somebody is at it or it is done."""
    for each in BulkImport.objects.filter(pk=batch):
        services.read_pictures(each)


@shared_task(ignore_result=True)
def submit_all(*, batch: int, **_: object) -> None:
    """Submit the drafts of a sheet. The database says whether somebody is at it or it is done."""
    for each in BulkImport.objects.filter(pk=batch):
        services.submit_all(each)
