from celery import shared_task

from operations import alarms


@shared_task(acks_late=False, ignore_result=True)
def watch(**_: object) -> None:
    """Look for what is late or stuck, and notify those who answer for the installation."""
    alarms.update_alarms()
