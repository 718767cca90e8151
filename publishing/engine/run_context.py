"""The context that the parts of one run share: its platform, its clock, its deliveries and the
answers to its calls.
"""

import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from django.conf import settings

from channels.queries import facts_of
from core import db_retry
from core.clock import Clock, make_steady_clock
from platforms import client
from platforms.client import Answers, Request
from publishing.engine.batch import Batch, ClaimedDelivery, restored_on_failure
from publishing.engine.strategy import Strategy

# Set when the process is about to stop: runs finish what they have claimed, and claim no more.
stopping = threading.Event()


class RunContext:
    """Hold what claiming, staging, firing and results of one run work on together."""

    def __init__(self, platform: str, clock: Clock, strategy: Strategy):
        self.platform = platform
        self.facts = facts_of(platform)
        self.clock = clock
        self.now = make_steady_clock(clock)  # set again at each claim
        self.options = settings.PUBLISHING
        self.strategy = strategy
        self.batch = Batch()
        self.answers = Answers()
        # A rate limit or breaker is closed to the run: no claim and no call sooner; on the
        # monotonic clock.
        self.closed_until = 0.0

    @property
    def half_lease(self) -> float:
        return self.options["lease_seconds"] / 2

    def lease_from(self, now: datetime) -> datetime:
        return now + timedelta(seconds=self.options["lease_seconds"])

    def submit(self, requests: Sequence[Request]) -> None:
        """Hand calls to the platform client. What could not begin within half a lease is not
        begun.
        """
        if requests:
            client.submit(self.platform, requests, self.answers, begin_within=self.half_lease)


def with_db_retry(write: Callable[[], None], deliveries: Sequence[ClaimedDelivery] = ()) -> None:
    """Retry a write while the database is away, so that what a platform answered is not forgotten.

    It gives up after half a lease. When the lease runs out first, the check on the platform finds
    the answer anyway. ``write`` changes the batch only after its last statement, so that it can be
    repeated.
    """

    def restored() -> None:
        with restored_on_failure(deliveries):
            write()

    half_lease = timedelta(seconds=settings.PUBLISHING["lease_seconds"] / 2)
    db_retry.with_db_retry(restored, give_up_after=half_lease)
