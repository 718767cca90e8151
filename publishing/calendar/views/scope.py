"""The scope of a page of the calendar: its filters, its unit, and the marks of its days."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from accounts.context import current_position
from accounts.permissions import Permission
from publishing.calendar.forms import CalendarForm
from publishing.calendar.queries import CalendarFilter, Marks, calendar_marks
from units.models import Unit

RESULT = "calendar_result"  # in the session: what became of many posts, until it is shown


def filters_of(request: HttpRequest) -> CalendarForm:
    """Return the filters in the address. Raise PermissionDenied for users who see no posts."""
    if not request.user.reach(Permission.POST_VIEW):
        raise PermissionDenied
    return CalendarForm(request.GET, user=request.user, own_unit=current_position(request).unit)


def unit_of(request: HttpRequest, chosen: CalendarFilter) -> Unit:
    """Return the unit that is chosen, or that of the current position."""
    return chosen.unit or current_position(request).unit


def marks_of(request: HttpRequest, chosen: CalendarFilter, **days: Any) -> Marks:
    """Return what the days bring besides posts: occasions, blackouts, free slots."""
    unit = unit_of(request, chosen)
    return calendar_marks(request.user, unit, channel=chosen.channel, **days)
