"""Find what pages lack. An item that a platform does not have counts nowhere."""

import hashlib
import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import (
    Case,
    Count,
    Exists,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Sum,
    Value,
    When,
)

from accounts.models import User
from accounts.permissions import Permission
from channels.models import Channel, ChannelQuerySet, PageChange, PageCheck
from channels.queries import facts_of
from channels.states import ChangeState, Health, Kind, Lifecycle
from platforms.facts import PROFILE

# What a person said of a page is asked again after that.
STALE_AFTER = timedelta(days=90)
# A page without a post for that long looks abandoned.
LONGEST_SILENCE = timedelta(days=30)


def items_of(platform: str) -> list[str]:
    """List the items that a page of this platform can have, in their order."""
    page = facts_of(platform).page
    wanted = [name for name in PROFILE if name in page]
    return wanted if settings.REGISTER_URL else [name for name in wanted if name != "register"]


def items_asked_of_people(channel: Channel, check: PageCheck | None) -> list[str]:
    """List the items that only a person can say: the platform tells them nobody, did not tell them
    of this page, or is not called for it.
    """
    page = facts_of(channel.platform).page
    if channel.health == Health.MANUAL:
        told: set[str] = set()
    elif check and check.read_at:
        told = set(check.told)
    else:
        told = {name for name, item in page.items() if item.readable}
    return [name for name in items_of(channel.platform) if name not in told and name != "recent"]


def counted_pages(channels: ChannelQuerySet) -> ChannelQuerySet:
    """Select the pages that residents may meet as the unit's: in use, and in its hands."""
    return channels.usable().exclude(lifecycle__in=[Lifecycle.TAKEN_OVER, Lifecycle.RETIRED])


def match_missing(item: str) -> Q:
    """Match channels whose page does not have the item, for all that is known."""
    having = [kind for kind in Kind.values if item in items_of(kind)]
    there = PageCheck.objects.filter(channel=OuterRef("pk"), **{item: True})
    return Q(Q(platform__in=having), ~Exists(there))


def with_scores(channels: ChannelQuerySet) -> ChannelQuerySet:
    """Annotate ``there`` and ``possible``: how many of how many items are there."""
    possible = [When(platform=kind, then=Value(len(items_of(kind)))) for kind in Kind.values]
    return channels.annotate(
        there=_count_present(),
        possible=Case(*possible, default=Value(0), output_field=IntegerField()),
    )


def _count_present() -> Any:
    """Return the expression that counts a page's items."""
    parts = [
        Case(
            When(
                platform__in=[kind for kind in Kind.values if name in items_of(kind)],
                **{f"page_check__{name}": True},
                then=Value(1),
            ),
            default=Value(0),
            output_field=IntegerField(),
        )
        for name in PROFILE
    ]
    return sum(parts[1:], parts[0])


def count_totals(channels: QuerySet[Channel]) -> dict[str, int]:
    """Return how many pages there are, of how many nothing is known yet, ``there`` of ``possible``
    items, and by item how many pages lack it.
    """
    return channels.aggregate(
        pages=Count("pk"),
        unknown=Count("pk", filter=Q(page_check=None)),
        **sum_aggregates(),
    )


def sum_aggregates() -> Mapping[str, Any]:
    """Return the aggregates of `count_totals`, for groups of channels."""
    possible = [When(platform=kind, then=Value(len(items_of(kind)))) for kind in Kind.values]
    missing = {}
    for name in PROFILE:
        having = [kind for kind in Kind.values if name in items_of(kind)]
        there = Q(**{f"page_check__{name}": True})
        missing[name] = Count("pk", filter=Q(platform__in=having) & ~there)
    return {
        "there": Sum(_count_present(), default=0),
        "possible": Sum(Case(*possible, default=Value(0)), default=0),
        **missing,
    }


# Of an item that the portal may write, the field of `PageDetails` in which it stands.
FIELD_OF = {"description": "description", "phone": "phone", "hours": "hours", "register": "website"}


def writable_lengths(channel: Channel) -> dict[str, int]:
    """Return the longest text by field that the portal may write on the channel's page."""
    if channel.health != Health.CONNECTED:
        return {}
    page = facts_of(channel.platform).page
    return {
        FIELD_OF[name]: page[name].longest
        for name in items_of(channel.platform)
        if page[name].longest
    }


def digest_of(channel: Channel, texts: Mapping[str, str]) -> str:
    """Return the hash that an approval is bound to: the page, whose it is, and the very texts."""
    page = [str(channel.public_id), channel.unit_id, channel.platform, channel.external_id]
    content = json.dumps([page, sorted(texts.items())], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(content.encode()).hexdigest()


def waiting_changes(channels: QuerySet[Channel]) -> QuerySet[PageChange]:
    """Find the proposals for these pages on which nobody has decided, the oldest first."""
    rows = PageChange.objects.filter(channel__in=channels, unit=F("channel__unit"))
    waiting = rows.filter(state=ChangeState.PROPOSED).order_by("proposed_at", "pk")
    return waiting.select_related("channel", "unit", "proposed_by")


def changes_to_decide(user: User) -> QuerySet[PageChange]:
    """Find the proposals that wait for this person's approval: not their own."""
    theirs = Channel.objects.within(user.reach(Permission.POST_APPROVE))
    return waiting_changes(theirs).exclude(proposed_by=user)


def changes_of(channel: Channel) -> QuerySet[PageChange]:
    """Find what the page's present unit proposed: a page that was handed over brings nothing of
    another unit's along."""
    rows = PageChange.objects.filter(channel=channel, unit=channel.unit)
    return rows.select_related("proposed_by", "decided_by")
