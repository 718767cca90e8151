from celery import shared_task

from engagement.counting import pages
from engagement.counting import services as counting
from engagement.reports.tasks import draft_reports as draft_reports
from engagement.reports.tasks import remind_of_reports as remind_of_reports
from engagement.rollups import downsampling, months
from engagement.rollups import services as rollups


@shared_task(acks_late=False, ignore_result=True)
def collect(**_: object) -> None:
    """Count the published posts that are due. Two runs at once share the work."""
    counting.collect_posts()


@shared_task(acks_late=False, ignore_result=True)
def collect_pages(**_: object) -> None:
    """Count the pages themselves that are due. Two runs at once share the work."""
    pages.collect_pages()


@shared_task(acks_late=False, ignore_result=True)
def refresh_rollups(**_: object) -> None:
    """Sum up the days that have changed. A second run at once, or a repeat, changes nothing."""
    rollups.refresh_changed_days()


@shared_task(acks_late=False, ignore_result=True)
def thin_counts(**_: object) -> None:
    """Thin counts older than two months, and make room for those of the months to come. A second
    run at once, or a repeat, changes nothing.
    """
    months.make_months()
    downsampling.downsample_old_counts()
