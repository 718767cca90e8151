"""Make the files of approved reports in a worker, in batches."""

import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from hashlib import sha256

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from core import jobs
from core.errors import Busy, Refused
from core.models import UNFINISHED, Job, JobState
from core.text import fold
from engagement.reports import periods
from engagement.reports.compose import make_letterhead
from engagement.reports.document import Document
from engagement.reports.figures import LANGUAGE
from engagement.reports.models import LONGEST_REASON, Report, ReportFile
from engagement.reports.queries import build_document
from engagement.reports.rendering import pdf
from engagement.reports.states import MADE, FileFormat

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
    # Large ones: a worker that writes no reports goes without.
    from engagement.reports.rendering import excel, word

    return {
        FileFormat.WORD: lambda documents: [word.write_docx(document) for document in documents],
        FileFormat.EXCEL: lambda documents: [excel.write_xlsx(document) for document in documents],
        FileFormat.PDF: pdf.write_pdfs,
    }


def note_watched(report: Report) -> None:
    """Note that somebody looks at the report's page now: its files are made next."""
    now = timezone.now()
    unseen = Q(watched_at=None) | Q(watched_at__lt=now - WATCHED / 3)
    unmade = ReportFile.objects.filter(unseen, report=report, job__state__in=UNFINISHED)
    unmade.update(watched_at=now)


def pick_files(waiting: QuerySet[Job]) -> list[Job]:
    """Pick the files of a batch of reports: those that somebody looks at, else the longest
    waiting. A file that was tried before is made alone, so that it ends no others' worker.
    """
    watched = waiting.filter(reportfile__watched_at__gt=timezone.now() - WATCHED)
    for unmade in (watched, waiting):
        in_order = unmade.order_by("run_at", "reportfile__report", "pk")
        if files := list(in_order[: BATCH * len(MADE)]):
            return files[:1] if files[0].attempts else [job for job in files if not job.attempts]
    return []


def make_files(claims: Sequence[jobs.Claim]) -> None:
    """Make claimed files, those of one format together."""
    with translation.override(LANGUAGE):
        for format, write in _get_writers().items():
            _write_files(write, [claim for claim in claims if claim.row.format == format])


def _write_files(write: Write, claims: Sequence[jobs.Claim]) -> None:
    """Write files of one format and store them. What cannot be written together is written one by
    one, so that a refused report keeps no other from its file.
    """
    if not claims:
        return
    try:
        files = write([build_document(claim.row.report) for claim in claims])
    except Busy:
        raise
    except Exception as error:
        if len(claims) > 1:
            for claim in claims:
                _write_files(write, [claim])
            return
        # Its words may repeat the report's.
        log.error("file %s of a report was not made: %s", claims[0].row.pk, type(error).__name__)
        claims[0].row.reason = str(error)[:LONGEST_REASON] if isinstance(error, Refused) else ""
        with suppress(jobs.JobLost):
            claims[0].retry()
        return
    for claim, data in zip(claims, files, strict=True):
        with suppress(jobs.JobLost), transaction.atomic():
            claim.finish()
            ReportFile.objects.filter(pk=claim.row.pk).update(
                data=data, sha256=sha256(data).hexdigest(), made_at=timezone.now(), reason=""
            )


def note_failure(row: ReportFile) -> None:
    """Say why there is no file: what the report was refused for, or that it is none of its."""
    with translation.override(LANGUAGE):
        row.reason = row.reason or _(
            "The portal failed at it. Try again; if it fails again, ask your administrator."
        )
    row.save(update_fields=["reason"])


jobs.register(
    "report_file",
    queue="counts",
    rows=ReportFile.objects.defer("data").select_related(
        "report__approval__approved_by", "report__unit__parent"
    ),
    run=make_files,
    pick=pick_files,
    on_failure=note_failure,
    lease=LEASE,
    most_attempts=MOST_ATTEMPTS,
    most_a_run=MOST_AT_ONCE,
)


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


@transaction.atomic
def retry_failed(report_id: int) -> int:
    """Queue the files of a report that could not be made; return how many."""
    failed = Job.objects.filter(reportfile__report=report_id, state=JobState.FAILED)
    ReportFile.objects.filter(job__in=failed).update(reason="")
    return jobs.restart(failed)
