from datetime import date

from accounts.models import User
from accounts.permissions import Permission
from campaigns.models import Campaign, CampaignQuerySet, TopicRule
from units.models import Unit


def find_campaigns(user: User, unit: Unit, *, deep: bool) -> CampaignQuerySet:
    """Return the campaigns for a position at ``unit``: its own, those above it and, for a deep
    role, those below.
    """
    seen = Campaign.objects.visible_to(user)
    listed = seen.open_to(unit)
    if deep:
        listed |= seen.filter(unit__path__startswith=unit.path)
    return listed.select_related("unit")


def find_editable_campaigns(user: User) -> CampaignQuerySet:
    """Return the campaigns of units where ``user`` may write campaigns; those of units above are
    read-only.
    """
    return Campaign.objects.within(user.reach(Permission.CAMPAIGN_WRITE)).select_related("unit")


def filter_by_stage(campaigns: CampaignQuerySet, stage: str, *, on: date) -> CampaignQuerySet:
    match stage:
        case "running":
            return campaigns.running(on)
        case "past":
            return campaigns.past(on)
        case "coming":
            return campaigns.coming(on)
    return campaigns


def find_needs_of_topic(topic_id: int | None, unit: Unit, *, on: date) -> set[str]:
    """Return what posts of ``unit`` on this topic need on that day (words of `TopicRule.Asks`)."""
    return set() if topic_id is None else find_needs_of_topics(unit, on=on).get(topic_id, set())


def find_needs_of_topics(unit: Unit, *, on: date) -> dict[int, set[str]]:
    """Return by topic what posts of ``unit`` need on that day, as `find_needs_of_topic` does, in a
    query.
    """
    rules = TopicRule.objects.in_force(on).for_posts_of(unit)
    asked: dict[int, set[str]] = {}
    for topic, asks in rules.order_by().values_list("topic_id", "asks"):
        asked.setdefault(topic, set()).add(asks)
    return asked
