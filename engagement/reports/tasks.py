from typing import Any

from celery import shared_task
from django.dispatch import receiver
from django.utils import timezone

from engagement.reports import drafts, files, reminders
from engagement.reports.services import queued


@shared_task(ignore_result=True, name="engagement.tasks.make_report_files")
def make_report_files(**_: object) -> None:
    """Make the files of approved reports. Two runs at once share them. Where more may wait, another
    run follows behind what is queued by then.
    """
    if files.make_waiting() >= files.MOST_AT_ONCE:
        make_report_files.delay()


@receiver(queued, dispatch_uid="engagement.reports.make_files")
def make_files(**_: Any) -> None:
    """Send the workers a message. One that is lost does no harm: the tick finds the rows."""
    make_report_files.delay()


@shared_task(acks_late=False, ignore_result=True, name="engagement.tasks.remind_of_reports")
def remind_of_reports(**_: object) -> None:
    """Remind units of reports before and after their day, once each."""
    reminders.send_reminders(now=timezone.now())


@shared_task(acks_late=False, ignore_result=True, name="engagement.tasks.draft_reports")
def draft_reports(**_: object) -> None:
    """Draft what units above asked for. A second run at once, or a repeat, drafts nothing twice."""
    drafts.draft_due(now=timezone.now())
