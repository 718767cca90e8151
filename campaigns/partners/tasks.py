from celery import shared_task
from django.utils import timezone

from campaigns.partners import agreements
from core.clock import database_now


@shared_task(ignore_result=True)
def warn_of_ends(**_: object) -> None:
    """Notify units of agreements with partners that end soon."""
    agreements.warn_of_ends(on=timezone.localdate(database_now()))
