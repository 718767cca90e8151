"""Publishes what falls due, at the second, never twice. The database is the queue; Celery only rings the bell.

A run works in one thread: it asks and writes the database, while the wire's thread talks to the platforms. So no
transaction is ever open across the network, and one run carries thousands of calls. The steps of a delivery:

    claim ahead (lease, attempt on record) → stage early (invisible object)
    → just before the second: begin (one conditional UPDATE; a recall, pause or cancellation committed before it wins)
    → at the second: commit, the one visible call → write back in batches

Whatever ends in doubt goes to `verifying`; `settle` looks on the platform before anything is sent again.
"""

import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import batched
from typing import Any

from django.conf import settings
from django.db import IntegrityError, InterfaceError, OperationalError, connection, transaction
from django.db.models import Q

from channels.connectors.base import (
    AccessLost,
    Account,
    ConnectorError,
    Message,
    OutcomeUnknown,
    Receipt,
    Rejected,
    TryLater,
)
from channels.queries import account_of, facts_of
from channels.reasons import in_words
from channels.services import mark_lost
from channels.vault import Unsealable
from core.bulk import insert_values, update_from_values
from core.clock import Clock, database_now, steady
from posts import content
from publishing import gates
from publishing.models import Attempt, Delivery
from publishing.outgoing import Pictures, message_of, pictures_of
from publishing.rows import end_attempts, locked, only_one, tell
from publishing.services import move_many
from publishing.states import State
from publishing.wire import Answers, Call, unexpected, wire

log = logging.getLogger(__name__)

# Bytes of pictures that a run holds at once; beyond it, it sends before it claims more.
_PICTURE_BYTES = 256 * 1024 * 1024
# Seconds that an answer waits for others: one UPDATE for all of them.
_GATHER = 0.1
_draining = threading.Event()


def drain() -> None:
    """The process is about to stop: runs finish what they hold and claim no more."""
    _draining.set()


def publish_due(*, platform: str, clock: Clock = database_now) -> int:
    """Publishes what is due on one platform now and within the next seconds; how many it claimed."""
    with only_one(f"publish {platform}") as mine:
        return Run(platform, clock).work() if mine else 0


@dataclass(slots=True)
class Shipment:
    """A claimed delivery with all that its calls need."""

    delivery: Delivery
    account: Account
    message: Message

    @property
    def picture_bytes(self) -> int:
        return sum(len(image.content) for image in self.message.images)


