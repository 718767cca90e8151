from celery import shared_task
from django.utils import timezone

from engagement.reports import drafts, reminders


@shared_task(acks_late=False, ignore_result=True, name="engagement.tasks.remind_of_reports")
def remind_of_reports(**_: object) -> None:
    """Remind units of reports before and after their day, once each."""
    reminders.send_reminders(now=timezone.now())


@shared_task(acks_late=False, ignore_result=True, name="engagement.tasks.draft_reports")
def draft_reports(**_: object) -> None:
    """Draft what units above asked for. A second run at once, or a repeat, drafts nothing twice."""
    drafts.draft_due(now=timezone.now())
