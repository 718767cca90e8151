from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from accounts.models import Appointment
from accounts.permissions import GRANTS, Permission
from units.models import Level

DESK_KEY = "desk"


def desk_of(request: HttpRequest) -> Appointment | None:
    """The post held at which the person sits now; the first one until they choose another."""
    held = request.user.held if request.user.is_authenticated else []
    chosen = request.session.get(DESK_KEY)
    return next((a for a in held if a.pk == chosen), held[0] if held else None)


def desk(request: HttpRequest) -> dict[str, Any]:
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"try_out": settings.TRY_OUT, "may": {}, "desks": []}
    granted = {str(p) for a in user.held for p in GRANTS[a.role]}
    may = {str(p): str(p) in granted for p in Permission}
    may["nation_view"] = any(
        a.unit.level == Level.MINISTRY and Permission.OVERSIGHT_VIEW in GRANTS[a.role] for a in user.held
    )
    return {
        "try_out": settings.TRY_OUT,
        "desk": desk_of(request),
        "desks": user.held,
        "may": may,
        "unread_notices": cache(lambda: user.notices.filter(read_at__isnull=True).count()),  # shown twice a page
    }
