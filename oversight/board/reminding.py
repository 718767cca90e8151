"""Remind a unit of what it needs to mend."""

from datetime import datetime

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.notices import notify
from accounts.permissions import Permission
from accounts.queries import holders, require
from audit.services import record
from core import quotas
from core.errors import Refused
from oversight.issues import SILENT_DAYS, count_issues, find_issues
from oversight.kinds import KINDS, PAGELESS
from oversight.models import Reminder
from units.models import Unit


def remind_unit(unit: Unit, kind: str, *, by: User, silent_days: int = SILENT_DAYS) -> int:
    """Send one notice to those who write and approve in ``unit``; return to how many. Raise Refused
    where nothing of this kind is left to mend, nobody is there, or somebody did so today already.
    """
    authority = require(by, Permission.OVERSIGHT_VIEW, unit=unit)
    now = timezone.now()
    counts = count_issues(unit, now=now, silent_days=silent_days).counts
    n = counts[kind] if kind in KINDS else 0
    if not n:
        raise Refused(_("The unit has mended this meanwhile: there is nothing to remind it of."))
    people = find_people_to_remind(unit, besides=by)
    if not people:
        raise Refused(
            _("Nobody holds a post there who could act. Call the unit, or ask its administrator.")
        )
    quotas.use("reminder", by=by)
    with transaction.atomic():
        if not _notify_once_a_day(people, unit, kind, n, by=by, now=now):
            raise Refused(_("The unit was reminded of this today already."))
        position = authority.position
        record("oversight.reminded", unit, by=by, position=position, kind=kind, people=len(people))
    return len(people)


@transaction.atomic
def remind_pageless(place: Unit, *, by: User) -> int:
    """Ask the units at or below ``place`` that have no page to open one; return how many units.
    Those where nobody could act, or that were asked today already, are passed over. Raise
    NotAllowed, Refused, QuotaExceeded.
    """
    authority = require(by, Permission.OVERSIGHT_VIEW, unit=place)
    now = timezone.now()
    quotas.use("reminder", by=by)
    n = sum(
        bool(people) and _notify_once_a_day(people, row.unit, PAGELESS, 1, by=by, now=now)
        for row in find_issues(place, now=now)
        if row.counts[PAGELESS]
        for people in [find_people_to_remind(row.unit, besides=by)]
    )
    if not n:
        raise Refused(
            _(
                "Nobody is left to remind: these units were asked today already, or nobody holds a "
                "post there."
            )
        )
    record("oversight.pageless_reminded", place, by=by, position=authority.position, units=n)
    return n


def _notify_once_a_day(
    people: list[User], unit: Unit, kind: str, n: int, *, by: User, now: datetime
) -> bool:
    """Send a notice of ``n`` things of a kind; return False where the unit had one today."""
    given = {"by": by, "sent_at": now}
    _row, is_new = Reminder.objects.get_or_create(
        unit=unit, kind=kind, day=timezone.localdate(now), defaults=given
    )
    if is_new:
        page = KINDS[kind]
        address = f"{reverse(page.page)}{page.query}"
        notify(people, f"remind_{kind}", address=address, by=by, unit=unit, n=n)
    return is_new


def find_people_to_remind(unit: Unit, *, besides: User | None = None) -> list[User]:
    """Find the officers and leaders of the unit who can mend what it needs."""
    left_out = {besides.pk} if besides else set()
    writing = holders(Permission.POST_WRITE, unit=unit, besides=left_out)
    approving = holders(Permission.POST_APPROVE, unit=unit, besides=left_out)
    return list({person.pk: person for person in (*writing, *approving)}.values())
