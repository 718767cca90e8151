"""Make the files of approved reports in a worker. Their rows are leased: what a killed worker had
begun is made by the next one.
"""

import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from hashlib import sha256

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone, translation

from core.errors import Busy
from engagement.reports.document import Document
from engagement.reports.figures import LANGUAGE
from engagement.reports.models import ReportFile
from engagement.reports.queries import document_of
from engagement.reports.rendering import excel, pdf, word
from engagement.reports.states import FileFormat, FileState

log = logging.getLogger(__name__)
LEASE = timedelta(minutes=5)  # a file takes seconds
MOST_ATTEMPTS = 3
MOST_AT_ONCE = 300  # files of one run: beat's next tick goes on
CONTENT_TYPES = {
    FileFormat.WORD: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    FileFormat.PDF: "application/pdf",
    FileFormat.EXCEL: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def _writers() -> dict[str, Callable[[Document], bytes]]:
    return {
        FileFormat.WORD: word.write_docx,
        FileFormat.PDF: pdf.write_pdf,
        FileFormat.EXCEL: excel.write_xlsx,
    }


def make_waiting(*, most: int = MOST_AT_ONCE) -> int:
    """Make the files that wait, one after another; return how many. Any number of workers share
    them, and a repeat does no harm.
    """
    made = 0
    with suppress(Busy):
        while made < most and (row := _claim(timezone.now())):
            _make(row)
            made += 1
    return made


def _to_do(now: datetime) -> QuerySet[ReportFile]:
    lost = Q(state=FileState.RUNNING, leased_until__lt=now)
    return ReportFile.objects.filter(Q(state=FileState.WAITING) | lost)


@transaction.atomic
def _claim(now: datetime) -> ReportFile | None:
    rows = _to_do(now).defer("data").select_for_update(of=("self",), skip_locked=True)
    row = rows.order_by("queued_at", "pk").first()
    if row is None:
        return None
    row.state, row.leased_until, row.attempts = FileState.RUNNING, now + LEASE, row.attempts + 1
    row.save(update_fields=["state", "leased_until", "attempts"])
    return row


def _make(row: ReportFile) -> None:
    try:
        with translation.override(LANGUAGE):
            data = _writers()[row.format](document_of(row.report))
    except Busy:
        _own(row).update(state=FileState.WAITING, attempts=F("attempts") - 1, leased_until=None)
        raise
    except Exception as error:
        # Its words may repeat the report's.
        log.error("file %s of a report was not made: %s", row.pk, type(error).__name__)
        _give_back(row)
        return
    _own(row).update(
        state=FileState.DONE,
        data=data,
        sha256=sha256(data).hexdigest(),
        made_at=timezone.now(),
        leased_until=None,
    )


def _give_back(row: ReportFile) -> None:
    is_last = row.attempts >= MOST_ATTEMPTS
    _own(row).update(
        state=FileState.FAILED if is_last else FileState.WAITING,
        leased_until=None,
        queued_at=F("queued_at") if is_last else timezone.now(),
    )


def _own(row: ReportFile) -> QuerySet[ReportFile]:
    """Select the row as long as nobody has taken it over."""
    return ReportFile.objects.filter(pk=row.pk, state=FileState.RUNNING, attempts=row.attempts)


def try_again(report_id: int) -> int:
    """Queue the files of a report that could not be made; return how many."""
    failed = ReportFile.objects.filter(report=report_id, state=FileState.FAILED)
    return failed.update(state=FileState.WAITING, attempts=0, queued_at=timezone.now())
