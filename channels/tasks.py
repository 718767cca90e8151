from celery import shared_task
from django.utils import timezone

from channels.completeness import reading
from channels.connection.health import check_due
from channels.connection.tokens import refresh_due
from channels.credentials import grants
from channels.monitoring import forecast, unrecognised
from channels.webhooks import inbox


@shared_task(ignore_result=True)
def refresh_tokens(*, platform: str = "", **_: object) -> None:
    """Renew tokens before their end. Two at a time do no harm: each channel's turn is taken in the
    database."""
    refresh_due(now=timezone.now(), platform=platform)


@shared_task(ignore_result=True)
def end_grants(**_: object) -> None:
    """End the access of channels that were given up. Two at a time do no harm: each is taken in the
    database."""
    grants.end_due()


@shared_task(ignore_result=True)
def check_channels(**_: object) -> None:
    """Check every channel, daily; a second run on the same day finds nothing to do."""
    check_due(now=timezone.now())


@shared_task(ignore_result=True)
def announce_ends(**_: object) -> None:
    """Warn of connections that end soon, whatever became of the daily check."""
    forecast.warn_of_ends(now=timezone.now())


@shared_task(ignore_result=True)
def check_for_unrecognised_posts(*, platform: str, **_: object) -> None:
    """Check the pages whose turn it is; turns are taken in the database."""
    unrecognised.check_pages(platform=platform, now=timezone.now())


@shared_task(ignore_result=True)
def process_inbox(**_: object) -> None:
    """Do what follows from the platforms' calls, which are stored in the database."""
    inbox.process_events(now=timezone.now())


@shared_task(ignore_result=True)
def subscribe(**_: object) -> None:
    """Ask platforms for the news of new channels, and again before they would stop sending it."""
    inbox.subscribe_due(now=timezone.now())


@shared_task(ignore_result=True)
def read_pages(*, platform: str, **_: object) -> None:
    """Read what pages tell of themselves, those whose turn it is; turns are taken in the
    database."""
    reading.read_due(platform=platform, now=timezone.now())
