"""Rules on the legal basis of a post: the document that it rests on, and whose warning it is."""

from collections.abc import Iterator
from datetime import date, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from campaigns.models import TopicRule
from posts.checks.base import Draft, Finding, block, warn

# So long before a document lapses its author is warned: time to find what replaces it.
WARNED_BEFORE = timedelta(days=30)


def check_legal_basis(draft: Draft) -> Iterator[Finding]:
    legal = draft.content.get("legal", {})
    is_asked = TopicRule.Asks.LEGAL_BASIS in draft.asked
    if not legal.get("number"):
        if legal or is_asked:
            message = _("Name the legal basis by its number, such as Nghị định 282/2025/NĐ-CP.")
            yield block("legal_missing", message, "legal")
    elif is_asked and not legal["from"]:
        message = _("Enter the day from which the legal basis is in force.")
        yield block("legal_from_missing", message, "legal")


def check_legal_basis_in_force(draft: Draft) -> Iterator[Finding]:
    """Find a document that is not in force when the post is to be published, or not for long."""
    legal = draft.content.get("legal", {})
    start, end = (_parse_day(legal.get(name, "")) for name in ("from", "until"))
    today = timezone.localdate(draft.now)
    out_on = timezone.localdate(draft.requested_time) if draft.requested_time else today
    if end and end < today:
        message = _(
            "The legal basis lapsed on %(day)s. Name the document in force now, and check the text "
            "against it."
        )
        yield block("legal_lapsed", message % {"day": _format_day(end)}, "legal")
    elif end and end < out_on:
        message = _(
            "The legal basis lapses on %(day)s, before the wanted time of publication. Choose an "
            "earlier time, or name the document that replaces it."
        )
        yield block("legal_lapses_before", message % {"day": _format_day(end)}, "legal")
    elif end and end <= today + WARNED_BEFORE:
        message = _("The legal basis lapses on %(day)s; after that day the post is not published.")
        yield warn("legal_lapses_soon", message % {"day": _format_day(end)}, "legal")
    if start and start > max(today, out_on):
        message = _("The legal basis is in force only from %(day)s on. Say so in the text.")
        yield warn("legal_not_yet", message % {"day": _format_day(start)}, "legal")


def check_source(draft: Draft) -> Iterator[Finding]:
    if TopicRule.Asks.SOURCE in draft.asked and not draft.content.get("source"):
        message = _("Say where the warning comes from: a document, or the unit that gave it.")
        yield block("source_missing", message, "source")


def _parse_day(value: str) -> date | None:
    return date.fromisoformat(value) if value else None


def _format_day(day: date) -> str:
    return date_format(day, "SHORT_DATE_FORMAT")


def check_validity(draft: Draft) -> Iterator[Finding]:
    end = draft.valid_until
    if end and end <= draft.now:
        message = _("The post's last day of validity has passed.")
        yield block("no_longer_valid", message, "valid_until")
    elif not end and TopicRule.Asks.VALID_UNTIL in draft.asked:
        message = _("The topic asks until when the post is valid. Enter a day and time.")
        yield block("valid_until_missing", message, "valid_until")
    elif end and draft.requested_time and draft.requested_time >= end:
        message = _("The wanted time of publication lies after the end of the post's validity.")
        yield block("wanted_too_late", message, "wanted")
