"""The kinds of reports, the states that a report walks through, and the formats of its files."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class ReportKind(models.TextChoices):
    """The subjects of a report: a regular period, a campaign, or days that somebody chose."""

    WEEK = "week", _("weekly report")
    MONTH = "month", _("monthly report")
    QUARTER = "quarter", _("quarterly report")
    HALF_YEAR = "half_year", _("half-yearly report")
    YEAR = "year", _("yearly report")
    CAMPAIGN = "campaign", _("report on a campaign")
    AD_HOC = "ad_hoc", _("report on chosen days")


# Due again with each period: reminders and the overview know them.
REGULAR = (
    ReportKind.WEEK,
    ReportKind.MONTH,
    ReportKind.QUARTER,
    ReportKind.HALF_YEAR,
    ReportKind.YEAR,
)


class ReportState(models.TextChoices):
    """The states of a report. From ``approved`` on its content is frozen: its paper is signed and
    registered, then sent.
    """

    DRAFT = "draft", _("draft")
    IN_REVIEW = "in_review", _("waits for approval")
    APPROVED = "approved", _("approved, to be signed and sent")
    SENT = "sent", _("sent")
    RETURNED = "returned", _("returned by the superior unit")


NEXT: dict[str, frozenset[ReportState]] = {
    ReportState.DRAFT: frozenset({ReportState.IN_REVIEW}),
    ReportState.IN_REVIEW: frozenset({ReportState.DRAFT, ReportState.APPROVED}),
    ReportState.APPROVED: frozenset({ReportState.SENT}),
    ReportState.SENT: frozenset({ReportState.RETURNED}),
    ReportState.RETURNED: frozenset(),
}
WERE_SENT = frozenset({ReportState.SENT, ReportState.RETURNED})
FROZEN = WERE_SENT | {ReportState.APPROVED}
OPEN = frozenset({ReportState.DRAFT, ReportState.IN_REVIEW})
# How a list shows a state: colour and symbol.
TONES: dict[str, tuple[str, str]] = {
    ReportState.DRAFT: ("grey", "pencil"),
    ReportState.IN_REVIEW: ("yellow", "hourglass"),
    ReportState.APPROVED: ("blue", "writing"),
    ReportState.SENT: ("green", "circle-check"),
    ReportState.RETURNED: ("red", "arrow-back-up"),
}


class FileFormat(models.TextChoices):
    """The files in which a report is kept."""

    WORD = "docx", "Word"
    PDF = "pdf", "PDF"
    EXCEL = "xlsx", "Excel"
    SCAN = "scan", _("signed copy")  # what the unit sends with it; the others are made


MADE = (FileFormat.WORD, FileFormat.PDF, FileFormat.EXCEL)
