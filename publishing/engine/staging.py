"""The second part of a run: make the invisible drafts, at once or in steps, while there is time."""

import asyncio
import time
from collections.abc import Sequence

from media import videos
from platforms.client import Call, Request
from platforms.connector import Connector
from platforms.errors import TryLater
from platforms.messages import Draft
from publishing.engine import rate_limits
from publishing.engine.batch import ClaimedDelivery
from publishing.engine.results import ContentChanged, Results
from publishing.engine.run_context import RunContext, stopping, with_db_retry


class Staging:
    """Begin drafts and take their next steps. Videos move a few at a time, in steps; all else by
    one call.
    """

    def __init__(self, run: RunContext, results: Results):
        self.run = run
        self.results = results

    def begin(self, loaded: Sequence[ClaimedDelivery]) -> None:
        """Sort loaded deliveries into the batch, and make the drafts that need one call."""
        batch = self.run.batch
        requests = []
        for delivery in loaded:
            if not self.run.facts.stages or delivery.is_staged:
                batch.make_ready(delivery)
            elif delivery.prepare_at:
                batch.wait_for_step(delivery, 0.0)
            else:
                batch.stage(delivery)
                requests.append(_request(delivery))
        self.run.submit(requests)

    def take_next_steps(self) -> None:
        """Take the next step of the drafts that are made in several, a few videos at a time.

        What is too late by now, or cannot be finished by a process that is about to stop, is handed
        back as far as it has come.
        """
        run, batch = self.run, self.run.batch
        if not batch.waiting:
            return
        clock, now = time.monotonic(), run.now()
        if overdue := self._find_overdue():
            self.reschedule_between_steps(overdue)
            return
        due = batch.due_steps(clock)
        if not due:
            return
        closed = rate_limits.closed_for_long(run.platform, now)
        if closed.to_all:
            for delivery in due:
                delivery.next_step_at = clock + rate_limits.SOON
            return
        if closed.to_new_drafts:
            new = [delivery for delivery in due if not delivery.draft_ref]
            self.reschedule_between_steps(new)
            due = [delivery for delivery in due if delivery.draft_ref]
        self._take_steps(due)

    def _find_overdue(self) -> list[ClaimedDelivery]:
        """Return all that waits if the process is about to stop, else what is too late by now."""
        waiting = list(self.run.batch.waiting.values())
        if stopping.is_set():
            return waiting
        now = self.run.now()
        return [delivery for delivery in waiting if delivery.not_after <= now]

    def _take_steps(self, due: Sequence[ClaimedDelivery]) -> None:
        batch = self.run.batch
        free = self.run.options["uploads"] - batch.uploading
        requests = []
        for delivery in due:
            if delivery.prepare_at:
                if free <= 0:
                    continue
                free -= 1
            batch.stage(delivery)
            requests.append(_request(delivery))
        self.run.submit(requests)

    def reschedule_between_steps(self, deliveries: Sequence[ClaimedDelivery]) -> None:
        """Move deliveries back to scheduled between two steps of their draft."""
        wait = self.run.strategy.pause_between_steps
        error = TryLater("handed back between two steps", code="stopped", wait=wait)
        with_db_retry(lambda: self.results.reschedule(deliveries, error), deliveries)
        for delivery in deliveries:
            self.run.batch.drop_waiting(delivery.pk)


def _request(delivery: ClaimedDelivery) -> Request:
    return Request(delivery.pk, _stage_call(delivery), writes=False)


def _stage_call(delivery: ClaimedDelivery) -> Call:
    async def call(connector: Connector) -> Draft:
        for video in delivery.videos:
            # Reads it all, off the loop's thread; asked again, only whether it changed since.
            if not await asyncio.to_thread(videos.is_intact, video):
                raise ContentChanged("the video's bytes differ from their hash")
        return await connector.stage(delivery.account, delivery.message, delivery.draft_ref)

    return call
