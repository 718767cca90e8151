"""What happens to channels, and what publishing knows of it: which posts on a page are ours, and what stops with a page
that left its unit's hands."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.dispatch import receiver
from django.urls import reverse

from accounts.notices import notify
from accounts.permissions import Permission
from accounts.queries import holders
from channels.connectors.base import Hook, Standing
from channels.models import Channel
from channels.queries import facts_of
from channels.signals import in_doubt, let_go, made_here, overbooked, told
from channels.states import Kind
from publishing import services
from publishing.models import Delivery, Freeze
from publishing.queries import booked
from publishing.states import State
from publishing.wire import longest_call

# Sent, perhaps, and the id that it stands under is not known yet.
_UNCERTAIN = (State.COMMITTING, State.PROCESSING, State.VERIFYING, State.NEEDS_PERSON)
# Platforms' clocks, and ours.
_APART = timedelta(minutes=2)


@receiver(made_here, sender=Channel)
def ours_among(standing: Mapping[int, Sequence[Standing]], **_: Any) -> dict[int, set[str]]:
    """By the platform's id, an album's one by one, and by the link, for what people posted by hand."""
    rows = Delivery.objects.filter(channel__in=standing).order_by()
    numbers = {post.external_id for posts in standing.values() for post in posts}
    links = {post.permalink for posts in standing.values() for post in posts} - {""}
    named = Q(remote_id__in=numbers) | Q(draft_ref__in=numbers) | Q(permalink__in=links) | Q(remote_id__contains=",")
    named |= Q(~Q(draft_ref=""), state__in=_UNCERTAIN)  # where a draft's reference says more than its number
    ours: dict[int, set[str]] = {pk: set() for pk in standing}
    linked: dict[int, set[str]] = {pk: {""} for pk in standing}
    for pk, remote, draft, link in rows.filter(named).values_list("channel", "remote_id", "draft_ref", "permalink"):
        ours[pk] |= {*remote.split(","), draft, draft.partition("/")[0]}
        linked[pk].add(link)
    for pk, posts in standing.items():
        ours[pk] |= {post.external_id for post in posts if post.permalink and post.permalink in linked[pk]}
    return ours


@receiver(in_doubt, sender=Channel)
def what_may_have_come_to_stand(
    channels: Sequence[int], now: datetime, **_: Any
) -> dict[int, list[tuple[datetime, datetime]]]:
    """A call explains what came to stand from its beginning until its end and the grace are over; what the platform
    still works on, or a person in its app, whatever came since."""
    spans: dict[int, list[tuple[datetime, datetime]]] = {pk: [] for pk in channels}
    restored = Freeze.objects.values_list("doubted_at", flat=True).first()
    lasts = longest_call() + timedelta(seconds=settings.PUBLISHING["verify_grace_seconds"])
    rows = Delivery.objects.filter(channel__in=channels, state__in=_UNCERTAIN, committing_at__isnull=False).order_by()
    for pk, state, begun, fire_at in rows.values_list("channel", "state", "committing_at", "fire_at"):
        # After a restore it is only known since when it may have begun, and that it had by then if at all.
        until = now if state == State.PROCESSING else max(begun, min(fire_at, restored or fire_at)) + lasts
        spans[pk].append((begun - _APART, until + _APART))
    return spans


@receiver(overbooked, sender=Channel)
def beyond_a_days_posts(now: datetime, days: int, **_: Any) -> set[int]:
    limited = {kind: facts for kind in Kind.values if (facts := facts_of(kind)).per_page_day or facts.per_app_day}
    rows = booked(limited, now, now + timedelta(days=days))
    of_app: Counter[tuple[str, date]] = Counter()
    for platform, day, _channel, n in rows:
        of_app[platform, day] += n
    found = set()
    for platform, day, channel, n in rows:
        facts = limited[platform]
        too_many = facts.per_app_day and of_app[platform, day] > facts.per_app_day
        if too_many or (facts.per_page_day and n > facts.per_page_day):
            found.add(channel)
    return found


@receiver(let_go, sender=Channel)
def stop_what_waits(channel: Channel, by: Any, post_held: str, reason: str, **_: Any) -> None:
    services.stop_there(channel, by=by, post_held=post_held, reason=reason)


@receiver(told, sender=Channel)
def look_sooner(channel: Channel, kind: str, object_id: str, now: datetime, **_: Any) -> None:
    """Whatever the hint says, the platform is asked. What is in doubt keeps its grace, unless it is this very post that
    came to stand: a look that is too early could believe that it is absent."""
    rows = Delivery.objects.filter(channel=channel)
    match kind:
        case Hook.POSTED | Hook.FAILED:
            waiting = Q(state=State.PROCESSING)
            if kind == Hook.POSTED and object_id:
                this = Q(draft_ref=object_id) | Q(remote_id=object_id)
                waiting |= Q(this, state=State.VERIFYING, committing_at__isnull=False)
            rows.filter(waiting, verify_at__gt=now).update(verify_at=now)
        case Hook.GONE if object_id:
            gone = rows.filter(state=State.PUBLISHED, remote_id=object_id, recall__isnull=True)
            for row in gone.select_related("post", "unit", "channel"):
                address = reverse("publishing:post", args=[row.post.public_id])
                people = holders(Permission.POST_SCHEDULE, unit=row.unit)
                notify(people, "post_gone", address=address, title=row.post, channel=row.channel)
