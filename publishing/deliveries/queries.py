"""Queries for the deliveries of a post."""

from collections.abc import Iterable

from posts.models import Post
from publishing.models import Delivery
from publishing.states import (
    ENDED,
)


def names_of_deliveries(public_ids: Iterable[str]) -> dict[str, str]:
    """Return "post → page" of each delivery, by its public id, for the record."""
    rows = Delivery.objects.filter(public_id__in=public_ids).select_related("post", "channel")
    shown = rows.only(
        "public_id", "post__title", "post__label", "channel__name", "channel__platform"
    )
    return {str(row.public_id): str(row) for row in shown}


def deliveries_of(post: Post) -> list[Delivery]:
    """Return all of the post's deliveries with their
    channels and tries, each channel's newest last."""
    found = post.deliveries.select_related("channel", "unit").prefetch_related(
        "attempts", "broadcasts__asked_by", "broadcasts__channel"
    )
    return list(found.order_by("platform", "channel__name", "pk"))


def live_channels(post: Post) -> set[int]:
    """Return the channels where the post is live, or may still become live."""
    return set(post.deliveries.exclude(state__in=ENDED).values_list("channel_id", flat=True))


def newest_by_channel(deliveries: Iterable[Delivery]) -> list[Delivery]:
    """Return the newest delivery of each channel, which alone says the post's state there."""
    return list({d.channel_id: d for d in sorted(deliveries, key=lambda d: d.pk)}.values())
