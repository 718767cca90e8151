from celery import shared_task

from engagement.counting import services as counting


@shared_task(acks_late=False, ignore_result=True)
def collect(**_: object) -> None:
    """Count the published posts that are due. Two runs at once share the work."""
    counting.collect()
