"""The two purposes of runs: to publish (here), and to upload videos ahead of time (uploads.py)."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

from django.conf import settings
from django.db.models import F, Q

from platforms.errors import ConnectorError
from platforms.messages import Draft
from publishing.deliveries.claims import skip_locked
from publishing.deliveries.transitions import move_many
from publishing.engine.batch import Batch, ClaimedDelivery
from publishing.models import Delivery
from publishing.states import State

# The values that each of a group of rows is written with, by primary key: the same names for all of
# the group.
Values = Mapping[int, Mapping[str, Any]]
Drafts = Sequence[tuple[ClaimedDelivery, Draft]]
# Without a whole draft on the platform; of rows, as the index ``delivery_to_prepare`` is written,
# so that it serves.
LACKS_DRAFT = Q(draft_ref="") | Q(draft_partial=True)


class Strategy(Protocol):
    """Decide what a run claims, what a whole draft becomes and when a delivery is tried again."""

    @property
    def publishes(self) -> bool:
        """Tell whether a delivery whose draft is whole waits in the run for its second, or leaves
        it.
        """

    @property
    def pause_between_steps(self) -> timedelta | None:
        """Return how long a delivery waits that is handed back between two steps; None: as after a
        failed try.
        """

    def capacity(self, batch: Batch) -> int:
        """Return how many deliveries to claim at most."""

    def due(self, platform: str, batch: Batch, now: datetime) -> Any:
        """Return the locked rows to claim, as far as the run's purpose decides."""

    def claim_values(self, deliveries: Sequence[ClaimedDelivery]) -> Values | None:
        """Return what the claim writes into each row besides lease and attempt."""

    def store_whole_drafts(self, drafts: Drafts, now: datetime) -> set[int]:
        """Store drafts that are whole; return which rows were still the run's."""

    def next_tries(
        self, deliveries: Sequence[ClaimedDelivery], error: ConnectorError, now: datetime
    ) -> list[Values]:
        """Return when each is tried again, in groups whose rows are written with the same names."""


def wait_after(error: ConnectorError, tries: int) -> timedelta:
    """Return how long to wait before the next try: as long as the platform asked for, or ever
    longer up to 15 min.
    """
    return error.wait or timedelta(seconds=min(900, 5 * 2**tries))


class Publishing:
    """Publish what falls due: a whole draft waits in the run for its second."""

    publishes = True
    pause_between_steps = None

    def capacity(self, batch: Batch) -> int:
        size: int = settings.PUBLISHING["claim_batch"]
        return size

    def due(self, platform: str, batch: Batch, now: datetime) -> Any:
        ahead = now + timedelta(seconds=settings.PUBLISHING["claim_ahead_seconds"])
        # A first try is prepared ahead; a retry is not, or it would call sooner than the platform
        # asked.
        due = skip_locked().filter(
            Q(attempt=F("preparations")) | Q(fire_at__lte=now), fire_at__lte=ahead
        )
        due = due.filter(platform=platform, state=State.SCHEDULED)
        # Of videos that lack their draft: none while as many as may move at once are in hand, else
        # what is left to it.
        if batch.uploads >= settings.PUBLISHING["uploads"]:
            return due.exclude(LACKS_DRAFT, prepare_at__isnull=False)
        return due.exclude(LACKS_DRAFT, prepare_at__gt=now)

    def claim_values(self, deliveries: Sequence[ClaimedDelivery]) -> Values | None:
        return None

    def store_whole_drafts(self, drafts: Drafts, now: datetime) -> set[int]:
        """Move the deliveries to staged; count also those that an earlier try of this very write
        has moved.
        """
        refs = {delivery.pk: {"draft_ref": draft.ref} for delivery, draft in drafts}
        deliveries = [delivery for delivery, _draft in drafts]
        moved = move_many(deliveries, State.STAGED, now=now, values_by_pk=refs, draft_partial=False)
        if len(moved) < len(drafts):
            # Perhaps that try was committed, and only its answer was lost.
            others = [pk for pk in refs if pk not in moved]
            staged = Delivery.objects.filter(pk__among=others, state=State.STAGED)
            own = {(delivery.pk, delivery.attempt, draft.ref) for delivery, draft in drafts}
            moved |= {
                row[0] for row in staged.values_list("pk", "attempt", "draft_ref") if row in own
            }
        return moved

    def next_tries(
        self, deliveries: Sequence[ClaimedDelivery], error: ConnectorError, now: datetime
    ) -> list[Values]:
        plain, with_videos = {}, {}
        for delivery in deliveries:
            at = max(now + wait_after(error, delivery.tries), delivery.fire_at)
            values = {"fire_at": at, "draft_partial": delivery.draft_partial}
            if delivery.prepare_at:
                with_videos[delivery.pk] = {**values, "prepare_at": at}
            else:
                plain[delivery.pk] = values
        return [group for group in (plain, with_videos) if group]
