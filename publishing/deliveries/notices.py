"""Notices about deliveries to those who can act on them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.urls import reverse

from accounts.notices import notify
from accounts.permissions import Permission
from accounts.queries import holders
from publishing.deliveries.transitions import move_many
from publishing.models import Delivery
from publishing.states import (
    Reason,
    State,
)


def ask_person(
    row: Delivery,
    now: datetime,
    *,
    reason: Reason = Reason.UNKNOWN,
    detail: str = "",
    **fields: Any,
) -> int:
    """Put a row before an officer and notify those who can act; return how many rows it moved."""
    with transaction.atomic():
        moved = move_many(
            [row],
            State.NEEDS_PERSON,
            now=now,
            verify_at=None,
            error_code=reason,
            error_detail=detail[:500],
            **fields,
        )
        if moved:
            notify_schedulers(row, "delivery_needs_person")
    return len(moved)


def notify_schedulers(row: Delivery, kind: str, **facts: Any) -> None:
    """Notify those who can act on it in the unit."""
    notify(
        holders(Permission.POST_SCHEDULE, unit=row.unit),
        kind,
        address=reverse("publishing:post", args=[row.post.public_id]),
        joined_address=reverse("publishing:post_list"),
        title=row.post,
        channel=row.channel,
        **facts,
    )


def notify_of_inbox_videos(pks: Iterable[int]) -> None:
    """Notify the units whose videos wait in an app's inbox
    that somebody has to finish them there."""
    for row in Delivery.objects.filter(pk__in=list(pks), recall=None).select_related(
        "unit", "post", "channel"
    ):
        notify_schedulers(row, "delivery_in_app")
