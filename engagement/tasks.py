from celery import shared_task

from engagement import services


@shared_task(acks_late=False, ignore_result=True)
def collect(**_: object) -> None:
    """Counts the published posts whose time on the schedule has come. Two at once share the work."""
    services.collect()
