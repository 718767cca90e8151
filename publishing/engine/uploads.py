"""Uploads of videos to the platforms well before their second, so that then one short call shows
them.

A run of its own, in a queue of its own: minutes of uploading delay no post that is due. It claims
what will be due, makes the invisible object step by step and hands it back whole, to be claimed
again for its second. What is not whole by then is finished by whoever has claimed it, and by the
publishing run where nobody has.
"""

import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from channels.queries import facts_of
from core.clock import Clock, database_now
from platforms.errors import ConnectorError
from publishing.deliveries.claims import exclusive_run, skip_locked
from publishing.deliveries.transitions import end_attempts, move_many
from publishing.engine.batch import Batch, ClaimedDelivery
from publishing.engine.strategy import LACKS_DRAFT, Drafts, Values, wait_after
from publishing.engine.worker import DeliveryWorker
from publishing.models import Delivery
from publishing.states import Outcome, Reason, State


def prepare_due(*, platform: str, clock: Clock = database_now) -> int:
    """Prepare what has videos for one platform and is due before long.

    Returns how many deliveries it claimed.
    """
    if not facts_of(platform).stages:
        return 0  # carried in the visible call itself
    with exclusive_run(f"prepare {platform}") as is_only_one:
        if (
            not is_only_one
            or not Delivery.objects.filter(**_due(platform, clock())).filter(LACKS_DRAFT).exists()
        ):
            return 0
        return DeliveryWorker(platform, clock, Uploading()).run()


def platforms_to_upload_to(clock: Clock = database_now) -> list[str]:
    """Return the platforms to which videos are to be uploaded now."""
    due = Delivery.objects.filter(
        state=State.SCHEDULED, prepare_at__isnull=False, prepare_at__lte=clock()
    )
    return list(due.filter(LACKS_DRAFT).order_by().values_list("platform", flat=True).distinct())


def _due(platform: str, now: datetime) -> dict[str, Any]:
    return {
        "platform": platform,
        "state": State.SCHEDULED,
        "prepare_at__isnull": False,
        "prepare_at__lte": now,
    }


class Uploading:
    """Upload videos ahead of time: a whole draft goes back to scheduled, to wait there for its
    second.
    """

    publishes = False
    pause_between_steps = timedelta(seconds=1)

    def capacity(self, batch: Batch) -> int:
        """Return no more than can begin at once.

        What waits for a free place is better left to other processes.
        """
        clock = time.monotonic()
        due_steps = sum(delivery.next_step_at <= clock for delivery in batch.waiting.values())
        return max(0, settings.PUBLISHING["uploads"] - batch.uploading - due_steps)

    def due(self, platform: str, batch: Batch, now: datetime) -> Any:
        # It gives up at last: then the publishing run has its own tries, and tells people when they
        # fail.
        most = settings.PUBLISHING["max_attempts"]
        return (
            skip_locked().filter(**_due(platform, now), preparations__lt=most).filter(LACKS_DRAFT)
        )

    def claim_values(self, deliveries: Sequence[ClaimedDelivery]) -> Values:
        return {delivery.pk: {"preparations": delivery.preparations + 1} for delivery in deliveries}

    def store_whole_drafts(self, drafts: Drafts, now: datetime) -> set[int]:
        """Move the deliveries back to scheduled; their second stays what it is."""
        deliveries = [delivery for delivery, _draft in drafts]
        moved = move_many(
            deliveries,
            State.SCHEDULED,
            now=now,
            values_by_pk={delivery.pk: {"draft_ref": draft.ref} for delivery, draft in drafts},
            draft_partial=False,
            lease_until=None,
            error_code=Reason.NONE,
            platform_code="",
            error_detail="",
        )
        end_attempts(
            [delivery for delivery in deliveries if delivery.pk in moved], Outcome.PREPARED, now=now
        )
        return moved

    def next_tries(
        self, deliveries: Sequence[ClaimedDelivery], error: ConnectorError, now: datetime
    ) -> list[Values]:
        """Return when each is prepared again.

        The hour stays what it is, unless the platform refuses any call before.
        """
        values = {}
        for delivery in deliveries:
            at = now + wait_after(error, delivery.preparations)
            values[delivery.pk] = {
                "prepare_at": at,
                "fire_at": max(at, delivery.fire_at),
                "draft_partial": delivery.draft_partial,
            }
        return [values] if values else []
