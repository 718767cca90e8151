from celery import shared_task

from campaigns.kits import announcing


@shared_task(ignore_result=True)
def announce_kits(**_: object) -> None:
    """Notify units of kits issued, passed on and withdrawn. Safe to repeat and to run twice at
    once.
    """
    announcing.announce_kits()
