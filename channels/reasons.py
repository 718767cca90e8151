"""The meaning of a platform's error numbers for an officer, and what to do: in the words of its
connector.

Platforms complain in English, for programmers; their own words are kept beside ours for whoever
asks their support.
"""

from django.utils.translation import gettext as _

from platforms import common_messages
from platforms.registry import CONNECTORS


def known_reason(platform: str, code: str) -> str:
    """Return the reason in the officer's language; empty for a number that we do not know."""
    text = CONNECTORS[platform].words.reasons.get(code)
    return _(text) if text else ""


def describe_reason(platform: str, code: str, detail: str = "") -> str:
    """Return the reason in the officer's language; for a number that we do not know, what the
    platform itself said, or else the code."""
    if text := known_reason(platform, code):
        return text
    if code.isdigit() and 500 <= int(code) < 600:
        return _(common_messages.PLATFORM_BROKEN)
    if detail:
        return _("the platform said: “%(words)s”") % {"words": detail}
    return (
        _("the platform gave the code %(code)s") % {"code": code} if code else _("no reason given")
    )
