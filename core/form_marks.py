"""Marks of forms that decide: when the page was rendered, and for whom."""

import math
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from django.core import signing
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import Refused

# A second tap that was meant for the page before comes within a second; nobody reads a post in two.
SHORTEST_READING = timedelta(seconds=2)
# A form that a browser shows longer than this is rendered again.
LONGEST_READING = timedelta(hours=24)
_SALT = "posts.readings"


class Rendered(NamedTuple):
    """The time at which a form was rendered for a decision, and the number
    that the server gave it.
    """

    at: datetime
    nonce: str


def make_render_mark(about: str, *, by: Any, now: datetime | None = None) -> str:
    """Return a signed mark of when a form ``about`` something was rendered, and for whom."""
    at = (now or timezone.now()).timestamp()
    return signing.dumps({"s": about, "u": by.pk, "t": at, "n": uuid.uuid4().hex}, salt=_SALT)


def require_rendered(mark: str, about: str, *, by: Any, now: datetime | None = None) -> Rendered:
    """Return when the form with ``mark`` was rendered; raise Refused where it was not theirs, or
    only just rendered.
    """
    now = now or timezone.now()
    try:
        signed = signing.loads(mark, salt=_SALT)
        at, theirs = float(signed["t"]), (signed["s"], signed["u"]) == (about, by.pk)
        nonce = str(signed["n"])
    except (signing.BadSignature, KeyError, TypeError, ValueError):
        at, theirs, nonce = math.inf, False, ""
    if not theirs or now.timestamp() - at > LONGEST_READING.total_seconds():
        raise Refused(
            _("This page was open too long or was not yours. Please read it again, then decide.")
        )
    rendered = datetime.fromtimestamp(at, tz=UTC)
    if now - rendered < SHORTEST_READING:
        raise Refused(
            _(
                "Nothing was decided: this page had only just appeared. Please read it, "
                "then press again."
            )
        )
    return Rendered(rendered, nonce)
