"""Posts on a unit's page that the portal did not make: noticed within ten minutes, and put before a
person.

What is kept is where such a post stands and since when. What it says stays on the page.
"""

import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import cast

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.notices import notify
from accounts.permissions import Permission
from accounts.queries import require
from audit.services import record
from channels import signals
from channels.connection.health import mark_lost
from channels.models import Channel, UnrecognisedPost
from channels.queries import account_of, address_of, facts_of, find_keepers, find_province_keepers
from channels.states import Health, Verdict
from core import sealing
from core.bulk import update_from_values
from core.clock import make_steady_clock
from core.errors import Refused
from core.text import normalise
from platforms import client
from platforms.connector import Connector
from platforms.errors import AccessLost, ConnectorError
from platforms.messages import Account, LivePost

_BATCH, _AT_ONCE = 96, 24
# A page is asked no more often than that, unless a platform's own count of calls asks for more
# patience (`look_seconds` in settings.PLATFORMS).
_EVERY = timedelta(minutes=8)
# A run comes each minute, and takes so much more than its share that what was left behind is caught
# up with.
_RUN, _SPARE = timedelta(minutes=1), 1.25
# Looked at again: a listing may lag, and what was unknown at the last check is known by now.
_AGAIN = timedelta(days=1)


def check_pages(*, platform: str, now: datetime) -> int:
    """Check the pages whose turn it is, and return how many unrecognised posts were found. Two that
    run at a time share the work.
    """
    if not facts_of(platform).lists_posts:
        return 0
    clock, total = make_steady_clock(lambda: now), 0
    own = Channel.objects.filter(platform=platform, health=Health.CONNECTED).order_by("check_at")
    # Even after an outage, when every page's turn has passed, they are asked in a row and not in a
    # crowd.
    left = max(_BATCH, math.ceil(own.count() * _RUN * _SPARE / _check_interval(platform)))
    while left > 0 and (
        batch := list(own.filter(check_at__lte=clock()).only("pk", "check_at")[: min(_BATCH, left)])
    ):
        noted, answered = _check_batch(platform, batch, now=clock())
        total += noted
        left -= len(batch)
        if not answered:
            break  # it is away: the next run asks others, and this thread serves other platforms
    return total


def _check_interval(platform: str) -> timedelta:
    """Return the time from one check of a page to the next."""
    return timedelta(
        seconds=float(settings.PLATFORMS[platform].get("look_seconds") or _EVERY.total_seconds())
    )


def _check_batch(platform: str, batch: Sequence[Channel], *, now: datetime) -> tuple[int, bool]:
    """Check the pages of ``batch``. Return how many unrecognised posts were found, and whether the
    platform answered at all."""
    every = _check_interval(platform)
    turns = update_from_values(
        Channel,
        [{"id": channel.pk, "check_at": channel.check_at} for channel in batch],
        match=("id", "check_at"),
        fields={"check_at": now + every},
    )
    calls, seen, silent = {}, {}, 0
    for channel in Channel.objects.filter(pk__in=turns).select_related("unit"):
        try:
            since = (channel.last_checked_at or channel.watched_since) - _AGAIN
            calls[channel] = _list_call(account_of(channel), max(channel.watched_since, since))
        except sealing.Unsealable:
            continue  # the daily look tells
    for channel, answer in client.call_many(platform, calls, writes=False, at_once=_AT_ONCE):
        match answer:
            case list():
                seen[channel] = answer
            case AccessLost():
                mark_lost(channel, code=answer.code)
            case ConnectorError() if answer.silent:
                silent += 1
            case ConnectorError() if answer.wait and answer.wait > every:
                Channel.objects.filter(pk=channel.pk).update(check_at=now + answer.wait)
    Channel.objects.filter(pk__in=[channel.pk for channel in seen]).update(last_checked_at=now)
    return store_unrecognised(seen, now=now), not calls or silent < len(calls)


def _list_call(
    account: Account, since: datetime
) -> Callable[[Connector], Awaitable[list[LivePost]]]:
    return lambda connector: connector.list_posts(account, since)


