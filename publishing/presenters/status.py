"""Status views: a badge and a sentence, and the tables that they are made from."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from django.utils.functional import Promise

from publishing.presenters.text import format_moment, page_name

# The worst comes first: what an event of several channels shows.
TONES = ("red", "yellow", "blue", "green", "grey")


class StatusView(NamedTuple):
    """A state as it is shown: never by colour alone."""

    label: str
    tone: str
    icon: str
    sentence: str


class StatusText(NamedTuple):
    """A row of a table of status views: the badge, and a sentence about a row on its page.

    ``when`` names the row's field whose time the sentence gives, ``reason`` finds the reason that
    it gives.
    """

    label: Promise
    tone: str
    icon: str
    sentence: Promise
    when: str = ""
    reason: Callable[[Any], str] | None = None

    def of(self, row: Any, **facts: Any) -> StatusView:
        """Fill the sentence in. Needs the row's ``channel``."""
        facts["page"] = page_name(row.channel)
        if self.when:
            facts["when"] = format_moment(getattr(row, self.when))
        if self.reason:
            facts["reason"] = self.reason(row)
        return StatusView(str(self.label), self.tone, self.icon, str(self.sentence) % facts)


class Case(NamedTuple):
    """A wording for the rows of a state to which more than their reason applies."""

    applies: Callable[[Any], object]
    wording: StatusText


# The wording of each reason that a state may bear; None: of every other one.
ByReason = Mapping[str | None, StatusText]


def pick(row: Any, cases: tuple[Case, ...], by_reason: ByReason) -> StatusText:
    """Return the wording of the first case that applies to the row, else that of its reason."""
    for case in cases:
        if case.applies(row):
            return case.wording
    return by_reason.get(row.error_code) or by_reason[None]
