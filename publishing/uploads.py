"""Brings videos to the platforms well before their second, so that then one short call shows them.

A run of its own, in a queue of its own: minutes of uploading delay no post that is due. It claims what will be due,
makes the invisible object step by step and gives it back whole, to be claimed again for its second. What is not whole
by then is finished by whoever has it in hand, and by the publishing run where nobody has.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from channels.connectors.base import ConnectorError, Draft, TryLater
from channels.queries import facts_of
from core.clock import Clock, database_now
from publishing.engine import Run, Shipment
from publishing.models import Delivery
from publishing.rows import end_attempts, locked, only_one
from publishing.services import move_many
from publishing.states import State


def prepare_due(*, platform: str, clock: Clock = database_now) -> int:
    """Prepares what has videos for one platform and is due before long; how many it claimed."""
    if not facts_of(platform).stages:
        return 0  # carried in the visible call itself
    with only_one(f"prepare {platform}") as mine:
        lacks = mine and Delivery.objects.filter(**_due(platform, clock())).filter(_LACKING).exists()
        return Upload(platform, clock).work() if lacks else 0


def waiting(clock: Clock = database_now) -> list[str]:
    """The platforms to which videos are to be brought now."""
    due = Delivery.objects.filter(state=State.SCHEDULED, prepare_at__isnull=False, prepare_at__lte=clock())
    return list(due.filter(_LACKING).order_by().values_list("platform", flat=True).distinct())


# With the next, as the index ``delivery_to_prepare`` is written, so that it serves.
_LACKING = Q(draft_ref="") | Q(draft_partial=True)


def _due(platform: str, now: datetime) -> dict[str, Any]:
    return {"platform": platform, "state": State.SCHEDULED, "prepare_at__isnull": False, "prepare_at__lte": now}


class Upload(Run):
    def _room(self) -> int:
        """No more than can begin at once: what waits for a free place is better left to other processes."""
        waiting = sum(at <= time.monotonic() for at in self.resting.values())
        return max(0, self.options["uploads"] - len(self.uploading) - waiting)

    def _wanted(self, now: datetime) -> Any:
        # It gives up at last: then the publishing run has its own tries, and tells people when they fail.
        most = self.options["max_attempts"]
        return locked().filter(**_due(self.platform, now), preparations__lt=most).filter(_LACKING)

    def _counted(self, shipments: Sequence[Shipment]) -> Mapping[int, Mapping[str, Any]]:
        return {s.pk: {"preparations": s.preparations + 1} for s in shipments}

    def _write_staged(self, staged: list[tuple[Shipment, Draft]]) -> None:
        """Whole: back to wait for its second, which stays what it was."""
        if not staged:
            return
        now = self.now()
        shipments = [shipment for shipment, _draft in staged]
        moved = move_many(
            shipments,
            State.SCHEDULED,
            now=now,
            each={shipment.pk: {"draft_ref": draft.ref} for shipment, draft in staged},
            draft_partial=False,
            lease_until=None,
            error_code="",
            platform_code="",
            error_detail="",
        )
        end_attempts([s for s in shipments if s.pk in moved], "prepared", now=now)
        for shipment, draft in staged:
            if shipment.pk not in moved:
                self._leave_behind(shipment, draft)

    def _put_down(self, shipments: list[Shipment]) -> None:
        self._wait(shipments, TryLater("put down between two steps", code="stopped", wait=timedelta(seconds=1)))

    def _until(
        self, shipments: list[Shipment], error: ConnectorError, now: datetime
    ) -> Iterator[dict[int, dict[str, Any]]]:
        """The hour stays what it is, unless the platform will not hear of it before."""
        told = {}
        for shipment in shipments:
            at = now + (error.wait or timedelta(seconds=min(900, 5 * 2**shipment.preparations)))
            told[shipment.pk] = {
                "prepare_at": at,
                "fire_at": max(at, shipment.fire_at),
                "draft_partial": shipment.draft_partial,
            }
        if told:
            yield told
