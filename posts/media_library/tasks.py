from celery import shared_task
from django.utils import timezone

from core.clock import database_now
from posts.media_library import upkeep


@shared_task(ignore_result=True)
def warn_of_ends(**_: object) -> None:
    """Tell units of pictures that they may use for a few days more."""
    upkeep.warn_of_expiry(on=timezone.localdate(database_now()))


@shared_task(ignore_result=True)
def drop_blurred(**_: object) -> None:
    """Drop pictures that something was blurred out of a week ago."""
    upkeep.drop_blurred(now=database_now())
