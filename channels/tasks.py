from celery import shared_task
from django.utils import timezone

from channels import services


@shared_task(ignore_result=True)
def refresh_tokens(**_: object) -> None:
    """Renews tokens ahead of their end. Two at a time do no harm: each channel's turn is taken in the database."""
    now = timezone.now()
    services.refresh_due(now=now)
    services.forget_attempts(now=now)


@shared_task(ignore_result=True)
def check_channels(**_: object) -> None:
    """The daily look at every channel; a second run on the same day finds nothing to do."""
    services.check_due(now=timezone.now())
