from celery import shared_task
from django.utils import timezone

from oversight.digests import mailing
from oversight.matters import asking


@shared_task(ignore_result=True)
def send_digests(**_: object) -> None:
    """Mail the weekly digest to those who have not got it. Twice or late does no harm: the database
    allows one a person and week.
    """
    mailing.send_due(now=timezone.now())


@shared_task(ignore_result=True)
def remind_of_late_matters(**_: object) -> None:
    """Remind units of requests that are late. Twice a day does no harm: one notice a unit and
    day.
    """
    asking.remind_of_late(now=timezone.now())
