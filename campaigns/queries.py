from datetime import date

from django.db.models import QuerySet

from accounts.models import User
from accounts.permissions import Permission
from campaigns.models import Campaign
from units.models import Unit


def campaigns_at(user: User, unit: Unit, *, deep: bool) -> QuerySet[Campaign]:
    """What concerns the desk at ``unit``: its own campaigns, those above it and, for a deep role, those below."""
    seen = Campaign.objects.visible_to(user)
    at_desk = seen.open_to(unit)
    if deep:
        at_desk |= seen.filter(unit__path__startswith=unit.path)
    return at_desk.select_related("unit")


def editable_by(user: User) -> QuerySet[Campaign]:
    """Campaigns whose unit lies where ``user`` may write campaigns; those of units above are only read."""
    return Campaign.objects.within(user.reach(Permission.CAMPAIGN_WRITE)).select_related("unit")


def stage_filter(campaigns: QuerySet[Campaign], stage: str, *, on: date) -> QuerySet[Campaign]:
    match stage:
        case "running":
            return campaigns.running(on)
        case "past":
            return campaigns.past(on)
        case "coming":
            return campaigns.coming(on)
    return campaigns