class Run:
    def __init__(self, platform: str, clock: Clock):
        self.platform = platform
        self.facts = facts_of(platform)
        self.clock = clock
        self.now = steady(clock)
        self.options = settings.PUBLISHING
        self.staging: dict[int, Shipment] = {}
        self.ready: dict[int, Shipment] = {}
        self.flying: dict[int, Shipment] = {}
        self.answers = Answers()
        self.claimed = 0
        self.renew_at = 0.0  # on the monotonic clock, as the next
        self.look_again_at = 0.0  # a gate is shut: not sooner
        self.pages_busy: dict[str, float] = {}  # until when, on the monotonic clock
        self.unanswered: list[int] = []  # the channels of the calls that a platform left unanswered in a row

    def work(self) -> int:
        next_claim = 0.0
        away_since = None
        while True:
            try:
                if time.monotonic() >= next_claim and self._may_claim():
                    full = self._claim() == self.options["claim_batch"]
                    next_claim = time.monotonic() + (0 if full else 1)
                self._renew()
                self._fire()
                away_since = None
            except (OperationalError, InterfaceError):
                # What is claimed has its lease and what flies its answer to come: wait, and go on when it is back.
                away_since = away_since or time.monotonic()
                if not (self.staging or self.ready or self.flying) or time.monotonic() - away_since > self._half_lease:
                    raise
                _reconnect()
            if not (self.staging or self.ready or self.flying):
                return self.claimed
            self._write_back(self.answers.take(timeout=self._patience(), gather=_GATHER))

    @property
    def _half_lease(self) -> float:
        return self.options["lease_seconds"] / 2

    # --- claim ----------------------------------------------------------------------------------------------------

    def _may_claim(self) -> bool:
        if _draining.is_set() or time.monotonic() < self.look_again_at:
            return False
        if (pace := self.facts.per_app_second) and len(self.ready) > 20 * pace:
            return False  # the rest is better left to other workers and applications
        held = sum(s.picture_bytes for group in (self.staging, self.ready, self.flying) for s in group.values())
        return held < _PICTURE_BYTES

    def _claim(self) -> int:
        """Takes in hand what falls due soon: a lease, and the attempt written down before anything is sent."""
        self.now = steady(self.clock)
        now = self.now()
        if gates.WHOLE in gates.shut(self.platform, now):
            self.look_again_at = time.monotonic() + 1
            return 0
        batch = self.options["claim_batch"]
        if gates.is_on_trial(self.platform):
            batch = max(0, gates.PROBES - len(self.ready) - len(self.staging) - len(self.flying))
        ahead = now + timedelta(seconds=self.options["claim_ahead_seconds"])
        with transaction.atomic():
            rows = list(
                locked()
                # A first try is prepared ahead; a retry is not, or it would call sooner than the platform asked.
                .filter(Q(attempt=0) | Q(fire_at__lte=now), fire_at__lte=ahead)
                .filter(platform=self.platform, state=State.SCHEDULED)
                .sendable(now)
                .select_related("revision", "channel", "unit")
                .order_by("fire_at", "pk")[:batch]
            )
            move_many(
                rows,
                State.CLAIMED,
                now=now,
                new_attempt=True,
                lease_until=now + timedelta(seconds=self.options["lease_seconds"]),
                committing_at=None,
                error_code="",
                platform_code="",
                error_detail="",
            )
            blank = {"started_at": now, "outcome": "", "detail": ""}
            insert_values(Attempt, [{"delivery": row.pk, "number": row.attempt, **blank} for row in rows])
        self.claimed += len(rows)
        self._prepare(rows)
        return len(rows)

    def _renew(self) -> None:
        """Keeps the lease of what waits for its turn. What flies is not renewed: its call has a deadline of its own."""
        if time.monotonic() < self.renew_at or not (waiting := {**self.ready, **self.staging}):
            return
        self.renew_at = time.monotonic() + self.options["lease_seconds"] / 3
        update_from_values(
            Delivery,
            [{"id": pk, "attempt": s.delivery.attempt, "state": s.delivery.state} for pk, s in waiting.items()],
            match=("id", "attempt", "state"),
            fields={"lease_until": self.now() + timedelta(seconds=self.options["lease_seconds"])},
        )

    def _prepare(self, rows: list[Delivery]) -> None:
        """Loads texts, pictures and tokens in few queries, and proves that they are what was approved."""
        pictures = pictures_of(rows)
        staging = []
        for row in rows:
            shipment = self._shipment(row, pictures)
            if shipment is None:
                continue
            if self.facts.stages and not row.draft_ref:
                self.staging[row.pk] = shipment
                staging.append((row.pk, _stage(shipment), 0.0))
            else:
                self.ready[row.pk] = shipment
        if staging:
            wire().send(self.platform, staging, self.answers, held_for=self._half_lease)

    def _shipment(self, row: Delivery, pictures: Pictures) -> Shipment | None:
        approved = row.revision.content
        if content.digest(approved) != row.content_sha256:
            self._refuse(row, "content_changed")
            return None
        try:
            account = account_of(row.channel)
        except Unsealable:
            self._give_back(row, AccessLost("the stored credentials cannot be opened"))
            return None
        try:
            # What lies on the platform already needs no bytes, and what fetches pictures by address takes none.
            needs_bytes = not self.facts.image_by_url and not (self.facts.stages and row.draft_ref)
            message = message_of(row, pictures, with_bytes=needs_bytes, by_url=self.facts.image_by_url)
        except (KeyError, OSError, ValueError):
            # A picture is gone or is not the one that was approved: nothing else may be sent in its place.
            log.exception("delivery %s: content does not match its approval", row.public_id)
            self._refuse(row, "content_changed")
            return None
        return Shipment(row, account, message)

    # --- fire -----------------------------------------------------------------------------------------------------

    def _patience(self) -> float:
        """Seconds until something has to be done even if no answer comes."""
        wait = 0.1 if self.flying or self.staging else 0.5
        if (left := self.look_again_at - time.monotonic()) > 0:
            return min(wait, left)
        soonest = min((s.delivery.fire_at for s in self.ready.values()), default=None)
        if soonest is None:
            return wait
        return max(0.0, min(wait, (soonest - self.now()).total_seconds() - self.options["begin_ahead_seconds"]))

    def _fire(self) -> None:
        """Begins what is due now or in a moment, and hands its calls to the wire, which makes them at the second.
        What was recalled, paused, moved or overtaken meanwhile is let go."""
        if time.monotonic() < self.look_again_at:
            return
        soon = self.now() + timedelta(seconds=self.options["begin_ahead_seconds"])
        due = [pk for pk, s in self.ready.items() if s.delivery.fire_at <= soon]
        if not due:
            return
        turns = self._turns(due)
        for chunk in batched(turns, self.options["claim_batch"]):
            begun = self._begin(chunk)
            calls = []
            for pk in chunk:
                shipment = self.ready.pop(pk)
                if pk in begun:
                    self.flying[pk] = shipment
                    in_seconds = (max(turns[pk], shipment.delivery.fire_at) - self.now()).total_seconds()
                    calls.append((pk, _commit(shipment), time.monotonic() + max(0.0, in_seconds)))
            wire().send(self.platform, calls, self.answers, held_for=self._half_lease)

    def _turns(self, due: list[int]) -> dict[int, datetime]:
        """Who of ``due`` may call now, and when exactly. The others wait for a gate, and are asked again soon."""
        now = self.now()
        shut = gates.shut(self.platform, now)
        by_app: dict[str, list[int]] = {}
        for pk in due:
            by_app.setdefault(gates.key_of(self.ready[pk].account), []).append(pk)
        turns: dict[int, datetime] = {}
        for app, pks in by_app.items() if gates.WHOLE not in shut else ():
            if self.facts.per_app_second:
                turns |= self._paced(app, pks, now)
            elif app not in shut:
                turns |= dict.fromkeys(pks, now)
        if len(turns) < len(due):
            self.look_again_at = time.monotonic() + 0.25
        return turns

    def _paced(self, app: str, pks: list[int], now: datetime) -> dict[int, datetime]:
        """Turns at the pace that the platform bears of one application, and of one page."""
        started = time.monotonic()
        free = {}
        for pk in pks:
            page = self.ready[pk].account.external_id
            if self.pages_busy.get(page, 0.0) <= started:
                free.setdefault(page, pk)
        until = now + timedelta(seconds=self.options["begin_ahead_seconds"] + 0.5)
        pace = self.facts.per_app_second
        dealt = gates.take_turns(self.platform, app, len(free), per_second=pace, now=now, until=until)
        turns = {}
        for (page, pk), turn in zip(free.items(), dealt, strict=False):
            turns[pk] = turn
            if self.facts.per_page_second:
                busy = (max(turn, self.ready[pk].delivery.fire_at) - now).total_seconds()
                self.pages_busy[page] = started + busy + 1 / self.facts.per_page_second
        return turns

    def _begin(self, pks: Sequence[int]) -> set[int]:
        """The last question before a call becomes visible, and the statement that everyone else loses against."""
        now = self.now()
        with transaction.atomic():
            ours = locked().filter(pk__in=pks, state__in=[State.CLAIMED, State.STAGED], lease_until__gt=now)
            fit = set(ours.sendable(now).values_list("pk", "attempt"))
            begun = move_many(
                [row for pk in pks if (pk, (row := self.ready[pk].delivery).attempt) in fit],
                State.COMMITTING,
                now=now,
                committing_at=now,
                lease_until=now + timedelta(seconds=self.options["lease_seconds"]),
            )
        for pk in set(pks) - begun:
            self._let_go(self.ready[pk].delivery)
        return begun

    def _let_go(self, row: Delivery) -> None:
        """Not ours any more, or no longer fit to send. If nobody else moved it, it goes back to wait or to expire."""
        current = Delivery.objects.only("state", "attempt").get(pk=row.pk)
        if current.attempt == row.attempt and current.state in (State.CLAIMED, State.STAGED):
            row.state = current.state
            # Nothing was tried, so the bound on tries does not end it: it waits until it is fit, or too late.
            self._wait(row, TryLater("not fit to send just before the call", code="stopped"))

    # --- write back -----------------------------------------------------------------------------------------------

    def _write_back(self, answers: list[tuple[int, Any]]) -> None:
        if not answers:
            return
        held = {**self.staging, **self.flying}
        _persist(lambda: self._heard([(held[pk], answer) for pk, answer in answers]))
        staged: list[tuple[Shipment, str]] = []
        published: list[tuple[Delivery, Receipt]] = []
        failed: list[tuple[Delivery, ConnectorError]] = []
        for pk, answer in answers:
            staging = self.staging.pop(pk, None)
            shipment = staging or self.flying.pop(pk)
            if isinstance(answer, Exception) and not isinstance(answer, ConnectorError):
                answer = unexpected(answer)
            if isinstance(answer, ConnectorError):
                # Nothing that happens while staging is visible, so doubt there is only a delay.
                if staging and isinstance(answer, OutcomeUnknown):
                    answer = TryLater(answer.detail, code=answer.code)
                failed.append((shipment.delivery, answer))
            elif staging:
                staged.append((shipment, answer))
            else:
                published.append((shipment.delivery, answer))
        _persist(lambda: self._write_staged(staged))
        _persist(lambda: self._write_published(published))
        for row, error in failed:
            _persist(lambda row=row, error=error: self._give_back(row, error))

    def _heard(self, answers: list[tuple[Shipment, Any]]) -> None:
        """Feeds the gates with what the answers say beyond their own deliveries."""
        for shipment, answer in answers:
            match answer:
                case ConnectorError(silent=True):
                    self.unanswered.append(shipment.delivery.channel_id)
                case TryLater(whole_app=True, wait=timedelta() as wait):
                    gates.hold(self.platform, gates.key_of(shipment.account), self.now() + wait)
                case _:
                    self.unanswered.clear()
        if not self.unanswered:
            gates.close(self.platform)
        elif gates.is_on_trial(self.platform) or (
            len(self.unanswered) >= gates.FAILURES and len(set(self.unanswered)) >= gates.PAGES
        ):
            gates.trip(self.platform, self.now())
            self.unanswered.clear()

    def _write_staged(self, staged: list[tuple[Shipment, str]]) -> None:
        if not staged:
            return
        moved = move_many(
            [s.delivery for s, _ref in staged],
            State.STAGED,
            now=self.now(),
            each={s.delivery.pk: {"draft_ref": ref} for s, ref in staged},
        )
        for shipment, ref in staged:
            if shipment.delivery.pk in moved:
                # The platform has the pictures now; keeping their bytes would hold a campaign's worth in memory.
                bare = [replace(image, content=b"") for image in shipment.message.images]
                shipment.message = replace(shipment.message, images=bare)
                self.ready[shipment.delivery.pk] = shipment
            else:
                # Stopped while it was being prepared: the draft that came to be is taken away again.
                wire().send(self.platform, [(None, _withdraw(shipment.account, ref), 0.0)], Answers(), held_for=60)

    def _write_published(self, published: list[tuple[Delivery, Receipt]]) -> None:
        if not published:
            return
        now = self.now()
        try:
            with transaction.atomic():
                moved = move_many(
                    [row for row, _receipt in published],
                    State.PUBLISHED,
                    now=now,
                    each={
                        row.pk: {"remote_id": receipt.external_id, "permalink": receipt.permalink}
                        for row, receipt in published
                    },
                    published_at=now,
                    lease_until=None,
                    error_code="",
                    platform_code="",
                    error_detail="",
                )
                end_attempts([row for row, _r in published if row.pk in moved], "published", now=now)
        except IntegrityError:
            if len(published) > 1:
                for pair in published:
                    self._write_published([pair])
                return
            row, _receipt = published[0]
            log.error("delivery %s: the platform returned an id that another delivery has", row.public_id)
            row.state = State.COMMITTING
            self._give_back(row, OutcomeUnknown("the platform returned an id that is taken"))

    def _refuse(self, row: Delivery, code: str) -> None:
        self._fail(row, code, Rejected(), "refused")

    def _give_back(self, row: Delivery, error: ConnectorError) -> None:
        """After a call that did not end in a receipt: to whom the delivery goes next."""
        now = self.now()
        match error:
            case OutcomeUnknown():
                move_many(
                    [row],
                    State.VERIFYING,
                    now=now,
                    lease_until=None,
                    verify_at=now + timedelta(seconds=self.options["verify_grace_seconds"]),
                    verify_count=0,
                    error_code="unknown",
                    platform_code=error.code,
                    error_detail=error.detail,
                )
                end_attempts([row], "unknown", now=now, detail=error.detail)
            case Rejected():
                self._fail(row, "refused", error, "refused")
            case TryLater() if row.attempt >= self.options["max_attempts"]:
                self._fail(row, "too_many_tries", error, "later")
            case _:
                self._wait(row, error)

    def _wait(self, row: Delivery, error: ConnectorError) -> None:
        """Back to scheduled: certainly nothing is visible."""
        now = self.now()
        lost = isinstance(error, AccessLost)
        wait = error.wait or timedelta(seconds=min(900, 5 * 2**row.attempt))
        move_many(
            [row],
            State.SCHEDULED,
            now=now,
            lease_until=None,
            committing_at=None,
            fire_at=max(now + wait, row.due_at),
            error_code="access" if lost else "later",
            platform_code=error.code,
            error_detail=error.detail,
        )
        end_attempts([row], "access" if lost else "later", now=now, detail=error.detail)
        if lost:
            mark_lost(row.channel, reason=error.detail, code=error.code)

    def _fail(self, row: Delivery, code: str, error: ConnectorError, outcome: str) -> None:
        now = self.now()
        told = {"error_code": code, "platform_code": error.code, "error_detail": error.detail}
        with transaction.atomic():
            if move_many([row], State.FAILED, now=now, lease_until=None, **told):
                end_attempts([row], outcome, now=now, detail=error.detail)
                tell(row, "delivery_failed", reason=in_words(row.platform, error.code, error.detail))


# --- the calls, and small change --------------------------------------------------------------------------------------


def _stage(shipment: Shipment) -> Call:
    return lambda connector: connector.stage(shipment.account, shipment.message)


def _commit(shipment: Shipment) -> Call:
    draft_ref = shipment.delivery.draft_ref
    return lambda connector: connector.commit(shipment.account, shipment.message, draft_ref)


def _withdraw(account: Account, external_id: str) -> Call:
    return lambda connector: connector.withdraw(account, external_id)


def _persist(write: Any) -> None:
    """Holds on to an answer while the database is away: what a platform said must not be forgotten if we can help it.
    When the lease runs out first, the reaper's look on the platform finds it anyway."""
    give_up = time.monotonic() + settings.PUBLISHING["lease_seconds"] / 2
    while True:
        try:
            write()
        except (OperationalError, InterfaceError):
            if time.monotonic() > give_up:
                raise
            _reconnect()
        else:
            return


def _reconnect() -> None:
    log.warning("the database is away; holding on to what is in hand")
    connection.close()
    time.sleep(0.5)
