"""Find what the pages of a campaign share: the campaign that a person may see, its period, and
whether they see all of it.
"""

import uuid
from datetime import date
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone

from accounts.models import User
from accounts.permissions import Permission
from campaigns.models import Campaign
from core.periods import Period
from units.models import Level


def get_campaign_or_404(request: HttpRequest, public_id: uuid.UUID) -> Campaign:
    user: Any = request.user
    return get_visible_campaign(user, public_id)


def get_visible_campaign(user: User, public_id: uuid.UUID) -> Campaign:
    """Return a campaign that the person may see. Raise PermissionDenied, Http404."""
    if not user.reach(Permission.FIGURES_VIEW):
        raise PermissionDenied
    seen = Campaign.objects.visible_to(user)
    rows = seen.select_related("unit", "owner", "created_by", "result__closed_by", "public_summary")
    return get_object_or_404(rows.prefetch_related("topics"), public_id=public_id)


def make_whole_period(campaign: Campaign, *, today: date | None = None) -> Period:
    """Return the period from the campaign's first day until its last, or until today while it
    runs.
    """
    last = min(campaign.ends_on, today or timezone.localdate())
    return Period(campaign.starts_on, max(last, campaign.starts_on))


def sees_all(user: User, campaign: Campaign) -> bool:
    """Check whether the person sees the posts of every unit that can take part."""
    path, lone = campaign.unit.path, campaign.unit.level == Level.COMMUNE
    reach = user.reach(Permission.POST_VIEW)
    return any(part.covers(path) and (part.deep or lone) for part in reach)
