"""Make the files of approved reports in a worker. Their rows are leased: what a killed worker had
begun is made by the next one.
"""

import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from hashlib import sha256

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from core.errors import Busy, Refused
from core.text import fold
from engagement.reports import periods
from engagement.reports.compose import make_letterhead
from engagement.reports.document import Document
from engagement.reports.figures import LANGUAGE
from engagement.reports.models import LONGEST_REASON, Report, ReportFile
from engagement.reports.queries import build_document
from engagement.reports.rendering import excel, pdf, word
from engagement.reports.states import MADE, MAKING, FileFormat, FileState

log = logging.getLogger(__name__)
LEASE = timedelta(minutes=5)  # a batch takes seconds
MOST_ATTEMPTS = 3
# Reports that share the program's start. Who opens a page waits for one batch at most: a second.
BATCH = 20
MOST_AT_ONCE = 300  # files of one run: what counts the posts has its turn between
WATCHED = timedelta(seconds=15)  # since a page that shows the files asked, as it does every three
CONTENT_TYPES = {
    FileFormat.WORD: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    FileFormat.PDF: "application/pdf",
    FileFormat.EXCEL: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    FileFormat.SCAN: "application/pdf",
}

type Write = Callable[[Sequence[Document]], list[bytes]]


def _get_writers() -> dict[str, Write]:
    return {
        FileFormat.WORD: lambda documents: [word.write_docx(each) for each in documents],
        FileFormat.EXCEL: lambda documents: [excel.write_xlsx(each) for each in documents],
        FileFormat.PDF: pdf.write_pdfs,
    }


def make_waiting() -> int:
    """Make the files that wait, batch after batch; return how many: `MOST_AT_ONCE` or more where
    others may still wait. Any number of workers share them, and a repeat does no harm.
    """
    made = 0
    _fail_after_last_attempt(timezone.now())
    with suppress(Busy):
        while made < MOST_AT_ONCE and (rows := _claim(timezone.now())):
            made += _make_claimed(rows)
    return made


def note_watched(report: Report) -> None:
    """Note that somebody looks at the report's page now: its files are made next."""
    now = timezone.now()
    unseen = Q(watched_at=None) | Q(watched_at__lt=now - WATCHED / 3)
    ReportFile.objects.filter(unseen, report=report, state__in=MAKING).update(watched_at=now)


def _find_unmade(now: datetime) -> QuerySet[ReportFile]:
    return ReportFile.objects.filter(Q(state=FileState.WAITING) | _has_lost_lease(now))


def _has_lost_lease(now: datetime) -> Q:
    return Q(state=FileState.RUNNING, leased_until__lt=now)


def _fail_after_last_attempt(now: datetime) -> None:
    """End what killed its worker as often as a file is tried."""
    rows = ReportFile.objects.filter(_has_lost_lease(now), attempts__gte=MOST_ATTEMPTS)
    rows.update(state=FileState.FAILED, leased_until=None, reason=_explain_failure())


@transaction.atomic
def _claim(now: datetime) -> list[ReportFile]:
    """Claim the files of a batch of reports: those that somebody looks at, else the longest
    waiting. A file that was tried before is claimed alone, so that it ends no others' worker.
    """
    for rows in (_find_unmade(now).filter(watched_at__gt=now - WATCHED), _find_unmade(now)):
        locked = rows.defer("data").select_for_update(of=("self",), skip_locked=True)
        found = list(locked.order_by("queued_at", "report", "pk")[: BATCH * len(MADE)])
        if not found:
            continue
        if found[0].attempts:
            found = found[:1]
        tried = found[0].attempts
        found = [row for row in found if row.attempts == tried]
        ReportFile.objects.filter(pk__in=[row.pk for row in found]).update(
            state=FileState.RUNNING, leased_until=now + LEASE, attempts=tried + 1
        )
        for row in found:
            row.attempts = tried + 1
        return found
    return []


def _make_claimed(rows: Sequence[ReportFile]) -> int:
    """Make claimed files; return how many."""
    with_signer = Report.objects.select_related("approval__approved_by", "unit__parent")
    reports = with_signer.in_bulk({row.report_id for row in rows})
    for row in rows:
        row.report = reports[row.report_id]
    made = 0
    try:
        with translation.override(LANGUAGE):
            for format, write in _get_writers().items():
                made += _write_files(write, [row for row in rows if row.format == format])
    except Busy:
        for row in rows:
            _select_claimed(row).update(
                state=FileState.WAITING, attempts=F("attempts") - 1, leased_until=None
            )
        raise
    return made


def _write_files(write: Write, rows: Sequence[ReportFile]) -> int:
    """Write files of one format and store them; return how many. What cannot be written together
    is written one by one, so that a refused report keeps no other from its file.
    """
    if not rows:
        return 0
    try:
        files = write([build_document(row.report) for row in rows])
    except Busy:
        raise
    except Exception as error:
        if len(rows) > 1:
            return sum(_write_files(write, [row]) for row in rows)
        # Its words may repeat the report's.
        log.error("file %s of a report was not made: %s", rows[0].pk, type(error).__name__)
        _retry_or_fail(rows[0], str(error) if isinstance(error, Refused) else _explain_failure())
        return 0
    for row, data in zip(rows, files, strict=True):
        _select_claimed(row).update(
            state=FileState.DONE,
            data=data,
            sha256=sha256(data).hexdigest(),
            made_at=timezone.now(),
            leased_until=None,
            reason="",
        )
    return len(rows)


def _explain_failure() -> str:
    """Return the reason of a failure that is none of the report's."""
    with translation.override(LANGUAGE):
        return _("The portal failed at it. Try again; if it fails again, ask your administrator.")


def _retry_or_fail(row: ReportFile, reason: str) -> None:
    is_last = row.attempts >= MOST_ATTEMPTS
    _select_claimed(row).update(
        state=FileState.FAILED if is_last else FileState.WAITING,
        leased_until=None,
        queued_at=F("queued_at") if is_last else timezone.now(),
        reason=reason[:LONGEST_REASON],
    )


def _select_claimed(row: ReportFile) -> QuerySet[ReportFile]:
    """Select the row as long as nobody has taken it over."""
    return ReportFile.objects.filter(pk=row.pk, state=FileState.RUNNING, attempts=row.attempts)


def name_file(report: Report, format: str) -> str:
    """Return the name under which a file is kept: "BC-thang-11-2026-CATP-Da-Nang.docx"."""
    letterhead = make_letterhead(report.unit)
    symbol = fold(letterhead["symbol"]).upper().removeprefix("BC-")
    place = "-".join(word.capitalize() for word in fold(letterhead["place"]).split())
    period = periods.name_period_for_file(report.kind, report.period)
    version = f"-lan-{report.version}" if report.version > 1 else ""
    ending = "-ban-ky.pdf" if format == FileFormat.SCAN else f".{format}"
    return f"BC-{period}-{symbol}-{place}{version}{ending}"


def make_draft(report: Report, format: str) -> bytes:
    """Return the paper of a report that nobody has approved yet. Raise Busy, Refused."""
    with translation.override(LANGUAGE):
        return _get_writers()[format]([build_document(report)])[0]


def retry_failed(report_id: int) -> int:
    """Queue the files of a report that could not be made; return how many."""
    failed = ReportFile.objects.filter(report=report_id, state=FileState.FAILED)
    return failed.update(state=FileState.WAITING, attempts=0, queued_at=timezone.now(), reason="")
