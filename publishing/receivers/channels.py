"""Events of channels, and what publishing knows of them: which posts on a page are ours, and what
stops with a page that left its unit's hands."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Max, Q
from django.dispatch import receiver

from channels.models import Channel
from channels.queries import facts_of
from channels.signals import (
    channel_released,
    last_posts,
    overbooked,
    own_posts_requested,
    unknown_outcomes,
    webhook_reported,
)
from channels.states import Kind
from platforms.facts import Facts
from platforms.messages import LivePost
from platforms.registry import CONNECTORS
from platforms.webhooks import EventKind
from publishing.deliveries.notices import notify_schedulers
from publishing.deliveries.requests import longest_call
from publishing.models import Delivery, Freeze
from publishing.scheduling import scheduling
from publishing.scheduling.conflicts import (
    count_booked,
    count_booked_formats,
    count_booked_in_all,
    full_days_of_app,
)
from publishing.states import MAY_BE_VISIBLE, State

# So far apart platforms' clocks and ours may be.
_CLOCK_DIFFERENCE = timedelta(minutes=2)
# A post of ours is published this long before its page lists it, at most.
_LONGEST_LISTING_DELAY = timedelta(days=1)


@receiver(own_posts_requested, sender=Channel)
def find_own_posts(live_posts: Mapping[int, Sequence[LivePost]], **_: Any) -> dict[int, set[str]]:
    """Find which posts are ours: by the ids that the connector reads from what it told us, and by
    the link, for what people posted by hand."""
    numbers = {post.external_id for posts in live_posts.values() for post in posts}
    links = {post.permalink for posts in live_posts.values() for post in posts} - {""}
    first = min(post.published_at for posts in live_posts.values() for post in posts)
    known = Q(remote_id__in=numbers) | Q(draft_ref__in=numbers) | Q(permalink__in=links)
    # References in which the database finds no id: of what may be visible, and of what came since.
    encoded = Q(state__in=MAY_BE_VISIBLE) | Q(published_at__gte=first - _LONGEST_LISTING_DELAY)
    rows = Delivery.objects.filter(known | encoded, channel__in=live_posts).order_by()
    ours: dict[int, set[str]] = {pk: set() for pk in live_posts}
    linked: dict[int, set[str]] = {pk: {""} for pk in live_posts}
    for pk, platform, remote, draft, link in rows.values_list(
        "channel", "channel__platform", "remote_id", "draft_ref", "permalink"
    ):
        connector = CONNECTORS[platform]
        ours[pk] |= connector.ids_of(remote) | connector.ids_of(draft)
        linked[pk].add(link)
    for pk, posts in live_posts.items():
        ours[pk] |= {
            post.external_id for post in posts if post.permalink and post.permalink in linked[pk]
        }
    return ours


@receiver(unknown_outcomes, sender=Channel)
def find_spans_of_unknown_posts(
    channels: Sequence[int], now: datetime, **_: Any
) -> dict[int, list[tuple[datetime, datetime]]]:
    """Return the spans of time in which posts of ours may have become visible on each channel.

    A call explains what became visible from its beginning until its end and the grace are over;
    what the platform still works on, or a person in its app, explains whatever came since.
    """
    spans: dict[int, list[tuple[datetime, datetime]]] = {pk: [] for pk in channels}
    restored = Freeze.objects.values_list("marked_unknown_at", flat=True).first()
    lasts = longest_call() + timedelta(seconds=settings.PUBLISHING["verify_grace_seconds"])
    rows = Delivery.objects.filter(
        channel__in=channels, state__in=MAY_BE_VISIBLE, committing_at__isnull=False
    ).order_by()
    for pk, state, begun, fire_at in rows.values_list(
        "channel", "state", "committing_at", "fire_at"
    ):
        if begun is None:
            continue
        until = now
        if state != State.PROCESSING:
            # After a restore it is only known since when it may have begun, and that it had by
            # then if at all.
            until = max(begun, min(fire_at, restored or fire_at)) + lasts
        spans[pk].append((begun - _CLOCK_DIFFERENCE, until + _CLOCK_DIFFERENCE))
    return spans


@receiver(last_posts, sender=Channel)
def find_last_publications(channels: Sequence[int], **_: Any) -> dict[int, datetime]:
    rows = Delivery.objects.filter(channel__in=channels, state=State.PUBLISHED).order_by()
    return dict(rows.values_list("channel").annotate(last=Max("published_at")))


@receiver(overbooked, sender=Channel)
def find_overbooked_channels(now: datetime, days: int, **_: Any) -> set[int]:
    """Return the channels with a day on which more is planned than the platform takes, of one page
    or of our whole application.
    """
    limited = {kind: facts_of(kind) for kind in Kind.values}
    limited = {kind: facts for kind, facts in limited.items() if facts.per_day}
    until = now + timedelta(days=days)
    full_days = {
        kind: set(full_days_of_app(kind, now, until))
        for kind, facts in limited.items()
        if facts.per_app_day
    }
    too_many, strictest = (
        Q(),
        {kind: _strictest_page_limit(facts) for kind, facts in limited.items()},
    )
    for kind, most in strictest.items():
        if most:
            too_many |= Q(platform=kind, n__gt=most)
    # A page with too much on one day has too much in all, and that is counted in half the time:
    # most have neither, and of them nothing more is asked.
    in_all = count_booked_in_all([kind for kind in strictest if strictest[kind]], now, until)
    busy = [channel for _platform, channel, _n in in_all.filter(too_many)]
    apps = [kind for kind, days_of_app in full_days.items() if days_of_app]
    if not (busy or apps):
        return set()
    # Only what may be too much leaves the database: of most pages the number says nothing.
    for kind in apps:
        too_many |= Q(platform=kind, day__in=full_days[kind])
    booked = count_booked(limited, now, until)
    booked = booked.filter(Q(channel__in=busy) | Q(platform__in=apps)).filter(too_many)
    return {
        channel
        for platform, day, channel, n in booked
        if day in full_days.get(platform, ()) or _is_page_full(limited[platform], channel, day, n)
    }


def _strictest_page_limit(facts: Facts) -> int:
    """Return how many posts a page takes in a day, of the format with the lowest limit; 0: no
    limit.
    """
    limits = [facts.per_page_day, *(form.per_page_day for form in facts.formats)]
    return min((limit for limit in limits if limit), default=0)


def _is_page_full(facts: Facts, channel: int, day: date, n: int) -> bool:
    """Tell whether ``n`` posts of a day are more than the page takes, of all formats or of one."""
    if facts.per_page_day and n > facts.per_page_day:
        return True
    limited = [form for form in facts.formats if form.per_page_day]
    if all(n <= form.per_page_day for form in limited):
        return False
    booked = count_booked_formats(channel, day)
    return any(booked[form.name] > form.per_page_day for form in limited)


@receiver(channel_released, sender=Channel)
def stop_waiting_deliveries(
    channel: Channel, by: Any, position: str, reason: str, **_: Any
) -> None:
    scheduling.cancel_waiting_on_channel(channel, by=by, position=position, reason=reason)


def _unknown_outcomes_of(channel: Channel, object_id: str) -> list[int]:
    """Return the deliveries with an unknown outcome whose reference names this post."""
    ids_of = CONNECTORS[channel.platform].ids_of
    rows = Delivery.objects.filter(
        channel=channel, state=State.VERIFYING, committing_at__isnull=False
    ).order_by()
    return [
        pk
        for pk, remote, draft in rows.values_list("pk", "remote_id", "draft_ref")
        if object_id in ids_of(remote) | ids_of(draft)
    ]


@receiver(webhook_reported, sender=Channel)
def check_sooner(channel: Channel, kind: str, object_id: str, now: datetime, **_: Any) -> None:
    """Check the platform sooner after its hint, whatever the hint says.

    What has an unknown outcome keeps its grace, unless it is this very post that became visible: a
    check that is too early could conclude that it is absent.
    """
    rows = Delivery.objects.filter(channel=channel)
    match kind:
        case EventKind.POSTED | EventKind.FAILED:
            waiting = Q(state=State.PROCESSING)
            if kind == EventKind.POSTED and object_id:
                waiting |= Q(pk__in=_unknown_outcomes_of(channel, object_id))
            rows.filter(waiting, verify_at__gt=now).update(verify_at=now)
        case EventKind.GONE if object_id:
            gone = rows.filter(state=State.PUBLISHED, remote_id=object_id, recall__isnull=True)
            for row in gone.select_related("post", "unit", "channel"):
                notify_schedulers(row, "post_gone")
