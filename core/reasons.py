"""The reason that a person gives for an action."""

from django.utils.translation import gettext as _

from core.errors import Refused
from core.leaks import require_recordable
from core.text import normalise

LONGEST_REASON = 500  # characters, as the rows that bear one hold


def require_reason(reason: str, missing: str, *, most: int = LONGEST_REASON) -> str:
    """Return the reason as it is stored, cut to ``most`` characters. Raise Refused(``missing``) if
    it is empty, and for one that names people or numbers.
    """
    reason = normalise(reason).strip()
    if not reason:
        raise Refused(missing)
    require_recordable(reason)
    return reason[:most]


def make_console_reason(reason: str, *, operator: str) -> str:
    """Return who sat at the server's console and why, as the record holds it. Raise Refused if
    either is missing.
    """
    missing = _("Please write why, and who does it.")
    return f"{require_reason(operator, missing)}: {require_reason(reason, missing)}"[
        :LONGEST_REASON
    ]
