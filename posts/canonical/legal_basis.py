"""The legal basis of a post: as it is hashed, and in words."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from core.text import normalise
from posts.models import LegalBasis


def describe_legal_basis(row: LegalBasis) -> dict[str, str]:
    """Describe the legal basis as it is hashed; empty where there is none."""
    legal = {
        "number": normalise(row.legal_basis).strip(),
        "from": row.legal_from.isoformat() if row.legal_from else "",
        "until": row.legal_until.isoformat() if row.legal_until else "",
    }
    return legal if any(legal.values()) else {}


def legal_basis_text(legal: Mapping[str, Any]) -> str:
    """Return the document with its days in force, in a line."""
    start, end = (_format_day(legal.get(name, "")) for name in ("from", "until"))
    days = ""
    if start and end:
        days = _("in force from %(first)s to %(last)s") % {"first": start, "last": end}
    elif start:
        days = _("in force from %(first)s") % {"first": start}
    elif end:
        days = _("in force until %(last)s") % {"last": end}
    return ", ".join(filter(None, [legal.get("number", ""), days]))


def _format_day(value: str) -> str:
    return date_format(date.fromisoformat(value), "SHORT_DATE_FORMAT") if value else ""
