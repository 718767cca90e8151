"""Publishes what falls due, at the second, never twice. The database is the queue; Celery only rings the bell.

A run works in one thread: it asks and writes the database, while the wire's thread talks to the platforms. So no
transaction is ever open across the network, and one run carries thousands of calls. The steps of a delivery:

    claim ahead (lease, attempt on record) → stage early (invisible object)
    → just before the second: begin (one conditional UPDATE; a recall, pause or cancellation committed before it wins)
    → at the second: commit, the one visible call → write back in batches

Whatever ends in doubt goes to `verifying`; `settle` looks on the platform before anything is sent again.
"""

import contextlib
import logging
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
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
    Image,
    Message,
    OutcomeUnknown,
    Receipt,
    Rejected,
    TryLater,
)
from channels.models import Channel
from channels.queries import account_with, facts_of
from channels.reasons import in_words
from channels.services import mark_lost
from channels.vault import Unsealable
from core.bulk import insert_values, update_from_values
from core.clock import Clock, database_now, steady
from posts import content
from posts.models import Media
from publishing import gates
from publishing.models import Attempt, Delivery
from publishing.outgoing import message_from, pictures_of
from publishing.rows import end_attempts, locked, only_one, tell
from publishing.services import move_many
from publishing.states import State
from publishing.wire import Answers, Call, Errand, unexpected, wire

log = logging.getLogger(__name__)

# Bytes of pictures that a run holds at once; beyond it, it sends before it claims more.
_PICTURE_BYTES = 256 * 1024 * 1024
# Seconds that an answer waits for others: one UPDATE for all of them.
_GATHER = 0.1
# Seconds that a call may stand in line once it is due: later it is not made, for a recall or pause would not stop it.
_PATIENCE = 5.0
_draining = threading.Event()


def drain() -> None:
    """The process is about to stop: runs finish what they hold and claim no more."""
    _draining.set()


def publish_due(*, platform: str, clock: Clock = database_now) -> int:
    """Publishes what is due on one platform now and within the next seconds; how many it claimed."""
    with only_one(f"publish {platform}") as mine:
        return Run(platform, clock).work() if mine and _is_anything_due(platform, clock) else 0


def _is_anything_due(platform: str, clock: Clock) -> bool:
    """Asked each second, mostly in vain: one small index, before the long question."""
    ahead = clock() + timedelta(seconds=settings.PUBLISHING["claim_ahead_seconds"])
    return Delivery.objects.filter(platform=platform, state=State.SCHEDULED, fire_at__lte=ahead).exists()


# What a run asks of a delivery, in the order of Shipment's fields and then what it needs to fill the rest.
_COLUMNS = (
    *("pk", "public_id", "unit__path", "channel_id", "attempt", "state", "fire_at", "not_after", "draft_ref"),
    *("unit_id", "content_sha256", "revision__public_id", "revision__content"),
    *("channel__public_id", "channel__external_id", "channel__handle", "channel__sealed"),
)


