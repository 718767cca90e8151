"""Say what a page has and lacks, and what somebody does about it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels.completeness.queries import (
    STALE_AFTER,
    items_asked_of_people,
    items_of,
)
from channels.models import Channel, PageChange, PageCheck
from channels.queries import facts_of
from channels.states import ChangeState
from platforms.facts import PageItem

LABELS: dict[str, Any] = {
    "picture": gettext_lazy("Profile picture"),
    "cover": gettext_lazy("Cover picture"),
    "description": gettext_lazy("Description"),
    "address": gettext_lazy("Address of the unit"),
    "phone": gettext_lazy("Telephone number"),
    "hours": gettext_lazy("Opening hours"),
    "register": gettext_lazy("Link to the register of official pages"),
    "pinned": gettext_lazy("Pinned post"),
    "recent": gettext_lazy("A post of the last 30 days"),
    "verified": gettext_lazy("Verified tick"),
}
DAYS: dict[str, Any] = {
    "mon": gettext_lazy("Monday"),
    "tue": gettext_lazy("Tuesday"),
    "wed": gettext_lazy("Wednesday"),
    "thu": gettext_lazy("Thursday"),
    "fri": gettext_lazy("Friday"),
    "sat": gettext_lazy("Saturday"),
    "sun": gettext_lazy("Sunday"),
}
_TO_DO: dict[str, Any] = {
    "picture": gettext_lazy("Set the police emblem or the unit's sign as the profile picture."),
    "cover": gettext_lazy("Set a cover picture of the unit: the office, or the local police."),
    "description": gettext_lazy(
        "Write in one or two sentences which unit it is, of which place, and that the page is "
        "official."
    ),
    "address": gettext_lazy("Enter the address of the office, so that residents find it."),
    "phone": gettext_lazy("Enter the telephone number of the officer on duty."),
    "hours": gettext_lazy("Enter when residents are received."),
    "register": gettext_lazy(
        "Write the address of the register, %(register)s, into the page, so that residents can "
        "check that it is genuine."
    ),
    "pinned": gettext_lazy("Pin a post that says whose page it is and how to report a crime."),
    "recent": gettext_lazy("Publish a post: a page without news looks abandoned."),
    "verified": gettext_lazy(
        "Apply for the verified tick at the platform, with a letter of the unit."
    ),
}


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a page as its list shows it. ``there`` None: nobody knows."""

    name: str
    there: bool | None
    label: str
    to_do: str = ""
    note: str = ""  # where it is known from
    text: str = ""  # what the page says
    by_person: bool = False  # a person says whether it is there
    said: bool = False  # and has said so at some time
    longest: int = 0  # of a text that the portal may write there

    @property
    def look(self) -> tuple[str, str, str]:
        """Return the words, the colour and the sign of its state."""
        if self.there is None:
            return _("not known"), "grey", "eye-check"
        if self.there:
            return _("there"), "green", "circle-check"
        return _("missing"), "yellow", "alert-triangle"


@dataclass(frozen=True, slots=True)
class Score:
    """The share of a page's items that are there. ``share`` None: nothing is known of it yet."""

    there: int
    possible: int
    share: float | None

    @property
    def percent(self) -> int:
        """Return the share as a whole number that never rounds up to 100."""
        share = self.share or 0
        return 100 if share == 1 else min(99, round(share * 100))


def score_of(there: int, possible: int, *, known: bool = True) -> Score:
    return Score(there, possible, there / possible if possible and known else None)


def check_of(channel: Channel) -> PageCheck | None:
    """Return what is known of the channel's page, if anything was ever asked."""
    return PageCheck.objects.filter(channel=channel).first()


