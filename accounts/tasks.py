from celery import shared_task
from django.utils import timezone

from accounts.people import confirmations, delegations
from accounts.second_factors import recovery


@shared_task(ignore_result=True)
def expire_pending_appointments(**_: object) -> None:
    confirmations.expire_pending()


@shared_task(ignore_result=True)
def reset_factors(**_: object) -> None:
    """Carry out the recoveries whose delay is over; the database claims each once."""
    recovery.reset_due(now=timezone.now())


@shared_task(ignore_result=True)
def watch_delegations(**_: object) -> None:
    """Tell both people a day before a delegation ends by itself, and when it has."""
    delegations.notify_of_ends(now=timezone.now())
