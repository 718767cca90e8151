"""Remind units of a campaign in which they have published nothing yet."""

from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.notices import notify
from accounts.permissions import Permission
from accounts.queries import holders_in, require
from audit.services import record
from campaigns.models import Campaign
from core import quotas
from core.errors import QuotaExceeded, Refused
from engagement.dashboards import progress, queries, usual
from engagement.dashboards.context import make_whole_period
from units.models import Unit

_DAY = 86_400  # seconds


@transaction.atomic
def remind_units_behind(campaign: Campaign, *, at: Unit, by: User) -> int:
    """Send one notice to each who writes for the units below ``at`` that have a page and published
    nothing in the campaign; return of how many units. Once a day from one place. Raise NotAllowed,
    Refused.
    """
    authority = require(by, Permission.OVERSIGHT_VIEW, unit=at)
    today = timezone.localdate()
    if campaign.stage(today) != "running":
        raise Refused(_("The campaign does not run today: nobody is reminded of it."))
    deliveries = queries.find_published(by, campaign, make_whole_period(campaign))
    posts = progress.sum_published_posts(deliveries, most=usual.MOST_RANKED)
    behind: Any = progress.find_units_behind(by, campaign, posts, today=today)
    units = set(behind.filter(has_page=True).under(at).values_list("pk", flat=True))
    if not units:
        raise Refused(_("Every unit that has a page has published something in it meanwhile."))
    try:
        quotas.spend(f"campaign-reminder:{campaign.pk}:{at.pk}", limit=1, seconds=_DAY)
    except QuotaExceeded as error:
        raise Refused(_("These units were reminded today already.")) from error
    people = User.objects.filter(pk__in=holders_in(Permission.POST_WRITE, units=units))
    address = reverse("engagement:campaign", args=[campaign.public_id])
    notify(people, "campaign_reminder", address=address, mail=False, by=by, title=campaign)
    position = authority.position
    record(
        "campaign.reminded", campaign, by=by, position=position, unit_path=at.path, units=len(units)
    )
    return len(units)
