"""Changes of a campaign. It is never deleted: posts belong to it. Closing early is an end date of
today.
"""

from collections.abc import Iterable
from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import Permission
from accounts.queries import require
from audit.services import record
from campaigns.models import Campaign, Topic
from core.errors import Refused
from core.leaks import require_storable
from core.secrecy import require_no_secrecy_mark
from core.text import normalise
from units.models import Unit

WRITABLE = ("name", "aim", "starts_on", "ends_on", "spread_minutes")
# Longer than this, one moment is no moment any more.
LONGEST_SPREAD = 240


@transaction.atomic
def begin_campaign(
    *,
    unit: Unit,
    by: User,
    name: str,
    starts_on: date,
    ends_on: date,
    aim: str = "",
    topics: Iterable[Topic] = (),
    spread_minutes: int = 0,
) -> Campaign:
    """Begin a campaign of ``unit``, open to the posts of that unit and of all units below it."""
    authority = require(by, Permission.CAMPAIGN_WRITE, unit=unit)
    require_no_secrecy_mark([name, aim])
    require_storable([name, aim], unit)
    _require_valid_days(starts_on, ends_on, spread_minutes)
    campaign = Campaign.objects.create(
        unit=unit,
        created_by=by,
        name=normalise(name).strip(),
        aim=normalise(aim).strip(),
        starts_on=starts_on,
        ends_on=ends_on,
        spread_minutes=spread_minutes,
    )
    campaign.topics.set(topics)
    record(
        "campaign.begun",
        campaign,
        by=by,
        position=authority.position,
        starts_on=starts_on.isoformat(),
        ends_on=ends_on.isoformat(),
    )
    return campaign


@transaction.atomic
def change_campaign(
    campaign: Campaign,
    *,
    by: User,
    name: str,
    starts_on: date,
    ends_on: date,
    aim: str = "",
    topics: Iterable[Topic] = (),
    spread_minutes: int = 0,
) -> Campaign:
    """Save the form. Record which fields changed, and the period before and after."""
    authority = require(by, Permission.CAMPAIGN_WRITE, unit=campaign.unit)
    require_no_secrecy_mark([name, aim])
    require_storable([name, aim], campaign.unit)
    _require_valid_days(starts_on, ends_on, spread_minutes)
    was = Campaign.objects.select_for_update(of=("self",)).get(pk=campaign.pk)
    require_open(was)
    new = {
        "name": normalise(name).strip(),
        "aim": normalise(aim).strip(),
        "starts_on": starts_on,
        "ends_on": ends_on,
        "spread_minutes": spread_minutes,
    }
    changed = [field for field in WRITABLE if getattr(was, field) != new[field]]
    topic_pks = {topic.pk for topic in topics}
    if set(was.topics.values_list("pk", flat=True)) != topic_pks:
        changed.append("topics")
    for field, value in new.items():
        setattr(campaign, field, value)
    # No other field: what a colleague planned meanwhile stands in them.
    campaign.save(update_fields=[*WRITABLE, "search"])
    campaign.topics.set(topic_pks)
    if changed:
        record(
            "campaign.changed",
            campaign,
            by=by,
            position=authority.position,
            fields=changed,
            was=[was.starts_on.isoformat(), was.ends_on.isoformat()],
            now=[starts_on.isoformat(), ends_on.isoformat()],
        )
    return campaign


def require_open(campaign: Campaign) -> None:
    """Raise Refused for a campaign that was closed, which nobody changes any more."""
    if campaign.closed_at:
        raise Refused(_("The campaign is closed: its figures are frozen and nothing changes."))


def _require_valid_days(starts_on: date, ends_on: date, spread_minutes: int) -> None:
    if ends_on < starts_on:
        raise Refused(_("The campaign cannot end before it starts."))
    if not 0 <= spread_minutes <= LONGEST_SPREAD:
        raise Refused(
            _("A campaign spreads its posts over at most %(n)s minutes.") % {"n": LONGEST_SPREAD}
        )
