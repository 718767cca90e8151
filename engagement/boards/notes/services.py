"""Notes on dashboards: written, changed and removed by those in charge of a unit."""

from dataclasses import asdict, dataclass
from datetime import date, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Appointment, User
from accounts.permissions import Permission
from accounts.queries import require
from audit.services import record
from core import quotas
from core.errors import Refused
from core.leaks import require_recordable
from core.text import normalise
from engagement.boards.notes.models import LONGEST_NOTE, BoardNote
from engagement.boards.notes.queries import find_writing_position
from units.models import Level, Unit

MOST_NOTES = 200  # of one unit
MOST_DAYS = 92
AHEAD = timedelta(days=366)


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The days of a note, what it says, and whether the units below read it, too."""

    first: date
    last: date
    text: str
    reaches_below: bool = False


def write_note(unit: Unit, note_text: Words, *, by: User) -> BoardNote:
    """Put a note on the dashboard of the unit. Raise NotAllowed, Refused, QuotaExceeded."""
    position = _require_writing_position(by, unit)
    note_text = _clean_words(note_text, unit)
    quotas.use("board_note", by=by)
    with transaction.atomic():
        Unit.objects.select_for_update(of=("self",)).get(pk=unit.pk)
        if BoardNote.objects.filter(unit=unit, removed_at=None).count() >= MOST_NOTES:
            raise Refused(
                _("Your unit has %(n)s notes, which is the most. Remove some first.")
                % {"n": MOST_NOTES}
            )
        now = timezone.now()
        note = BoardNote.objects.create(
            unit=unit,
            author=by,
            position=position.position,
            written_at=now,
            changed_at=now,
            **asdict(note_text),
        )
        record("note.written", note, by=by, position=position.position, **_format_days(note_text))
    return note


@transaction.atomic
def change_note(note: BoardNote, texts: Words, *, by: User) -> None:
    """Change days or words. Raise NotAllowed, Refused."""
    position = _require_writing_position(by, note.unit)
    texts = _clean_words(texts, note.unit)
    row = _lock(note)
    was = row.text
    if all(getattr(row, name) == value for name, value in asdict(texts).items()):
        return
    for name, value in asdict(texts).items():
        setattr(row, name, value)
    row.changed_at = timezone.now()
    row.save(update_fields=[*asdict(texts), "changed_at"])
    record("note.changed", row, by=by, position=position.position, was=was, **_format_days(texts))


@transaction.atomic
def remove_note(note: BoardNote, *, by: User) -> None:
    """Take the note off all dashboards. Raise NotAllowed, Refused."""
    position = _require_writing_position(by, note.unit)
    row = _lock(note)
    row.removed_at = timezone.now()
    row.save(update_fields=["removed_at"])
    record("note.removed", row, by=by, position=position.position)


def _require_writing_position(by: User, unit: Unit) -> Appointment:
    require(by, Permission.FIGURES_NOTE, unit=unit)
    position = find_writing_position(by, unit)
    if position is None:
        raise Refused(
            _("Only %(unit)s itself writes its notes. Write one of your own unit for all below.")
            % {"unit": unit}
        )
    return position


def _lock(note: BoardNote) -> BoardNote:
    row = BoardNote.objects.select_for_update(of=("self",)).get(pk=note.pk)
    if row.removed_at:
        raise Refused(_("Somebody has removed this note meanwhile."))
    return row


def _clean_words(texts: Words, unit: Unit) -> Words:
    text = " ".join(normalise(texts.text).split())
    if not text:
        raise Refused(_("Please write what happened."))
    if len(text) > LONGEST_NOTE:
        raise Refused(_("The text is too long: at most %(n)s characters.") % {"n": LONGEST_NOTE})
    if texts.last < texts.first:
        raise Refused(_("The last day must not be before the first day."))
    if (texts.last - texts.first).days >= MOST_DAYS:
        raise Refused(_("A note speaks of at most %(n)s days.") % {"n": MOST_DAYS})
    if texts.last > timezone.localdate() + AHEAD:
        raise Refused(_("Choose days up to a year ahead."))
    require_recordable(text)
    below = texts.reaches_below and unit.level != Level.COMMUNE
    return Words(first=texts.first, last=texts.last, text=text, reaches_below=below)


def _format_days(note_text: Words) -> dict[str, object]:
    return {
        "first": note_text.first.isoformat(),
        "last": note_text.last.isoformat(),
        "below": note_text.reaches_below,
    }
