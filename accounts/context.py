from base64 import b64encode
from datetime import date
from functools import cache
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

from accounts.models import Appointment, User
from accounts.permissions import GRANTS, Permission, Role
from accounts.queries import describe_waits, factor_day, had_factor
from accounts.sign_in_policy import ministry_is_on, ministry_is_required
from units.models import Level

POSITION_KEY = "desk"


def current_position(request: HttpRequest) -> Appointment | None:
    """Return the person's current position; the first one until they choose another."""
    appointments = request.user.current_appointments if request.user.is_authenticated else []
    chosen = request.session.get(POSITION_KEY)
    return next(
        (a for a in appointments if a.pk == chosen), appointments[0] if appointments else None
    )


def granted_permissions(user: User) -> dict[str, bool]:
    """Return for each permission whether some position of ``user`` grants it, as menus ask."""
    granted = {str(p) for a in user.current_appointments for p in GRANTS[a.role]}
    if Permission.POST_APPROVE not in granted and user.delegated:
        granted.add(Permission.POST_APPROVE)
    may = {str(p): str(p) in granted for p in Permission}
    # Kits come from above: at a commune the same roles write posts and no kits.
    may["kit_issue"] = any(
        a.unit.level != Level.COMMUNE and Permission.KIT_WRITE in GRANTS[a.role]
        for a in user.current_appointments
    )
    may["nation_view"] = any(
        a.unit.level == Level.MINISTRY and Permission.OVERSIGHT_VIEW in GRANTS[a.role]
        for a in user.current_appointments
    )
    may["system_operate"] = user.is_operator
    may["system_watch"] |= user.is_operator
    may["system_change"] = user.is_operator or any(
        a.unit.level == Level.MINISTRY and a.role == Role.ADMINISTRATOR
        for a in user.current_appointments
    )
    return may


def person(request: HttpRequest) -> dict[str, Any]:
    user = getattr(request, "user", None)
    ways = {"ministry_on": ministry_is_on(), "ministry_required": ministry_is_required()}
    if user is None or not user.is_authenticated:
        return {"may": {}, "positions": [], **ways}
    return {
        **ways,
        "current_position": current_position(request),
        "positions": user.current_appointments,
        "may": granted_permissions(user),
        "approval_waits": cache(lambda: describe_waits(user)),
        "acts_for": cache(lambda: user.delegated),  # in whose stead they approve, on its pages
        "factor_from": cache(lambda: _coming_factor_day(user)),
        "unread_notices": cache(
            lambda: user.notices.filter(read_at__isnull=True).count()
        ),  # shown twice a page
        "device_key": _device_key(user),
    }


def _device_key(user: User) -> str:
    """Return the key under which the person's browsers store what is not saved yet. It comes with
    each page and lies beside no text that it opens.
    """
    digest = salted_hmac("accounts.device_key", str(user.public_id), algorithm="sha256").digest()
    return b64encode(digest).decode()


def _coming_factor_day(user: User) -> date | None:
    """Return the coming day from which somebody without a second factor will need one, to announce
    it.
    """
    day = factor_day(user)
    return day if day and day > timezone.localdate() and not had_factor(user) else None