def store_unrecognised(seen: Mapping[Channel, Sequence[LivePost]], *, now: datetime) -> int:
    """Store those of the posts seen that neither the portal made nor anybody has noted before, and
    return how many. What may be ours, for all that is known yet, is judged at a later check."""
    strange = {
        channel.pk: [p for p in posts if not p.ours and p.published_at >= channel.watched_since]
        for channel, posts in seen.items()
    }
    strange = {pk: posts for pk, posts in strange.items() if posts}
    if not strange:
        return 0
    # First: what is decided between the two questions would be found by neither.
    spans: dict[int, list[tuple[datetime, datetime]]] = {pk: [] for pk in strange}
    for _receiver, answer in signals.unknown_outcomes.send(
        Channel, channels=list(strange), now=now
    ):
        for pk, found_spans in cast(
            "Mapping[int, list[tuple[datetime, datetime]]]", answer
        ).items():
            spans[pk] += found_spans
    known: dict[int, set[str]] = {pk: set() for pk in strange}
    for pk, number in UnrecognisedPost.objects.filter(channel__in=strange).values_list(
        "channel", "external_id"
    ):
        known[pk].add(number)
    for _receiver, answer in signals.own_posts_requested.send(Channel, live_posts=strange):
        for pk, numbers in cast("Mapping[int, set[str]]", answer).items():
            known[pk] |= numbers
    noted = 0
    for channel in (channel for channel in seen if channel.pk in strange):
        new = [post for post in strange[channel.pk] if post.external_id not in known[channel.pk]]
        unknown = [
            post
            for post in new
            if post.ours is None
            and any(first <= post.published_at <= last for first, last in spans[channel.pk])
        ]
        noted += _create_unrecognised(
            channel, [post for post in new if post not in unknown], now=now
        )
        if unknown:
            # By the time that a person has decided, it might be too old to be listed.
            Channel.objects.filter(pk=channel.pk).update(
                last_checked_at=min(post.published_at for post in unknown)
            )
    return noted


@transaction.atomic
def _create_unrecognised(channel: Channel, posts: Sequence[LivePost], *, now: datetime) -> int:
    if not posts:
        return 0
    rows = UnrecognisedPost.objects.bulk_create(
        [
            UnrecognisedPost(
                channel=channel,
                external_id=post.external_id[:200],
                permalink=post.permalink[:500],
                published_at=post.published_at,
                seen_at=now,
            )
            for post in posts
        ],
        ignore_conflicts=True,
    )
    record("channel.foreign_post", channel, n=len(rows))
    notify(
        find_keepers(channel),
        "foreign_post",
        address=f"{address_of(channel)}#foreign",
        channel=channel,
        n=len(rows),
    )
    return len(rows)


@transaction.atomic
def acknowledge(post: UnrecognisedPost, *, by: User, ours: bool, note: str = "") -> None:
    """Record a person's decision: the unit posted it by hand, or somebody else did, which alarms
    the province. Raises Refused where somebody has decided meanwhile."""
    channel = post.channel
    appointment = require(by, Permission.CHANNEL_MANAGE, unit=channel.unit)
    verdict = Verdict.OURS if ours else Verdict.NOT_OURS
    fields = {
        "verdict": verdict,
        "note": normalise(note).strip()[:500],
        "decided_by": by,
        "decided_for": channel.unit,
        "position": appointment.position,
        "decided_at": timezone.now(),
    }
    if not UnrecognisedPost.objects.filter(pk=post.pk, verdict=Verdict.OPEN).update(**fields):
        raise Refused(_("Somebody has decided this meanwhile. Reload the page."))
    post.refresh_from_db(fields=list(fields))
    facts = {
        "by": by,
        "position": appointment.position,
        "reason": fields["note"],
        "post": post.external_id,
    }
    record(f"channel.foreign_{verdict}", channel, **facts)
    if not ours:
        people = [person for person in find_province_keepers(channel.unit) if person.pk != by.pk]
        address = f"{address_of(channel)}#foreign"
        notify(
            people, "foreign_not_ours", address=address, channel=channel, unit=channel.unit, by=by
        )


def check_soon(channel: Channel, *, now: datetime) -> None:
    """Make it the page's turn now, however lately it was checked: the platform hinted at news."""
    Channel.objects.filter(pk=channel.pk, check_at__gt=now).update(check_at=now)
