"""The third part of a run: begin what is due, in time for its second.

The platform client makes the calls at the second. What was recalled, paused, moved or overtaken
meanwhile is released.
"""

import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import batched

from django.db import transaction

from platforms.client import Call, Request
from platforms.errors import TryLater
from publishing.deliveries.claims import skip_locked
from publishing.deliveries.requests import LONGEST_QUEUE, longest_call
from publishing.deliveries.schedules import find_ended
from publishing.deliveries.transitions import end_attempts, move_many
from publishing.engine import rate_limits
from publishing.engine.batch import ClaimedDelivery, restored_on_failure
from publishing.engine.results import Results
from publishing.engine.run_context import RunContext
from publishing.models import Delivery
from publishing.states import IN_PREPARATION, Outcome, State

# Seconds until a delivery without a permit asks again.
_ASK_AGAIN = 0.25


class Firing:
    """Begin visible calls: get a permit for each, check a last time, and hand it to the platform
    client.
    """

    def __init__(self, run: RunContext, results: Results):
        self.run = run
        self.results = results
        self.pages_busy: dict[str, float] = {}  # until when, on the monotonic clock
        self.is_behind = False  # more is due than may be begun at once

    def fire(self, unwritten: int) -> None:
        """Begin what is due now or in a moment. ``unwritten`` answers have come and free a place
        each.
        """
        run, batch = self.run, self.run.batch
        if time.monotonic() < run.closed_until:
            return
        soon = run.now() + timedelta(seconds=run.options["begin_ahead_seconds"])
        # No more than the client can make in a moment: what is begun cannot be recalled nor paused
        # any more.
        capacity = max(0, 2 * run.options["connections"] - len(batch.in_flight) + unwritten)
        due = [pk for pk, delivery in batch.ready.items() if delivery.fire_at <= soon]
        self.is_behind, due = len(due) > capacity, due[:capacity]
        if not due:
            return
        permits = self._permits(due)
        for chunk in batched(permits, run.options["claim_batch"]):
            begun = self.begin(chunk)
            requests = []
            for pk in chunk:
                if pk in begun:
                    requests.append(self._request(batch.begin(pk), permits[pk]))
                else:
                    batch.drop_ready(pk)
            run.submit(requests)

    def begin(self, pks: Sequence[int]) -> set[int]:
        """Check for the last time before a call becomes visible,
        in the transaction that everyone else loses against."""
        ready = [self.run.batch.ready[pk] for pk in pks]
        now = self.run.clock()  # the monotonic one stands still while a machine sleeps
        with restored_on_failure(ready), transaction.atomic():
            own = skip_locked().filter(pk__among=pks, state__in=IN_PREPARATION, lease_until__gt=now)
            fit = set(own.sendable(now).values_list("pk", "attempt"))
            # Locked now: what ended since the claim says so, even where its row was put back.
            ended = find_ended([delivery.public_id for delivery in ready])
            begun = move_many(
                [
                    delivery
                    for delivery in ready
                    if (delivery.pk, delivery.attempt) in fit
                    and str(delivery.public_id) not in ended
                ],
                State.COMMITTING,
                now=now,
                committing_at=now,
                lease_until=self.run.lease_from(now),
            )
        self._release([delivery for delivery in ready if delivery.pk not in begun])
        return begun

    def _release(self, deliveries: Sequence[ClaimedDelivery]) -> None:
        """Release what another run has taken over, or is no longer fit to send.

        If nobody else moved it, it goes back to wait or to expire.
        """
        if not deliveries:
            return
        rows = Delivery.objects.filter(
            pk__among=[delivery.pk for delivery in deliveries], state__in=IN_PREPARATION
        )
        current = {
            pk: (attempt, state)
            for pk, attempt, state in rows.values_list("pk", "attempt", "state")
        }
        own, lost = [], []
        for delivery in deliveries:
            attempt, state = current.get(delivery.pk, (-1, ""))
            if attempt == delivery.attempt:
                delivery.state = state
                own.append(delivery)
            else:
                lost.append(delivery)
        end_attempts(lost, Outcome.STOPPED, now=self.run.now())
        # Nothing was tried, so the bound on tries does not end it: it waits until it is fit, or too
        # late.
        self.results.reschedule(
            own, TryLater("not fit to send just before the call", code="stopped")
        )

    def _request(self, delivery: ClaimedDelivery, permit: datetime) -> Request:
        now, clock = self.run.now(), time.monotonic()
        start_at = clock + max(0.0, (max(permit, delivery.fire_at) - now).total_seconds())
        too_late = clock + (delivery.not_after - now).total_seconds()
        until = clock + longest_call().total_seconds()
        latest = min(start_at + LONGEST_QUEUE, too_late)
        return Request(delivery.pk, _commit_call(delivery), True, start_at, latest, until)

    # --- rate limits and breaker ------------------------------------------------------------------

    def _permits(self, due: Sequence[int]) -> dict[int, datetime]:
        """Return the times at which those of ``due`` with a permit may call. The others wait for a
        rate limit or breaker, and ask again soon.
        """
        run = self.run
        now = run.now()
        closed = rate_limits.closed_limits(run.platform, now)
        by_app: dict[str, list[int]] = {}
        for pk in due:
            by_app.setdefault(rate_limits.key_of(run.batch.ready[pk].account), []).append(pk)
        permits: dict[int, datetime] = {}
        for app, pks in by_app.items() if rate_limits.BREAKER not in closed else ():
            if run.facts.per_app_second:
                permits |= self._paced_permits(app, pks, now)
            elif app not in closed:
                permits |= dict.fromkeys(pks, now)
        if len(permits) < len(due):
            run.closed_until = time.monotonic() + _ASK_AGAIN
        return permits

    def _paced_permits(self, app: str, pks: Sequence[int], now: datetime) -> dict[int, datetime]:
        """Return permits at the pace that the platform allows one application, and one page."""
        run, ready = self.run, self.run.batch.ready
        started = time.monotonic()
        free: dict[str, int] = {}  # one delivery a page
        for pk in pks:
            page = ready[pk].account.external_id
            if self.pages_busy.get(page, 0.0) <= started:
                free.setdefault(page, pk)
        until = now + timedelta(seconds=run.options["begin_ahead_seconds"] + 0.5)
        pace = run.facts.per_app_second
        taken = rate_limits.take_permits(
            run.platform, app, len(free), per_second=pace, now=now, until=until
        )
        permits = {}
        for (page, pk), permit in zip(free.items(), taken, strict=False):
            permits[pk] = permit
            if run.facts.per_page_second:
                busy = (max(permit, ready[pk].fire_at) - now).total_seconds()
                self.pages_busy[page] = started + busy + 1 / run.facts.per_page_second
        return permits


def _commit_call(delivery: ClaimedDelivery) -> Call:
    return lambda connector: connector.commit(
        delivery.account, delivery.message, delivery.draft_ref
    )
