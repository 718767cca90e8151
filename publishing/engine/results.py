"""The last part of a run: write back what the platform answered, in batches.

And move deliveries on that cannot go further: back to scheduled, to verifying, or to failed.
"""

import logging
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import DataError, IntegrityError, transaction

from channels.connection.health import mark_lost
from channels.models import Channel
from channels.reasons import describe_reason
from core.bulk import update_from_values
from platforms.errors import AccessLost, ConnectorError, OutcomeUnknown, Rejected, TryLater
from platforms.messages import Draft, Image, Message, Receipt
from publishing.deliveries.leaks import leak_sentence
from publishing.deliveries.limits import violation_sentence
from publishing.deliveries.notices import notify_of_inbox_videos, notify_schedulers
from publishing.deliveries.transitions import end_attempts, move_many
from publishing.engine.batch import ClaimedDelivery, restored_on_failure
from publishing.engine.rate_limits import AnswerMonitor
from publishing.engine.run_context import RunContext, with_db_retry
from publishing.engine.strategy import LACKS_DRAFT, Drafts
from publishing.models import Attempt, Delivery
from publishing.states import Outcome, Reason, State

log = logging.getLogger(__name__)
# Seconds that a receipt waits while more is due than can be begun at once: calls come before
# book-keeping. Longer buys punctuality with memory, and with more unknown outcomes if the run dies
# then; far shorter than a lease.
_LONGEST_HOLD = 10.0

Receipts = Sequence[tuple[ClaimedDelivery, Receipt]]


class ContentChanged(Rejected):
    """The stored content is no longer what was approved."""


