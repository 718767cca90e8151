"""Matters from the question to the end: asked from above, answered by the unit, closed or asked
again.
"""

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Appointment, User
from accounts.notices import notify
from accounts.permissions import Permission
from accounts.queries import holders, require
from audit.services import record
from core import quotas
from core.errors import NotAllowed, Refused
from core.leaks import require_storable
from core.secrecy import require_no_secrecy_mark
from core.text import normalise
from oversight.kinds import MATTER
from oversight.matters.models import LONGEST_TEXT, Matter, MatterNote
from oversight.matters.queries import find_about, find_overseeing_appointment
from oversight.matters.states import NEXT, MatterState, Subject
from oversight.models import Reminder
from units.models import Unit

MOST_OPEN = 50  # of one unit
MOST_NOTES = 100  # of one matter
LATEST = timedelta(days=366)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question with the day to answer by; ``object_id`` names the page, post or kit."""

    subject: str
    text: str
    deadline: date
    object_id: uuid.UUID | None = None


@transaction.atomic
def ask_unit(unit: Unit, question: Question, *, by: User) -> Matter:
    """Open a matter with a unit below. Raise NotAllowed, Refused, QuotaExceeded."""
    above = _require_above(by, unit)
    text = _clean_text(question.text, unit=above.unit)
    _require_day(question.deadline)
    _require_open_unit(unit)
    if question.subject not in Subject.values:
        raise Refused(_("Choose what it is about."))
    if question.object_id:
        about = find_about(question.subject, question.object_id, unit=unit, reader=by)
        if about is None:
            raise Refused(_("What this is about does not exist in that unit any more."))
    quotas.use("matter", by=by)
    Unit.objects.select_for_update(of=("self",)).get(pk=unit.pk)
    if Matter.objects.filter(unit=unit).exclude(state=MatterState.CLOSED).count() >= MOST_OPEN:
        raise Refused(_("There are too many open matters with this unit. Close some first."))
    now = timezone.now()
    matter = Matter.objects.create(
        unit=unit,
        asked_from=above.unit,
        subject=question.subject,
        object_id=question.object_id,
        text=text,
        deadline=question.deadline,
        asked_by=by,
        position=above.position,
        asked_at=now,
        changed_at=now,
    )
    record("matter.opened", matter, by=by, position=above.position, about=question.subject)
    _notify_unit(matter, "matter_opened", by=by)
    return matter


@transaction.atomic
def answer_matter(matter: Matter, text: str, *, by: User) -> MatterNote:
    """Answer for the unit, or add to its answer. Raise NotAllowed, Refused, QuotaExceeded."""
    authority = require(by, Permission.POST_WRITE, unit=matter.unit)
    note = _write_note(matter, MatterState.ANSWERED, text, by=by, position=authority.position)
    record("matter.answered", matter, by=by, position=authority.position)
    watching = holders(Permission.OVERSIGHT_VIEW, unit=matter.asked_from, besides={by.pk})
    notify(
        watching,
        "matter_answered",
        address=_get_address(matter),
        joined_address=reverse("oversight:matters"),
        by=by,
        unit=matter.unit,
    )
    return note


@transaction.atomic
def ask_again(matter: Matter, text: str, *, deadline: date, by: User) -> MatterNote:
    """Open the matter again, or ask once more, with another day. Raise NotAllowed, Refused,
    QuotaExceeded.
    """
    above = _require_above(by, matter.unit)
    _require_day(deadline)
    _require_open_unit(matter.unit)
    state = MatterState.REOPENED
    note = _write_note(matter, state, text, by=by, position=above.position, deadline=deadline)
    record("matter.reopened", matter, by=by, position=above.position)
    _notify_unit(matter, "matter_reopened", by=by)
    return note


@transaction.atomic
def close_matter(matter: Matter, text: str = "", *, by: User) -> MatterNote:
    """End the matter, with a last word or none. Raise NotAllowed, Refused, QuotaExceeded."""
    above = _require_above(by, matter.unit)
    note = _write_note(matter, MatterState.CLOSED, text, by=by, position=above.position)
    record("matter.closed", matter, by=by, position=above.position)
    _notify_unit(matter, "matter_closed", by=by)
    return note


def remind_of_late(*, now: datetime) -> int:
    """Remind each unit of its late matters, once a day in one notice, whoever reminds it; return
    how many units were reminded.
    """
    today = timezone.localdate(now)
    late: dict[Unit, int] = {}
    # Nobody is left to answer for a unit that ended: those above close what it was asked.
    rows = Matter.objects.late(today).filter(unit__in=Unit.objects.current(today))
    for matter in rows.select_related("unit").order_by("unit"):
        late[matter.unit] = late.get(matter.unit, 0) + 1
    return sum(_remind_of_late(unit, n, now=now) for unit, n in late.items())


@transaction.atomic
def _remind_of_late(unit: Unit, n: int, *, now: datetime) -> bool:
    given = {"sent_at": now}
    day = timezone.localdate(now)
    _row, is_new = Reminder.objects.get_or_create(unit=unit, kind=MATTER, day=day, defaults=given)
    if is_new:
        people = holders(Permission.POST_WRITE, unit=unit)
        page = f"{reverse('oversight:matters')}?show=late"
        notify(people, "matters_late", address=page, unit=unit, n=n)
    return is_new


def _write_note(
    matter: Matter,
    state: MatterState,
    text: str,
    *,
    by: User,
    position: str,
    deadline: date | None = None,
) -> MatterNote:
    cleaned = _clean_text(text, unit=matter.unit, may_be_empty=state == MatterState.CLOSED)
    row = Matter.objects.select_for_update(of=("self",)).get(pk=matter.pk)
    if state not in NEXT[row.state]:
        raise Refused(_("This matter is closed. Whoever asked it can open it again."))
    if row.notes.count() >= MOST_NOTES:
        raise Refused(_("There are too many notes on this matter. Open another one."))
    quotas.use("matter", by=by)
    row.state, row.changed_at = state, timezone.now()
    row.deadline = deadline or row.deadline
    row.save(update_fields=["state", "changed_at", "deadline"])
    matter.state, matter.changed_at, matter.deadline = row.state, row.changed_at, row.deadline
    return MatterNote.objects.create(
        matter=matter,
        author=by,
        position=position,
        turn=state,
        text=cleaned,
        deadline=deadline,
        written_at=row.changed_at,
    )


def _require_above(by: User, unit: Unit) -> Appointment:
    require(by, Permission.OVERSIGHT_VIEW, unit=unit)
    above = find_overseeing_appointment(by, unit)
    if above is None:
        raise NotAllowed(_("A matter is opened, asked again and closed by those above the unit."))
    return above


def _require_open_unit(unit: Unit) -> None:
    if not unit.is_current:
        raise Refused(_("%(unit)s is closed. Choose its successor.") % {"unit": unit})


def _require_day(deadline: date) -> None:
    today = timezone.localdate()
    if not today <= deadline <= today + LATEST:
        raise Refused(_("Choose a day from today on, within a year."))


def _clean_text(text: str, *, unit: Unit, may_be_empty: bool = False) -> str:
    cleaned = normalise(text).strip()
    if not cleaned and not may_be_empty:
        raise Refused(_("Please write what it is about."))
    if len(cleaned) > LONGEST_TEXT:
        raise Refused(_("The text is too long: at most %(n)s characters.") % {"n": LONGEST_TEXT})
    require_no_secrecy_mark([cleaned])
    require_storable([cleaned], unit)
    return cleaned


def _notify_unit(matter: Matter, kind: str, *, by: User) -> None:
    people = holders(Permission.POST_WRITE, unit=matter.unit, besides={by.pk})
    day = f"{matter.deadline:%d/%m/%Y}"
    notify(people, kind, address=_get_address(matter), by=by, unit=matter.unit, day=day)


def _get_address(matter: Matter) -> str:
    return reverse("oversight:matter", args=[matter.public_id])
