"""The next dates of a campaign: its phases, its kits' windows, its checklist and its end."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from campaigns.kits.models import Kit
from campaigns.models import Campaign
from campaigns.planning.models import ChecklistItem, Phase


@dataclass(frozen=True, order=True)
class Entry:
    day: date
    words: str
    is_late: bool = False


def list_next_dates(
    campaign: Campaign,
    *,
    phases: Iterable[Phase],
    items: Iterable[ChecklistItem],
    kits: Iterable[Kit],
    today: date,
    most: int,
) -> list[Entry]:
    """Return what comes next, the nearest first; what is overdue of the checklist stands above."""
    if campaign.closed_at:
        return []
    ahead = [
        Entry(campaign.starts_on, _("The campaign begins")),
        Entry(campaign.ends_on, _("The campaign ends")),
    ]
    for phase in phases:
        ahead.append(Entry(phase.starts_on, _("Begins: %(phase)s") % {"phase": phase}))
        ahead.append(Entry(phase.ends_on, _("Ends: %(phase)s") % {"phase": phase}))
    for kit in kits:
        if kit.current and kit.current.window_from:
            text = _("Kit “%(kit)s”: first day to publish") % {"kit": kit}
            ahead.append(Entry(kit.current.window_from, text))
        if kit.current and kit.current.window_until:
            text = _("Kit “%(kit)s”: last day to publish") % {"kit": kit}
            ahead.append(Entry(kit.current.window_until, text))
    entries = [entry for entry in ahead if entry.day >= today]
    entries += [
        Entry(item.due_on, _("To be done: %(item)s") % {"item": item}, item.due_on < today)
        for item in items
        if item.done_at is None
    ]
    return sorted(entries)[:most]