class Results:
    """Write answers back, and move deliveries on that did not end in a receipt."""

    def __init__(self, run: RunContext):
        self.run = run
        self.monitor = AnswerMonitor(run.platform)
        self.unwritten: list[tuple[int, Any]] = []  # receipts that wait to be written
        self.hold_until = 0.0  # on the monotonic clock

    def record_answers(self, answers: Sequence[tuple[int, Any]], *, is_behind: bool) -> None:
        """Write answers back, receipts a moment later while the run ``is_behind`` with its calls.

        A run that dies in that moment leaves unknown outcomes, which a check on the platform
        resolves: where the platform cannot be asked, no receipt waits.
        """
        if not self.unwritten:
            self.hold_until = time.monotonic() + _LONGEST_HOLD
        self.unwritten += answers
        only_receipts = all(
            pk in self.run.batch.in_flight and isinstance(answer, Receipt) for pk, answer in answers
        )
        may_wait = is_behind and self.run.facts.finds and only_receipts
        if may_wait and time.monotonic() < self.hold_until:
            return
        due, self.unwritten = self.unwritten, []
        self.write_back(due)

    def write_back(self, answers: Sequence[tuple[int, Any]]) -> None:
        """Take the answered deliveries out of the batch, and store what became of each."""
        if not answers:
            return
        batch = self.run.batch
        with_db_retry(
            lambda: self.monitor.record(
                [(batch.called(pk), answer) for pk, answer in answers], self.run.now()
            )
        )
        unfinished, whole, receipts = [], [], []
        failed: dict[tuple[Any, ...], tuple[ConnectorError, list[ClaimedDelivery]]] = {}
        for pk, answer in answers:
            delivery, was_staging = batch.take_answered(pk)
            if isinstance(answer, ConnectorError):
                # Nothing that happens while staging is visible, so an unknown outcome there is only
                # a delay.
                if was_staging and isinstance(answer, OutcomeUnknown):
                    answer = TryLater(answer.detail, code=answer.code)
                group = (type(answer), answer.code, answer.detail, answer.wait)
                failed.setdefault(group, (answer, []))[1].append(delivery)
            elif not was_staging:
                receipts.append((delivery, answer))
            elif answer.ready:
                whole.append((delivery, answer))
            else:
                unfinished.append((delivery, answer))
        with_db_retry(lambda: self.write_steps(unfinished), _deliveries(unfinished))
        with_db_retry(lambda: self.write_whole_drafts(whole), _deliveries(whole))
        with_db_retry(lambda: self.write_receipts(receipts), _deliveries(receipts))
        for error, deliveries in failed.values():
            write = partial(self.conclude_without_receipt, deliveries, error)
            with_db_retry(write, deliveries)

    # --- drafts -----------------------------------------------------------------------------------

    def write_steps(self, drafts: Drafts) -> None:
        """Store how far drafts have come, before anything is done on top of it."""
        if not drafts:
            return
        run, now = self.run, self.run.now()
        own = update_from_values(
            Delivery,
            [
                {"id": row.pk, "attempt": row.attempt, "draft_ref": draft.ref}
                for row, draft in drafts
            ],
            match=("id", "attempt"),
            where={"state": State.CLAIMED},
            fields={"draft_partial": True, "lease_until": run.lease_from(now)},
        )
        self._abandon_drafts([pair for pair in drafts if pair[0].pk not in own])
        for delivery, draft in drafts:
            if delivery.pk in own:
                delivery.draft_ref, delivery.draft_partial = draft.ref, True
                run.batch.wait_for_step(delivery, time.monotonic() + draft.wait.total_seconds())

    def write_whole_drafts(self, drafts: Drafts) -> None:
        """Store drafts that are whole; in a run that publishes, their deliveries are ready now."""
        if not drafts:
            return
        stored = self.run.strategy.store_whole_drafts(drafts, self.run.now())
        self._abandon_drafts([pair for pair in drafts if pair[0].pk not in stored])
        if not self.run.strategy.publishes:
            return
        for delivery, draft in drafts:
            if delivery.pk in stored:
                delivery.state, delivery.draft_ref, delivery.draft_partial = (
                    State.STAGED,
                    draft.ref,
                    False,
                )
                delivery.has_new_draft = True
                self._release_payload(delivery)
                self.run.batch.make_ready(delivery)

    def _release_payload(self, delivery: ClaimedDelivery) -> None:
        """Drop from memory what the platform has now, pictures above all: a campaign's worth of
        them.
        """
        delivery.videos = ()
        if self.run.facts.shows_by_reference:
            delivery.message = Message(key=str(delivery.public_id), title="", text="")
        else:
            message = delivery.message
            media = [
                replace(medium, content=b"") if isinstance(medium, Image) else medium
                for medium in message.media
            ]
            delivery.message = replace(message, media=media)

    def _abandon_drafts(self, drafts: Drafts) -> None:
        for delivery, draft in drafts:
            self.abandon_draft(delivery, draft)

    def abandon_draft(self, delivery: ClaimedDelivery, draft: Draft) -> None:
        """End the try of what was stopped in preparation, and leave its draft to the recalls'
        queue.

        The draft's id on the platform may have changed since the row was last written.
        """
        now = self.run.now()
        end_attempts([delivery], Outcome.STOPPED, now=now)
        rows = Delivery.objects.filter(
            LACKS_DRAFT, pk=delivery.pk, draft_ref=delivery.draft_ref, remote_id=""
        )
        rows.exclude(state=State.COMMITTING).update(
            draft_ref=draft.ref, draft_partial=not draft.ready, verify_at=now
        )

    # --- receipts ---------------------------------------------------------------------------------

    def write_receipts(self, receipts: Receipts) -> None:
        """Move deliveries to published, or to processing where the platform still works on them."""
        if not receipts:
            return
        now = self.run.now()
        try:
            with restored_on_failure(_deliveries(receipts)), transaction.atomic():
                self._store_visible([pair for pair in receipts if not pair[1].processing], now)
                self._store_processing([pair for pair in receipts if pair[1].processing], now)
        except (IntegrityError, DataError):
            if len(receipts) > 1:
                for pair in receipts:
                    self.write_receipts([pair])
                return
            delivery, _receipt = receipts[0]
            log.error(
                "delivery %s: the platform returned an id that another delivery has",
                delivery.public_id,
            )
            error = OutcomeUnknown("the platform returned an id that is taken")
            self.conclude_without_receipt([delivery], error)

    def _store_visible(self, receipts: Receipts, now: datetime) -> None:
        # The run's clock may lag by as long as the database took to tell the time; no call is made
        # early.
        published_at = max([now, *(delivery.fire_at for delivery, _receipt in receipts)])
        self._store_receipts(
            receipts, State.PUBLISHED, Outcome.PUBLISHED, now=now, published_at=published_at
        )

    def _store_processing(self, receipts: Receipts, now: datetime) -> None:
        check_at = now + timedelta(seconds=self.run.options["processing_seconds"])
        for pairs, reason in self._split_by_who_finishes(receipts):
            moved = self._store_receipts(
                pairs,
                State.PROCESSING,
                Outcome.PROCESSING,
                now=now,
                verify_at=check_at,
                verify_count=0,
                error_code=reason,
            )
            if reason == Reason.IN_APP:
                notify_of_inbox_videos(moved)

    def _split_by_who_finishes(self, processing: Receipts) -> Iterator[tuple[Receipts, Reason]]:
        """Separate what a person has to finish in an app from what platforms still work on."""
        in_app: list[tuple[ClaimedDelivery, Receipt]] = []
        by_platform: list[tuple[ClaimedDelivery, Receipt]] = []
        for delivery, receipt in processing:
            form = self.run.facts.format(delivery.message.format)
            finishing = in_app if form.finished_in_app else by_platform
            finishing.append((delivery, receipt))
        yield in_app, Reason.IN_APP
        yield by_platform, Reason.NONE

    def _store_receipts(
        self, receipts: Receipts, to: State, outcome: Outcome, *, now: datetime, **fields: Any
    ) -> Collection[int]:
        """Store receipts by moving their rows to ``to``; return which of them moved."""
        if not receipts:
            return ()
        deliveries = _deliveries(receipts)
        ids = {
            row.pk: {"remote_id": receipt.external_id, "permalink": receipt.permalink}
            for row, receipt in receipts
        }
        written: dict[str, Any] = {
            "lease_until": None,
            "verify_at": None,
            "error_code": Reason.NONE,
            "platform_code": "",
            "error_detail": "",
            **fields,
        }
        moved = move_many(deliveries, to, now=now, values_by_pk=ids, **written)
        if others := [delivery for delivery in deliveries if delivery.pk not in moved]:
            # Taken for dead while the call was under way: what the platform said then is worth more
            # than a look.
            for delivery in others:
                delivery.state = State.VERIFYING
            moved |= move_many(others, to, now=now, values_by_pk=ids, **written)
        end_attempts(
            [delivery for delivery in deliveries if delivery.pk in moved], outcome, now=now
        )
        return moved

    # --- without a receipt ------------------------------------------------------------------------

    def conclude_without_receipt(
        self, deliveries: Sequence[ClaimedDelivery], error: ConnectorError
    ) -> None:
        """Move deliveries on after calls that did not end in a receipt, all for the same reason."""
        match error:
            case OutcomeUnknown():
                self.mark_unknown(deliveries, error)
            case ContentChanged():
                self.fail(deliveries, Reason.CONTENT_CHANGED, error)
            case Rejected():
                self._conclude_rejected(deliveries, error)
            case _:
                self._conclude_postponed(deliveries, error)

    def _conclude_rejected(self, deliveries: Sequence[ClaimedDelivery], error: Rejected) -> None:
        """End what the platform refused, but for deliveries whose draft may have expired."""
        expired = self._with_expired_draft([row for row in deliveries if not row.has_new_draft])
        soon = TryLater(error.detail, code=error.code, wait=timedelta(seconds=1))
        self.reschedule(expired, soon)
        self.fail([row for row in deliveries if row not in expired], Reason.REFUSED, error)

    def _conclude_postponed(
        self, deliveries: Sequence[ClaimedDelivery], error: ConnectorError
    ) -> None:
        """Reschedule what the platform will take later, and end what is out of tries."""
        most = self.run.options["max_attempts"]
        out_of_tries = [
            row for row in deliveries if row.tries >= most and isinstance(error, TryLater)
        ]
        self.fail(out_of_tries, Reason.TOO_MANY_TRIES, error, Outcome.LATER)
        waiting = [row for row in deliveries if row not in out_of_tries]
        # An upload that is over, or was never whole: there is nothing to wait for.
        expired = self._with_expired_draft([row for row in waiting if row.prepare_at])
        soon = TryLater(error.detail, code=error.code, wait=error.wait or timedelta(seconds=1))
        self.reschedule(expired, error if isinstance(error, AccessLost) else soon)
        self.reschedule([row for row in waiting if row not in expired], error)

    def _with_expired_draft(self, deliveries: Sequence[ClaimedDelivery]) -> list[ClaimedDelivery]:
        """Return those whose draft may be the reason of the refusal: it was made a while ago, and
        some expire.

        They are staged again, which goes on with a draft that still exists. Never one whose visible
        call had an unknown outcome before: that may have become visible, and another must not be
        made beside it.
        """
        with_draft = [row for row in deliveries if row.state == State.COMMITTING and row.draft_ref]
        if not with_draft:
            return []
        attempts = Attempt.objects.filter(
            delivery__in=[row.pk for row in with_draft], outcome=Outcome.UNKNOWN
        )
        unknown = set(attempts.values_list("delivery_id", flat=True))
        expired = [row for row in with_draft if row.pk not in unknown]
        for delivery in expired:
            delivery.draft_partial = True
        return expired

    def mark_unknown(self, deliveries: Sequence[ClaimedDelivery], error: ConnectorError) -> None:
        """Move deliveries to verifying: perhaps they are visible."""
        now = self.run.now()
        with transaction.atomic():
            moved = move_many(
                deliveries,
                State.VERIFYING,
                now=now,
                lease_until=None,
                verify_at=now + timedelta(seconds=self.run.options["verify_grace_seconds"]),
                verify_count=0,
                error_code=Reason.UNKNOWN,
                platform_code=error.code,
                error_detail=error.detail,
            )
            ended = [delivery for delivery in deliveries if delivery.pk in moved]
            end_attempts(ended, Outcome.UNKNOWN, now=now, detail=error.detail)

    def reschedule(self, deliveries: Sequence[ClaimedDelivery], error: ConnectorError) -> None:
        """Move deliveries back to scheduled: certainly nothing is visible."""
        if not deliveries:
            return
        now = self.run.now()
        is_lost = isinstance(error, AccessLost)
        fields: dict[str, Any] = {
            "lease_until": None,
            "committing_at": None,
            "error_code": Reason.ACCESS if is_lost else Reason.LATER,
            "platform_code": error.code,
            "error_detail": error.detail,
        }
        with transaction.atomic():
            ended = []
            for values in self.run.strategy.next_tries(deliveries, error, now):
                group = [delivery for delivery in deliveries if delivery.pk in values]
                moved = move_many(group, State.SCHEDULED, now=now, values_by_pk=values, **fields)
                ended += [delivery for delivery in group if delivery.pk in moved]
            end_attempts(
                ended, Outcome.ACCESS if is_lost else Outcome.LATER, now=now, detail=error.detail
            )
        if is_lost:
            channels = Channel.objects.filter(
                pk__in={delivery.channel_id for delivery in ended}
            ).select_related("unit")
            for channel in channels:
                mark_lost(channel, code=error.code)

    def fail(
        self,
        deliveries: Sequence[ClaimedDelivery],
        reason: Reason,
        error: ConnectorError,
        outcome: Outcome = Outcome.REFUSED,
    ) -> None:
        """End deliveries for good, and notify those who can schedule them again."""
        if not deliveries:
            return
        now = self.run.now()
        fields: dict[str, Any] = {
            "error_code": reason,
            "platform_code": error.code,
            "error_detail": error.detail,
        }
        with transaction.atomic():
            moved = move_many(deliveries, State.FAILED, now=now, lease_until=None, **fields)
            ended = [delivery for delivery in deliveries if delivery.pk in moved]
            end_attempts(ended, outcome, now=now, detail=error.detail)
            rows = Delivery.objects.filter(pk__in=moved).select_related("unit", "post", "channel")
            for row in rows:
                sentence = _failure_sentence(row, reason, error)
                notify_schedulers(row, "delivery_failed", reason=sentence)


def _failure_sentence(row: Delivery, reason: Reason, error: ConnectorError) -> str:
    if reason == Reason.LEAK:
        return leak_sentence()
    if reason == Reason.DOES_NOT_FIT:
        return violation_sentence(error.detail, page=str(row.channel))
    return describe_reason(row.platform, error.code, error.detail)


def _deliveries(pairs: Sequence[tuple[ClaimedDelivery, Any]]) -> list[ClaimedDelivery]:
    return [delivery for delivery, _answer in pairs]
