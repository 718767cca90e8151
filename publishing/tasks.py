from celery import shared_task

from publishing import doorbell as doorbell  # listens to Celery's signals
from publishing import engine, recalls, settling


@shared_task(acks_late=False, ignore_result=True)
def publish_due(*, platform: str, **_: object) -> None:
    """Doorbell: publishes what falls due on this platform. Ringing it twice, late or by mistake is harmless."""
    engine.publish_due(platform=platform)


@shared_task(acks_late=False, ignore_result=True)
def settle(*, platform: str, **_: object) -> None:
    """Looks into whatever is in doubt on this platform."""
    settling.settle(platform=platform)


@shared_task(acks_late=False, ignore_result=True)
def take_down(*, platform: str, **_: object) -> None:
    """Takes down what is recalled on this platform. A queue of its own: a recall never waits behind a campaign."""
    recalls.take_down_due(platform=platform)


@shared_task(acks_late=False, ignore_result=True)
def expire(**_: object) -> None:
    settling.expire()
