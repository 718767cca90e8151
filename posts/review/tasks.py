from celery import shared_task

from core.clock import database_now
from posts.review import approvers, second


@shared_task(ignore_result=True)
def watch_second_approvals(**_: object) -> None:
    """Remind the province of what waits for it, and end what it did not approve in time."""
    second.remind_and_expire(now=database_now())


@shared_task(ignore_result=True)
def watch_approvers(**_: object) -> None:
    """Tell of posts in review that nobody of their unit may approve."""
    approvers.notify_unapprovable(now=database_now())
