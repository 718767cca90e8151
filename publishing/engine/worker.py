"""Publishing of what falls due, at the second, never twice. The database is the queue; Celery only
sends the ticks.

A run works in one thread: it asks and writes the database, while the platform client's thread makes
the calls. So no transaction is ever open across the network, and one run carries thousands of
calls. The steps of a delivery:

    claim ahead (lease, attempt on record) → stage early (invisible object; videos in steps,
    see also uploads.py)
    → just before the second: begin (one conditional UPDATE; a recall,
    pause or cancellation committed before it wins)
    → at the second: commit, the one visible call → write back in batches

Every unknown outcome goes to `verifying`; `reconcile` checks the platform before anything is sent
again.
"""

import time
from datetime import timedelta

from django.conf import settings
from django.db import InterfaceError, OperationalError

from core.clock import Clock, database_now
from core.db_retry import reconnect
from publishing.deliveries.claims import exclusive_run
from publishing.engine.claiming import Claiming
from publishing.engine.firing import Firing
from publishing.engine.results import Results
from publishing.engine.run_context import RunContext, stopping
from publishing.engine.staging import Staging
from publishing.engine.strategy import Publishing, Strategy
from publishing.models import Delivery
from publishing.states import State

# Seconds that an answer waits for others: one UPDATE for all of them.
_GATHER = 0.1


def drain() -> None:
    """Stop claiming because the process is about to stop: runs finish what they have claimed."""
    stopping.set()


def publish_due(*, platform: str, clock: Clock = database_now) -> int:
    """Publish what is due on one platform now and within the next seconds.

    Returns how many deliveries it claimed.
    """
    with exclusive_run(f"publish {platform}") as is_only_one:
        if not is_only_one or not _is_anything_due(platform, clock):
            return 0
        return DeliveryWorker(platform, clock).run()


def _is_anything_due(platform: str, clock: Clock) -> bool:
    """Tell whether anything is due soon. Asked each second,
    mostly in vain: one small index, before the long query."""
    ahead = clock() + timedelta(seconds=settings.PUBLISHING["claim_ahead_seconds"])
    return Delivery.objects.filter(
        platform=platform, state=State.SCHEDULED, fire_at__lte=ahead
    ).exists()


class DeliveryWorker:
    """One run on one platform: claim, stage, fire and write back until nothing is left in hand."""

    def __init__(self, platform: str, clock: Clock, strategy: Strategy | None = None):
        self.context = RunContext(platform, clock, strategy or Publishing())
        self.batch = self.context.batch
        self.answers = self.context.answers
        self.results = Results(self.context)
        self.staging = Staging(self.context, self.results)
        self.firing = Firing(self.context, self.results)
        self.claiming = Claiming(self.context, self.results, self.staging)

    def run(self) -> int:
        """Work until nothing claimed is left; return how many deliveries were claimed."""
        away_since = None
        while True:
            try:
                self.claiming.renew_leases()
                self.claiming.claim_when_due()
                self.staging.take_next_steps()
                self.firing.fire(len(self.results.unwritten))
                away_since = None
            except (OperationalError, InterfaceError):
                # What is claimed has its lease, and calls in flight their answers to come: wait,
                # and go on when it is back.
                away_since = away_since or time.monotonic()
                if not self.batch or time.monotonic() - away_since > self.context.half_lease:
                    raise
                reconnect()
            if not self.batch:
                return self.claiming.claimed
            answers = self.answers.take(timeout=self._longest_sleep(), gather=_GATHER)
            self.results.record_answers(answers, is_behind=self.firing.is_behind)

    def _longest_sleep(self) -> float:
        """Return the seconds until something has to be done even if no answer comes."""
        wait = 0.1 if self.batch.in_flight or self.batch.staging else 0.5
        if (left := self.context.closed_until - time.monotonic()) > 0:
            return min(wait, left)
        soonest = min((delivery.fire_at for delivery in self.batch.ready.values()), default=None)
        if soonest is None:
            return wait
        until = (soonest - self.context.now()).total_seconds() - self.context.options[
            "begin_ahead_seconds"
        ]
        return max(0.0, min(wait, until))
