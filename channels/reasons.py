"""What a platform's error numbers mean to an officer, and what to do: in the words of its connector.

Platforms complain in English, for programmers; their own words are kept beside ours for whoever asks their support.
"""

from django.utils.translation import gettext as _

from channels.connectors import CONNECTORS, sayings


def known(platform: str, code: str) -> str:
    """The reason in the officer's language; empty for a number we do not know."""
    words = CONNECTORS[platform].words.reasons.get(code)
    return _(words) if words else ""


def in_words(platform: str, code: str, detail: str = "") -> str:
    """The reason in the officer's language; for a number we do not know, what the platform itself said."""
    if words := known(platform, code):
        return words
    if code.isdigit() and 500 <= int(code) < 600:
        return _(sayings.DOWN)
    return _("the platform said: “%(words)s”") % {"words": detail} if detail else _("no reason given")
