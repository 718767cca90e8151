from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.dispatch import receiver
from django.urls import reverse

from accounts.models import User
from accounts.notices import notify
from channels.models import Channel
from media.models import Media
from posts.canonical.corrections import PublishedTrace
from posts.models import Post, Revision, RevisionMedia
from posts.queries import FreeTime, PublishedUse, TakenTime
from posts.signals import (
    approval_ended,
    free_times_asked,
    is_going_out,
    media_uses_asked,
    taken_times_asked,
    times_after_asked,
    was_published,
    would_stop,
)
from publishing.models import Delivery
from publishing.scheduling import scheduling
from publishing.slots.queries import free_times_after, next_free_slots
from publishing.states import MAY_BE_FETCHED, READABLE, WAITING, State

MOST_USES = 200  # of a picture, the newest; nobody reads more of them


@receiver(approval_ended, sender=Post)
def stop_deliveries(post: Post, by: Any, reason: str, withdrawn: bool, **_: Any) -> None:
    """Stop the deliveries of an approval that no longer holds, in the same transaction."""
    stopped = scheduling.stop_all(post, by=by, reason=reason)
    if stopped and not withdrawn:
        people = {
            p.pk: p for p in (post.author, post.last_editor, *_approvers(post)) if p.pk != by.pk
        }
        notify(
            people.values(),
            "schedule_stopped",
            address=reverse("publishing:post", args=[post.public_id]),
            title=post,
        )


@receiver(is_going_out, sender=Revision)
def is_being_published(revision: Revision, **_: Any) -> bool:
    # One whose upload was put down for a while may still be being fetched.
    put_down = Q(state=State.SCHEDULED, draft_partial=True)
    return revision.deliveries.filter(put_down | Q(state__in=MAY_BE_FETCHED)).exists()


@receiver(was_published, sender=Post)
def published_trace(post: Post, **_: Any) -> PublishedTrace | None:
    seen = post.deliveries.filter(published_at__isnull=False).select_related("channel", "revision")
    rows = list(seen.order_by("published_at"))
    if not rows or rows[0].published_at is None:
        return None
    return PublishedTrace(
        title=rows[-1].revision.content["title"],
        since=rows[0].published_at,
        channels=frozenset(row.channel_id for row in rows),
        links={
            str(row.channel.public_id): row.permalink
            for row in rows
            if row.state == State.PUBLISHED and row.recall_id is None and row.permalink
        },
    )


@receiver(media_uses_asked, sender=Media)
def find_published_uses(media: list[int], user: User | None, **_: Any) -> list[PublishedUse]:
    deliveries = Delivery.objects.visible_to(user) if user else Delivery.objects.all()
    uses = RevisionMedia.objects.filter(media__in=media).values("revision")
    rows = deliveries.filter(
        Q(published_at__isnull=False) | Q(state__in=WAITING), revision__in=uses
    )
    rows = rows.select_related("post__unit", "channel").order_by("-fire_at", "-pk")
    return [
        PublishedUse(
            row.post,
            row.channel,
            row.get_state_display(),
            row.published_at or row.fire_at,
            row.permalink if _is_live(row) else "",
            _is_live(row),
        )
        for row in rows[:MOST_USES]
    ]


def _is_live(delivery: Delivery) -> bool:
    return delivery.state == State.PUBLISHED and delivery.recall_id is None


@receiver(would_stop, sender=Post)
def count_waiting_deliveries(post: Post, **_: Any) -> int:
    return post.deliveries.filter(state__in=WAITING).count()


@receiver(free_times_asked, sender=Post)
def free_times(channels: list[Channel], now: datetime, **_: Any) -> list[FreeTime]:
    return [FreeTime(slot.at, slot.channels) for slot in next_free_slots(channels, now=now)]


@receiver(times_after_asked, sender=Post)
def times_after(
    post: Post, channels: list[Channel], at: datetime, now: datetime, **_: Any
) -> list[datetime]:
    return free_times_after(post, channels, at, now=now)


@receiver(taken_times_asked, sender=Post)
def taken_times(asked: Collection[tuple[int, datetime]], **_: Any) -> list[TakenTime]:
    channels, minutes = (set(column) for column in zip(*asked, strict=True))
    in_those_minutes = Q(pk__in=[])
    for minute in minutes:
        in_those_minutes |= Q(due_at__gte=minute, due_at__lt=minute + timedelta(minutes=1))
    rows = (
        Delivery.objects.filter(in_those_minutes, channel__in=channels, state__in=READABLE)
        .select_related("post", "channel")
        .defer("post__body", "post__search")
        .order_by("pk")
    )
    times = (
        TakenTime(row.channel, row.due_at.replace(second=0, microsecond=0), row.post)
        for row in rows
    )
    return [time for time in times if (time.channel.pk, time.at) in asked]


def _approvers(post: Post) -> list[Any]:
    return (
        [review.by for review in post.current_revision.reviews.all()]
        if post.current_revision
        else []
    )
