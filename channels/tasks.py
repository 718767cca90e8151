from celery import shared_task
from django.utils import timezone

from channels import forecast, foreign, news, services


@shared_task(ignore_result=True)
def refresh_tokens(*, platform: str = "", **_: object) -> None:
    """Renews tokens ahead of their end. Two at a time do no harm: each channel's turn is taken in the database."""
    now = timezone.now()
    services.refresh_due(now=now, platform=platform)
    services.forget_attempts(now=now)


@shared_task(ignore_result=True)
def check_channels(**_: object) -> None:
    """The daily look at every channel; a second run on the same day finds nothing to do."""
    now = timezone.now()
    services.check_due(now=now)
    news.forget(now=now)


@shared_task(ignore_result=True)
def announce_ends(**_: object) -> None:
    """Tells of connections that end soon, whatever became of the daily look."""
    forecast.announce(now=timezone.now())


@shared_task(ignore_result=True)
def look_for_foreign_posts(*, platform: str, **_: object) -> None:
    """Looks at the pages whose turn it is; turns are taken in the database."""
    foreign.look_due(platform=platform, now=timezone.now())


@shared_task(ignore_result=True)
def hear(**_: object) -> None:
    """Does what follows from the platforms' news, which lies in the database."""
    news.hear(now=timezone.now())


@shared_task(ignore_result=True)
def subscribe(**_: object) -> None:
    """Asks platforms for the news of new channels, and again before they would stop telling."""
    news.subscribe_due(now=timezone.now())
