"""The place in the tree that a page of oversight shows."""

from typing import cast

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from accounts.context import current_position
from accounts.models import User
from accounts.permissions import Permission
from oversight.queries import find_overseen_unit, find_overseen_units
from units.models import Level, Unit


def get_shown_place(request: HttpRequest) -> Unit | None:
    """Return the unit whose scope is shown; None for the whole nation, which
    has a page of its own. Raise PermissionDenied for those who oversee nothing.
    """
    user = cast("User", request.user)
    if not user.reach(Permission.OVERSIGHT_VIEW):
        raise PermissionDenied
    if key := request.GET.get("province", ""):
        return get_object_or_404(find_overseen_units(user), key=key, level=Level.PROVINCE)
    place = find_overseen_unit(user, current_position(request))
    return None if place is None or place.level == Level.MINISTRY else place