@dataclass(slots=True)
class Shipment:
    """A claimed delivery with all that its calls need, and no more: a run holds thousands of them."""

    pk: int
    public_id: uuid.UUID
    unit_path: str
    channel_id: int
    attempt: int
    state: str
    fire_at: datetime
    not_after: datetime
    draft_ref: str
    error_code: str = ""
    account: Account | None = None
    message: Message | None = None

    @property
    def picture_bytes(self) -> int:
        return sum(len(image.content) for image in self.message.images) if self.message else 0


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
        self.renew_at = time.monotonic() + self.options["lease_seconds"] / 3
        self.look_again_at = 0.0  # a gate is shut: not sooner; on the monotonic clock, as the one before
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
            _walk_the_index()
            found = list(
                locked()
                # A first try is prepared ahead; a retry is not, or it would call sooner than the platform asked.
                .filter(Q(attempt=0) | Q(fire_at__lte=now), fire_at__lte=ahead)
                .filter(platform=self.platform, state=State.SCHEDULED)
                .sendable(now)
                .order_by("fire_at")
                .values_list(*_COLUMNS)[:batch]
            )
            claimed = [(Shipment(*values[:9]), values[9:]) for values in found]
            shipments = [shipment for shipment, _rest in claimed]
            move_many(
                shipments,
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
            insert_values(Attempt, [{"delivery": s.pk, "number": s.attempt, **blank} for s in shipments])
        self.claimed += len(claimed)
        self._prepare(claimed)
        return len(claimed)

    def _renew(self) -> None:
        """Keeps the lease of what waits for its turn. What flies is not renewed: its call has a deadline of its own."""
        if time.monotonic() < self.renew_at or not (waiting := {**self.ready, **self.staging}):
            return
        self.renew_at = time.monotonic() + self.options["lease_seconds"] / 3
        update_from_values(
            Delivery,
            [{"id": pk, "attempt": s.attempt, "state": s.state} for pk, s in waiting.items()],
            match=("id", "attempt", "state"),
            fields={"lease_until": self.now() + timedelta(seconds=self.options["lease_seconds"])},
        )

    def _prepare(self, claimed: list[tuple[Shipment, tuple[Any, ...]]]) -> None:
        """Loads pictures and tokens in few queries, and proves that all is what was approved."""
        wanted = {(unit, m["sha256"]) for _s, (unit, _sha, _rev, approved, *_c) in claimed for m in approved["media"]}
        by_unit: dict[int, dict[str, Media]] = {}
        for (unit, sha256), media in pictures_of(wanted).items():
            by_unit.setdefault(unit, {})[sha256] = media
        staging = []
        for shipment, rest in claimed:
            unit, *rest = rest
            if not self._load(shipment, by_unit.get(unit, {}), *rest):
                continue
            if self.facts.stages and not shipment.draft_ref:
                self.staging[shipment.pk] = shipment
                staging.append(Errand(shipment.pk, _stage(shipment)))
            else:
                self.ready[shipment.pk] = shipment
        if staging:
            wire().send(self.platform, staging, self.answers, held_for=self._half_lease)

    def _load(
        self,
        shipment: Shipment,
        pictures: Mapping[str, Media],
        approved_sha256: str,
        revision_id: uuid.UUID,
        approved: dict[str, Any],
        channel_id: uuid.UUID,
        *page: Any,
    ) -> bool:
        """Fills in account and message; if it cannot, the delivery goes back or ends."""
        if content.digest(approved) != approved_sha256:
            self._refuse(shipment)
            return False
        try:
            shipment.account = account_with(self.platform, channel_id, *page)
        except Unsealable:
            self._give_back([shipment], AccessLost("the stored credentials cannot be opened"))
            return False
        try:
            shipment.message = message_from(
                approved,
                key=shipment.public_id,
                channel_id=channel_id,
                media_rows=pictures,
                with_bytes=not (self.facts.stages and shipment.draft_ref),  # lies on the platform already
                for_revision=revision_id,
                until=self.now() + timedelta(seconds=settings.MEDIA_LINK_SECONDS),
            )
        except (KeyError, OSError, ValueError):
            # A picture is gone or is not the one that was approved: nothing else may be sent in its place.
            log.exception("delivery %s: content does not match its approval", shipment.public_id)
            self._refuse(shipment)
            return False
        return True

    # --- fire -----------------------------------------------------------------------------------------------------

    def _patience(self) -> float:
        """Seconds until something has to be done even if no answer comes."""
        wait = 0.1 if self.flying or self.staging else 0.5
        if (left := self.look_again_at - time.monotonic()) > 0:
            return min(wait, left)
        soonest = min((s.fire_at for s in self.ready.values()), default=None)
        if soonest is None:
            return wait
        return max(0.0, min(wait, (soonest - self.now()).total_seconds() - self.options["begin_ahead_seconds"]))

    def _fire(self) -> None:
        """Begins what is due now or in a moment, and hands its calls to the wire, which makes them at the second.
        What was recalled, paused, moved or overtaken meanwhile is let go."""
        if time.monotonic() < self.look_again_at:
            return
        soon = self.now() + timedelta(seconds=self.options["begin_ahead_seconds"])
        # No more than the wire can carry in a moment: what is begun cannot be recalled nor paused any more.
        room = 2 * self.options["connections"] - len(self.flying)
        due = [pk for pk, s in self.ready.items() if s.fire_at <= soon][: max(0, room)]
        if not due:
            return
        turns = self._turns(due)
        for chunk in batched(turns, self.options["claim_batch"]):
            begun = self._begin(chunk)
            errands = []
            for pk in chunk:
                shipment = self.ready.pop(pk)
                if pk in begun:
                    self.flying[pk] = shipment
                    errands.append(self._errand(shipment, turns[pk]))
            wire().send(self.platform, errands, self.answers, held_for=self._half_lease)

    def _errand(self, shipment: Shipment, turn: datetime) -> Errand:
        now, clock = self.now(), time.monotonic()
        start_at = clock + max(0.0, (max(turn, shipment.fire_at) - now).total_seconds())
        too_late = clock + (shipment.not_after - now).total_seconds()
        return Errand(shipment.pk, _commit(shipment), start_at, min(start_at + _PATIENCE, too_late))

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
                busy = (max(turn, self.ready[pk].fire_at) - now).total_seconds()
                self.pages_busy[page] = started + busy + 1 / self.facts.per_page_second
        return turns

    def _begin(self, pks: Sequence[int]) -> set[int]:
        """The last question before a call becomes visible, and the statement that everyone else loses against."""
        now = self.now()
        with _undone_with_the_transaction([self.ready[pk] for pk in pks]), transaction.atomic():
            ours = locked().filter(pk__among=pks, state__in=[State.CLAIMED, State.STAGED], lease_until__gt=now)
            fit = set(ours.sendable(now).values_list("pk", "attempt"))
            begun = move_many(
                [shipment for pk in pks if (pk, (shipment := self.ready[pk]).attempt) in fit],
                State.COMMITTING,
                now=now,
                committing_at=now,
                lease_until=now + timedelta(seconds=self.options["lease_seconds"]),
            )
        self._let_go([self.ready[pk] for pk in pks if pk not in begun])
        return begun

    def _let_go(self, shipments: list[Shipment]) -> None:
        """Not ours any more, or no longer fit to send. If nobody else moved it, it goes back to wait or to expire."""
        if not shipments:
            return
        pks = [shipment.pk for shipment in shipments]
        ours = Delivery.objects.filter(pk__among=pks, state__in=[State.CLAIMED, State.STAGED])
        current = {pk: (attempt, state) for pk, attempt, state in ours.values_list("pk", "attempt", "state")}
        back = []
        for shipment in shipments:
            attempt, state = current.get(shipment.pk, (None, None))
            if attempt == shipment.attempt:
                shipment.state = state
                back.append(shipment)
        end_attempts([s for s in shipments if s not in back], "stopped", now=self.now())
        # Nothing was tried, so the bound on tries does not end it: it waits until it is fit, or too late.
        self._wait(back, TryLater("not fit to send just before the call", code="stopped"))

    # --- write back -----------------------------------------------------------------------------------------------

    def _write_back(self, answers: list[tuple[int, Any]]) -> None:
        if not answers:
            return
        held = {**self.staging, **self.flying}
        _persist(lambda: self._heard([(held[pk], answer) for pk, answer in answers]))
        staged: list[tuple[Shipment, str]] = []
        published: list[tuple[Shipment, Receipt]] = []
        failed: dict[tuple[Any, ...], tuple[ConnectorError, list[Shipment]]] = {}
        for pk, answer in answers:
            staging = self.staging.pop(pk, None)
            shipment = staging or self.flying.pop(pk)
            if isinstance(answer, Exception) and not isinstance(answer, ConnectorError):
                answer = unexpected(answer)
            if isinstance(answer, ConnectorError):
                # Nothing that happens while staging is visible, so doubt there is only a delay.
                if staging and isinstance(answer, OutcomeUnknown):
                    answer = TryLater(answer.detail, code=answer.code)
                alike = (type(answer), answer.code, answer.detail, answer.wait)
                failed.setdefault(alike, (answer, []))[1].append(shipment)
            elif staging:
                staged.append((shipment, answer.ref))
            else:
                published.append((shipment, answer))
        _persist(lambda: self._write_staged(staged), [shipment for shipment, _ref in staged])
        _persist(lambda: self._write_published(published), [shipment for shipment, _receipt in published])
        for error, shipments in failed.values():
            _persist(lambda error=error, shipments=shipments: self._give_back(shipments, error), shipments)

    def _heard(self, answers: list[tuple[Shipment, Any]]) -> None:
        """Feeds the gates with what the answers say beyond their own deliveries."""
        for shipment, answer in answers:
            match answer:
                case ConnectorError(silent=True):
                    self.unanswered.append(shipment.channel_id)
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
        refs = {shipment.pk: {"draft_ref": ref} for shipment, ref in staged}
        moved = move_many([shipment for shipment, _ref in staged], State.STAGED, now=self.now(), each=refs)
        if len(moved) < len(staged):
            # Perhaps an earlier try of this very write was committed, and only its answer was lost.
            stands = Delivery.objects.filter(pk__among=[pk for pk in refs if pk not in moved], state=State.STAGED)
            as_ours = {(shipment.pk, shipment.attempt, ref) for shipment, ref in staged}
            moved |= {row[0] for row in stands.values_list("pk", "attempt", "draft_ref") if row in as_ours}
        for shipment, ref in staged:
            if shipment.pk in moved:
                shipment.state, shipment.draft_ref = State.STAGED, ref
                self.ready[shipment.pk] = shipment
                # What the platform has now, pictures above all, would hold a campaign's worth of memory here.
                if self.facts.shows_by_reference:
                    shipment.message = Message(key=str(shipment.public_id), title="", text="")
                else:
                    bare = [replace(m, content=b"") if isinstance(m, Image) else m for m in shipment.message.media]
                    shipment.message = replace(shipment.message, media=bare)
            else:
                # Stopped while it was being prepared: the draft that came to be is left to the recalls' queue.
                end_attempts([shipment], "stopped", now=self.now())
                Delivery.objects.filter(pk=shipment.pk, draft_ref="").update(draft_ref=ref)

    def _write_published(self, published: list[tuple[Shipment, Receipt]]) -> None:
        if not published:
            return
        now = self.now()
        shipments = [shipment for shipment, _receipt in published]
        try:
            with _undone_with_the_transaction(shipments), transaction.atomic():
                moved = move_many(
                    shipments,
                    State.PUBLISHED,
                    now=now,
                    each={
                        shipment.pk: {"remote_id": receipt.external_id, "permalink": receipt.permalink}
                        for shipment, receipt in published
                    },
                    published_at=now,
                    lease_until=None,
                    error_code="",
                    platform_code="",
                    error_detail="",
                )
                end_attempts([shipment for shipment, _r in published if shipment.pk in moved], "published", now=now)
        except IntegrityError:
            if len(published) > 1:
                for pair in published:
                    self._write_published([pair])
                return
            shipment, _receipt = published[0]
            log.error("delivery %s: the platform returned an id that another delivery has", shipment.public_id)
            self._give_back([shipment], OutcomeUnknown("the platform returned an id that is taken"))

    def _give_back(self, shipments: list[Shipment], error: ConnectorError) -> None:
        """After calls that did not end in a receipt, all for the same reason: to whom the deliveries go next."""
        if isinstance(error, OutcomeUnknown):
            self._doubt(shipments, error)
        elif isinstance(error, Rejected):
            self._fail(shipments, "refused", error, "refused")
        else:
            tired = [s for s in shipments if s.attempt >= self.options["max_attempts"] and isinstance(error, TryLater)]
            self._fail(tired, "too_many_tries", error, "later")
            self._wait([s for s in shipments if s not in tired], error)

    def _doubt(self, shipments: list[Shipment], error: ConnectorError) -> None:
        now = self.now()
        with transaction.atomic():
            moved = move_many(
                shipments,
                State.VERIFYING,
                now=now,
                lease_until=None,
                verify_at=now + timedelta(seconds=self.options["verify_grace_seconds"]),
                verify_count=0,
                error_code="unknown",
                platform_code=error.code,
                error_detail=error.detail,
            )
            end_attempts([s for s in shipments if s.pk in moved], "unknown", now=now, detail=error.detail)

    def _wait(self, shipments: list[Shipment], error: ConnectorError) -> None:
        """Back to scheduled: certainly nothing is visible."""
        if not shipments:
            return
        now = self.now()
        lost = isinstance(error, AccessLost)

        def after(shipment: Shipment) -> datetime:
            wait = error.wait or timedelta(seconds=min(900, 5 * 2**shipment.attempt))
            return max(now + wait, shipment.fire_at)

        with transaction.atomic():
            moved = move_many(
                shipments,
                State.SCHEDULED,
                now=now,
                each={shipment.pk: {"fire_at": after(shipment)} for shipment in shipments},
                lease_until=None,
                committing_at=None,
                error_code="access" if lost else "later",
                platform_code=error.code,
                error_detail=error.detail,
            )
            ended = [s for s in shipments if s.pk in moved]
            end_attempts(ended, "access" if lost else "later", now=now, detail=error.detail)
        if lost:
            pages = Channel.objects.filter(pk__in={s.channel_id for s in ended}).select_related("unit")
            for channel in pages:
                mark_lost(channel, reason=error.detail, code=error.code)

    def _refuse(self, shipment: Shipment) -> None:
        self._fail([shipment], "content_changed", Rejected(), "refused")

    def _fail(self, shipments: list[Shipment], code: str, error: ConnectorError, outcome: str) -> None:
        if not shipments:
            return
        now = self.now()
        told = {"error_code": code, "platform_code": error.code, "error_detail": error.detail}
        with transaction.atomic():
            moved = move_many(shipments, State.FAILED, now=now, lease_until=None, **told)
            end_attempts([s for s in shipments if s.pk in moved], outcome, now=now, detail=error.detail)
            for row in Delivery.objects.filter(pk__in=moved).select_related("unit", "post", "channel"):
                tell(row, "delivery_failed", reason=in_words(row.platform, error.code, error.detail))


# --- the calls, and small change --------------------------------------------------------------------------------------


def _stage(shipment: Shipment) -> Call:
    return lambda connector: connector.stage(shipment.account, shipment.message)


def _commit(shipment: Shipment) -> Call:
    return lambda connector: connector.commit(shipment.account, shipment.message, shipment.draft_ref)


@contextlib.contextmanager
def _undone_with_the_transaction(shipments: Sequence[Shipment]) -> Iterator[None]:
    """What a transaction wrote into memory goes back with it."""
    before = [(s.state, s.attempt, s.fire_at, s.draft_ref, s.error_code) for s in shipments]
    try:
        yield
    except BaseException:
        for s, values in zip(shipments, before, strict=True):
            s.state, s.attempt, s.fire_at, s.draft_ref, s.error_code = values
        raise


def _walk_the_index() -> None:
    """For the claim's transaction: take the first rows in the index's order. Else, when many thousands fall due at one
    second, PostgreSQL joins and sorts all of them for each few hundred (83 ms instead of 3)."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_sort = off")


def _persist(write: Callable[[], None], shipments: Sequence[Shipment] = ()) -> None:
    """Holds on to an answer while the database is away: what a platform said must not be forgotten if we can help it.
    When the lease runs out first, the reaper's look on the platform finds it anyway."""
    give_up = time.monotonic() + settings.PUBLISHING["lease_seconds"] / 2
    while True:
        try:
            with _undone_with_the_transaction(shipments):
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
