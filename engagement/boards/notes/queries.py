"""Find the notes on dashboards, and who writes them."""

from accounts.models import Appointment, User
from accounts.permissions import Permission
from engagement.boards.notes.models import BoardNote
from units.models import Unit


def find_notes(unit: Unit) -> list[BoardNote]:
    """Return the notes on the dashboard of the unit, without removed ones, newest days first."""
    rows = BoardNote.objects.filter(unit=unit, removed_at=None)
    return list(rows.order_by("-first", "-pk"))


def find_writing_position(user: User, unit: Unit) -> Appointment | None:
    """Return the appointment by which the person writes notes of that very unit: those above write
    their own, for all below.
    """
    authority = user.own_authority(Permission.FIGURES_NOTE, unit=unit)
    return authority if authority and authority.unit_id == unit.pk else None
