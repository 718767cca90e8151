"""Posts on a unit's page that the portal did not make: noticed within ten minutes, and put before a person.

What is kept is where such a post stands and since when. What it says stays on the page.
"""

import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.notices import notify
from accounts.permissions import Permission
from accounts.queries import require
from audit.services import record
from channels import signals, vault
from channels.connectors.base import AccessLost, Account, Connector, ConnectorError, Standing
from channels.models import Channel, ForeignPost
from channels.network import ask_each
from channels.queries import account_of, address_of, facts_of, keepers, province_keepers
from channels.services import mark_lost
from channels.states import Health, Verdict
from core.bulk import update_from_values
from core.clock import steady
from core.errors import Refused
from core.text import normal

_BATCH, _AT_ONCE = 96, 24
# A page is asked no more often than that, unless a platform's own count of calls asks for more patience
# (`look_seconds` in settings.PLATFORMS).
_EVERY = timedelta(minutes=8)
# A run comes each minute, and takes so much more than its share that what was left behind is caught up with.
_RUN, _SPARE = timedelta(minutes=1), 1.25
# Looked at again: a listing may lag, and what was in doubt at the last look is known by now.
_AGAIN = timedelta(days=1)


def look_due(*, platform: str, now: datetime) -> int:
    """Looks at the pages whose turn it is; how many foreign posts were found. Two that run at a time share the work."""
    if not facts_of(platform).lists_posts:
        return 0
    tell, found = steady(lambda: now), 0
    own = Channel.objects.filter(platform=platform, health=Health.CONNECTED).order_by("look_at")
    # Even after an outage, when every page's turn has passed, they are asked in a row and not in a crowd.
    left = max(_BATCH, math.ceil(own.count() * _RUN * _SPARE / _every(platform)))
    while left > 0 and (batch := list(own.filter(look_at__lte=tell()).only("pk", "look_at")[: min(_BATCH, left)])):
        noted, answered = _look(platform, batch, now=tell())
        found += noted
        left -= len(batch)
        if not answered:
            break  # it is away: the next run asks others, and this thread serves other platforms
    return found


def _every(platform: str) -> timedelta:
    """From one look at a page to the next."""
    return timedelta(seconds=settings.PLATFORMS[platform].get("look_seconds") or _EVERY.total_seconds())


def _look(platform: str, batch: Sequence[Channel], *, now: datetime) -> tuple[int, bool]:
    """How many foreign posts were found, and whether the platform answered at all."""
    every = _every(platform)
    turns = update_from_values(
        Channel,
        [{"id": channel.pk, "look_at": channel.look_at} for channel in batch],
        match=("id", "look_at"),
        fields={"look_at": now + every},
    )
    calls, seen, silent = {}, {}, 0
    for channel in Channel.objects.filter(pk__in=turns).select_related("unit"):
        try:
            calls[channel] = _listing(account_of(channel), _since(channel))
        except vault.Unsealable:
            continue  # the daily look tells
    for channel, answer in ask_each(platform, calls, at_once=_AT_ONCE):
        match answer:
            case list():
                seen[channel] = answer
            case AccessLost():
                mark_lost(channel, reason=answer.detail, code=answer.code)
            case ConnectorError() if answer.silent:
                silent += 1
            case ConnectorError() if answer.wait and answer.wait > every:
                Channel.objects.filter(pk=channel.pk).update(look_at=now + answer.wait)
    Channel.objects.filter(pk__in=[channel.pk for channel in seen]).update(looked_at=now)
    return note(seen, now=now), not calls or silent < len(calls)


def _since(channel: Channel) -> datetime:
    return max(channel.watched_since, (channel.looked_at or channel.watched_since) - _AGAIN)


def _listing(account: Account, since: datetime) -> Callable[[Connector], Awaitable[list[Standing]]]:
    return lambda connector: connector.standing(account, since)


def note(seen: Mapping[Channel, Sequence[Standing]], *, now: datetime) -> int:
    """Keeps those of the posts seen that neither the portal made nor anybody has noted before; how many. What may be
    ours, for all that is known yet, is judged at a later look."""
    strange = {
        channel.pk: [p for p in posts if not p.ours and p.published_at >= channel.watched_since]
        for channel, posts in seen.items()
    }
    strange = {pk: posts for pk, posts in strange.items() if posts}
    if not strange:
        return 0
    # First: what is decided between the two questions would be found by neither.
    spans: dict[int, list[tuple[datetime, datetime]]] = {pk: [] for pk in strange}
    for _receiver, answer in signals.in_doubt.send(Channel, channels=list(strange), now=now):
        for pk, found in answer.items():
            spans[pk] += found
    known: dict[int, set[str]] = {pk: set() for pk in strange}
    for pk, number in ForeignPost.objects.filter(channel__in=strange).values_list("channel", "external_id"):
        known[pk].add(number)
    for _receiver, answer in signals.made_here.send(Channel, standing=strange):
        for pk, numbers in answer.items():
            known[pk] |= numbers
    noted = 0
    for channel in (channel for channel in seen if channel.pk in strange):
        new = [post for post in strange[channel.pk] if post.external_id not in known[channel.pk]]
        doubtful = [post for post in new if _may_be_ours(post, spans[channel.pk])]
        noted += _keep(channel, [post for post in new if post not in doubtful], now=now)
        if doubtful:
            # By the time that a person has decided, it might be too old to be listed.
            Channel.objects.filter(pk=channel.pk).update(looked_at=min(post.published_at for post in doubtful))
    return noted


def _may_be_ours(post: Standing, spans: Sequence[tuple[datetime, datetime]]) -> bool:
    return post.ours is None and any(first <= post.published_at <= last for first, last in spans)


@transaction.atomic
def _keep(channel: Channel, posts: Sequence[Standing], *, now: datetime) -> int:
    if not posts:
        return 0
    rows = ForeignPost.objects.bulk_create(
        [
            ForeignPost(
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
    notify(keepers(channel), "foreign_post", address=f"{address_of(channel)}#foreign", channel=channel, n=len(rows))
    return len(rows)


@transaction.atomic
def acknowledge(post: ForeignPost, *, by: User, ours: bool, note: str = "") -> None:
    """A person of the unit has looked: the unit posted it by hand, or somebody else did, which alarms the province."""
    channel = post.channel
    held = require(by, Permission.CHANNEL_MANAGE, unit=channel.unit)
    verdict = Verdict.OURS if ours else Verdict.NOT_OURS
    fields = {
        "verdict": verdict,
        "note": normal(note).strip()[:500],
        "decided_by": by,
        "decided_for": channel.unit,
        "post_held": held.post_held,
        "decided_at": timezone.now(),
    }
    if not ForeignPost.objects.filter(pk=post.pk, verdict=Verdict.OPEN).update(**fields):
        raise Refused(_("Somebody has decided this meanwhile. Reload the page."))
    post.refresh_from_db(fields=list(fields))
    facts = {"by": by, "post_held": held.post_held, "reason": fields["note"], "post": post.external_id}
    record(f"channel.foreign_{verdict}", channel, **facts)
    if not ours:
        people = [person for person in province_keepers(channel.unit) if person.pk != by.pk]
        address = f"{address_of(channel)}#foreign"
        notify(people, "foreign_not_ours", address=address, channel=channel, unit=channel.unit, by=by)


def look_soon(channel: Channel, *, now: datetime) -> None:
    """The platform hinted at news: the page's turn is now, however lately it was looked at."""
    Channel.objects.filter(pk=channel.pk, look_at__gt=now).update(look_at=now)