def describe_items(channel: Channel, check: PageCheck | None, *, now: datetime) -> list[Item]:
    """Return the items of the channel's page, in their order."""
    people = items_asked_of_people(channel, check)
    page = facts_of(channel.platform).page
    items = []
    for name in items_of(channel.platform):
        there = getattr(check, name) if check else None
        to_do = "" if there else str(_TO_DO[name]) % {"register": settings.REGISTER_URL}
        field = {"register": "website"}.get(name, name)
        items.append(
            Item(
                name=name,
                there=there,
                label=str(LABELS[name]),
                to_do=to_do,
                note=_describe_source(name, check, by_person=name in people, now=now),
                text=format_text(field, str(check.texts.get(field, ""))) if check else "",
                by_person=name in people,
                said=bool(check and name in check.confirmed_on),
                longest=_longest(name, page),
            )
        )
    return items


def _longest(name: str, page: Mapping[str, PageItem]) -> int:
    """Return the longest text that the portal may write for the item: a page without a field for
    the register names it in its description."""
    if name == "register" and not page[name].longest and "description" in page:
        return page["description"].longest
    return page[name].longest


def format_text(field: str, text: str) -> str:
    """Return a text of a page as people read it: of opening hours, a line a day."""
    if field != "hours":
        return text
    parts = [part.strip().partition(" ") for part in text.split(";") if part.strip()]
    return "\n".join(f"{DAYS.get(day, day)}: {spans}" for day, _blank, spans in parts)


def _describe_source(name: str, check: PageCheck | None, *, by_person: bool, now: datetime) -> str:
    """Say where a state is known from, and since when."""
    if check is None:
        return _("The portal has not looked yet.")
    if name == "recent":
        return _describe_last_post(check)
    if not by_person:
        return "" if check.read_at else _("The portal has not looked yet.")
    confirmed = check.confirmed_on.get(name)
    if confirmed is None:
        return _("The platform does not tell this: please look at the page and say so.")
    day = date.fromisoformat(confirmed)
    if day < timezone.localdate(now) - STALE_AFTER:
        message = _("Last said on %(day)s, more than 90 days ago: please look again.")
    else:
        message = _("Said by a colleague on %(day)s.")
    return message % {"day": day.strftime("%d/%m/%Y")}


def _describe_last_post(check: PageCheck) -> str:
    if check.last_post_at is None:
        return _("The portal knows of no post there yet.")
    day = timezone.localtime(check.last_post_at).strftime("%d/%m/%Y")
    return _("Last post that the portal knows of: %(day)s.") % {"day": day}


def edit_address(channel: Channel) -> str:
    """Return where people change the page at the platform; empty where nobody knows."""
    place = facts_of(channel.platform).edit_url
    return place.replace("{id}", channel.external_id) or channel.address


def missing_labels(channel: Channel, check: PageCheck | None) -> list[str]:
    """List what a page lacks, for a row of a list."""
    return [
        str(LABELS[name])
        for name in items_of(channel.platform)
        if not (check and getattr(check, name))
    ]


# --- words that are proposed ----------------------------------------------------------------------

CHANGE_LOOKS = {
    ChangeState.PROPOSED: ("yellow", "hourglass"),
    ChangeState.APPROVED: ("blue", "send"),
    ChangeState.WRITING: ("blue", "send"),
    ChangeState.WRITTEN: ("green", "circle-check"),
    ChangeState.REFUSED: ("red", "arrow-back-up"),
    ChangeState.WITHDRAWN: ("grey", "x"),
    ChangeState.FAILED: ("red", "alert-triangle"),
}
_FIELDS: dict[str, Any] = {
    "description": LABELS["description"],
    "phone": LABELS["phone"],
    "hours": LABELS["hours"],
    "website": gettext_lazy("Website"),
}


def present_texts(check: PageCheck | None, fields: Iterable[str]) -> list[tuple[str, str]]:
    """List what the page says now in these fields, each with its name."""
    texts = check.texts if check else {}
    return [(str(_FIELDS[name]), format_text(name, texts.get(name, ""))) for name in fields]


def list_changes(change: PageChange) -> list[tuple[str, str, str]]:
    """List the fields that a proposal changes: name, what stood there, what shall."""
    return [
        (
            str(_FIELDS[name]),
            format_text(name, change.before.get(name, "")),
            format_text(name, change.texts[name]),
        )
        for name in _FIELDS
        if name in change.texts
    ]
