"""Find who may plan a campaign, and name what follows from its plan."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from accounts.models import Appointment, Authority, User
from accounts.permissions import GRANTS, Permission
from campaigns.models import Campaign

LONGEST_NAME = 150


def find_eligible_helpers(campaign: Campaign) -> QuerySet[User]:
    """Return the active people who may write campaigns, in the campaign's unit or right below, each
    with the name of that unit.
    """
    places = Q(unit=campaign.unit) | Q(unit__parent=campaign.unit)
    posts = _find_writing_appointments().filter(places)
    own = posts.filter(user=OuterRef("pk")).order_by("unit__path")
    people = User.objects.filter(pk__in=posts.values("user"), is_active=True)
    return people.annotate(unit_name=Subquery(own.values("unit__name")[:1]))


def _find_writing_appointments() -> QuerySet[Appointment]:
    roles = [role for role, granted in GRANTS.items() if Permission.CAMPAIGN_WRITE in granted]
    return Appointment.objects.in_force(timezone.localdate()).filter(role__in=roles)


def find_eligible_owners(campaign: Campaign) -> QuerySet[User]:
    """Return the active people who may write campaigns of the campaign's unit."""
    posts = _find_writing_appointments().filter(unit=campaign.unit)
    return User.objects.filter(pk__in=posts.values("user"), is_active=True)


def find_authority(campaign: Campaign, user: User) -> Authority | None:
    """Return by what authority the person takes part: writes the campaign, or helps and may still
    write campaigns somewhere.
    """
    if own := user.authority(Permission.CAMPAIGN_WRITE, unit=campaign.unit):
        return own
    if not campaign.helpers.filter(pk=user.pk).exists():
        return None
    for appointment in user.current_appointments:
        if authority := user.authority(Permission.CAMPAIGN_WRITE, unit=appointment.unit):
            return authority
    return None


def add_year(day: date) -> date:
    """Return the same day of the next year; the last of February for a leap day."""
    try:
        return day.replace(year=day.year + 1)
    except ValueError:
        return day.replace(year=day.year + 1, day=28)


def subtract_year(day: date) -> date:
    """Return the same day of the year before; the last of February for a leap day."""
    try:
        return day.replace(year=day.year - 1)
    except ValueError:
        return day.replace(year=day.year - 1, day=28)


def name_next_year(name: str, year: int) -> str:
    """Return the name for the next year: the year in it moves on, or is added."""
    if str(year) in name:
        return name.replace(str(year), str(year + 1))
    ending = f" ({year + 1})"
    return name[: LONGEST_NAME - len(ending)] + ending


def to_canonical_json(content: Mapping[str, Any]) -> str:
    """Return the one JSON text of ``content``, which is hashed."""
    return json.dumps(
        content,
        sort_keys=True,
        ensure_ascii=False,
        separators=(",", ":"),
        cls=DjangoJSONEncoder,
    )
