"""Queries for the deliveries of a post."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet, TextField, Value
from django.db.models.functions import Cast, Concat

from audit.models import Entry
from channels.states import by_platform
from posts.models import Post
from publishing.deliveries.schedules import ENDS, RECALL_ASKED
from publishing.models import Delivery
from publishing.states import ENDED, EXPECTED, Reason, State


def names_of_deliveries(public_ids: Iterable[str]) -> dict[str, str]:
    """Return "post → page" of each delivery, by its public id, for the record."""
    rows = Delivery.objects.filter(public_id__in=public_ids).select_related("post", "channel")
    revisions = rows.only(
        "public_id", "post__title", "post__label", "channel__name", "channel__platform"
    )
    return {str(row.public_id): str(row) for row in revisions}


def deliveries_of(post: Post) -> list[Delivery]:
    """Return all of the post's deliveries with their
    channels and tries, each channel's newest last."""
    deliveries = post.deliveries.select_related("channel", "unit").prefetch_related(
        "attempts", "broadcasts__asked_by", "broadcasts__channel"
    )
    return list(deliveries.order_by(by_platform(), "channel__name", "pk"))


def live_channels(post: Post) -> set[int]:
    """Return the channels where the post is live, or may still become live."""
    return set(post.deliveries.exclude(state__in=ENDED).values_list("channel_id", flat=True))


def newest_by_channel(deliveries: Iterable[Delivery]) -> list[Delivery]:
    """Return the newest delivery of each channel, which alone says the post's state there."""
    return list({d.channel_id: d for d in sorted(deliveries, key=lambda d: d.pk)}.values())


def _entries_of_row() -> QuerySet[Entry]:
    public_id = Cast(OuterRef("public_id"), TextField())
    return Entry.objects.filter(object_type=Delivery._meta.label_lower, object_id=public_id)


def find_refused(since: datetime) -> QuerySet[Delivery]:
    """Find what was refused since then because nobody approved or scheduled it: by the record, for
    the hours of such a row say nothing.
    """
    refused = Delivery.objects.filter(state=State.FAILED, error_code=Reason.NOT_APPROVED)
    lately = _entries_of_row().filter(action=f"delivery.{State.FAILED}", at__gt=since)
    return refused.filter(Exists(lately))


def find_unrecorded(rows: QuerySet[Delivery]) -> QuerySet[Delivery]:
    """Find those of ``rows`` that somebody wrote past the portal: the record does not know that
    they came into their state, or knows their end.
    """
    entries = _entries_of_row()
    arrived = entries.filter(action=Concat(Value("delivery."), OuterRef("state")))
    ended = entries.filter(action__in=ENDS - {RECALL_ASKED})
    return rows.filter(~Exists(arrived) | Q(Exists(ended), state__in=sorted(EXPECTED)))
