"""Publishes what falls due, at the second, never twice. The database is the queue; Celery only rings the bell.

A run works in one thread: it asks and writes the database, while the wire's thread talks to the platforms. So no
transaction is ever open across the network, and one run carries thousands of calls. The steps of a delivery:

    claim ahead (lease, attempt on record) → stage early (invisible object; videos in steps, see also uploads.py)
    → just before the second: begin (one conditional UPDATE; a recall, pause or cancellation committed before it wins)
    → at the second: commit, the one visible call → write back in batches

Whatever ends in doubt goes to `verifying`; `settle` looks on the platform before anything is sent again.
"""

import asyncio
import contextlib
import logging
import threading
import time
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import batched
from typing import Any, NamedTuple

from django.conf import settings
from django.db import DataError, IntegrityError, InterfaceError, OperationalError, connection, transaction
from django.db.models import F, Q

from channels.connectors import limits
from channels.connectors.base import (
    AccessLost,
    Account,
    Connector,
    ConnectorError,
    Draft,
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
from core import sessions
from core.bulk import insert_values, update_from_values
from core.clock import Clock, database_now, steady
from posts import content, videos
from posts.models import Media
from publishing import gates, misfits
from publishing.models import Attempt, Delivery
from publishing.outgoing import message_from, pictures_of
from publishing.rows import end_attempts, locked, only_one, tell, tell_of_inbox
from publishing.services import move_many
from publishing.states import State
from publishing.wire import PATIENCE, Answers, Call, Errand, longest_call, unexpected, wire

log = logging.getLogger(__name__)

# Bytes of pictures that a run holds at once; beyond it, it sends before it claims more.
_PICTURE_BYTES = 256 * 1024 * 1024
# Seconds until a run whose application may not call for a while asks again.
_SHUT = 5.0
# Seconds that an answer waits for others: one UPDATE for all of them.
_GATHER = 0.1
# Seconds that a receipt waits while more is due than can be begun at once: calls come before book-keeping. Longer buys
# punctuality with memory, and with more doubts to look up if the run dies then; far shorter than a lease.
_HOLD = 10.0
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
    *("draft_partial", "prepare_at", "preparations"),
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
    draft_partial: bool
    prepare_at: datetime | None
    preparations: int
    error_code: str = ""
    account: Account | None = None
    message: Message | None = None
    films: Sequence[Media] = ()  # what the platform is still to get of videos
    fresh: bool = False  # this run has made its draft, or seen that it is whole

    @property
    def tries(self) -> int:
        return self.attempt - self.preparations

    @property
    def is_staged(self) -> bool:
        return bool(self.draft_ref) and not self.draft_partial

    @property
    def picture_bytes(self) -> int:
        return sum(len(image.content) for image in self.message.images) if self.message else 0


class Shut(NamedTuple):
    """Whether nothing may be done on the platform, and whether at least nothing new may be begun there."""

    whole: bool
    to_new: bool


class Run:
    """``staging`` holds what lacks its invisible object: those in ``resting`` wait for their next step, those in
    ``uploading`` move a video now. ``ready`` waits for its second, ``flying`` for the answer to its visible call."""

    def __init__(self, platform: str, clock: Clock):
        self.platform = platform
        self.facts = facts_of(platform)
        self.clock = clock
        self.now = steady(clock)
        self.options = settings.PUBLISHING
        self.staging: dict[int, Shipment] = {}
        self.resting: dict[int, float] = {}  # until when, on the monotonic clock
        self.uploading: set[int] = set()
        self.ready: dict[int, Shipment] = {}
        self.flying: dict[int, Shipment] = {}
        self.answers = Answers()
        self.claimed = 0
        self.session = sessions.mine()
        self.renew_at = time.monotonic() + self.options["lease_seconds"] / 3
        self.look_again_at = 0.0  # a gate is shut: not sooner; on the monotonic clock, as the one before
        self.pages_busy: dict[str, float] = {}  # until when, on the monotonic clock
        self.heard: list[tuple[int, Any]] = []  # receipts that wait to be written
        self.hold_until = 0.0
        self.is_pressed = False  # more is due than may be begun at once
        self.unanswered: list[int] = []  # the channels of the calls that a platform left unanswered in a row

    def work(self) -> int:
        next_claim = 0.0
        away_since = None
        while True:
            try:
                self._renew()
                room = self._room()
                if room and time.monotonic() >= next_claim and self._may_claim():
                    full = self._claim() == room
                    next_claim = time.monotonic() + (0 if full else 1)
                self._go_on()
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
            self._hear(self.answers.take(timeout=self._patience(), gather=_GATHER))

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
        shut = self._shut(now)
        if shut.whole:
            self.look_again_at = time.monotonic() + 1
            return 0
        batch = self._room()
        if gates.is_on_trial(self.platform):
            batch = min(batch, max(0, gates.PROBES - len(self.ready) - len(self.staging) - len(self.flying)))
        with transaction.atomic():
            _walk_the_index()
            wanted = self._wanted(now).exclude(draft_ref="") if shut.to_new else self._wanted(now)
            found = list(wanted.sendable(now).order_by("fire_at").values_list(*_COLUMNS)[:batch])
            claimed = [(Shipment(*values[:12]), values[12:]) for values in found]
            shipments = [shipment for shipment, _rest in claimed]
            move_many(
                shipments,
                State.CLAIMED,
                now=now,
                each=self._counted(shipments),
                new_attempt=True,
                lease_until=now + timedelta(seconds=self.options["lease_seconds"]),
                session=self.session,
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

    def _shut(self, now: datetime) -> Shut:
        """For more than a moment: a gate that is about to open only sets the pace of the visible calls."""
        app = gates.key(settings.PLATFORMS[self.platform].get("app_id") or "")
        shut = gates.shut(self.platform, now)
        far = {key for key, opens_at in shut.items() if opens_at > now + timedelta(seconds=_SHUT)}
        return Shut(gates.WHOLE in shut or app in far, gates.to_new(app) in far)

    def _room(self) -> int:
        """How many deliveries to claim at most."""
        return self.options["claim_batch"]

    def _wanted(self, now: datetime) -> Any:
        """What is to be claimed, as far as the run is concerned."""
        ahead = now + timedelta(seconds=self.options["claim_ahead_seconds"])
        # A first try is prepared ahead; a retry is not, or it would call sooner than the platform asked.
        found = locked().filter(Q(attempt=F("preparations")) | Q(fire_at__lte=now), fire_at__lte=ahead)
        found = found.filter(platform=self.platform, state=State.SCHEDULED)
        uploads = sum(s.prepare_at is not None for s in self.staging.values())
        lacking = {"prepare_at__isnull": False} if uploads >= self.options["uploads"] else {"prepare_at__gt": now}
        return found.exclude(Q(draft_ref="") | Q(draft_partial=True), **lacking)

    def _counted(self, shipments: Sequence[Shipment]) -> Mapping[int, Mapping[str, Any]] | None:
        """What the claim writes into each row besides the attempt."""
        return None

    def _renew(self) -> None:
        """Keeps the lease of what waits for its turn, and says so from a new connection. The lease of what flies is not
        renewed: its call has a deadline of its own."""
        before, self.session = self.session, sessions.mine()
        if self.session != before:
            ours = Delivery.objects.filter(pk__among=list(self.flying), state=State.COMMITTING, session=before)
            ours.update(session=self.session)
        is_due = self.session != before or time.monotonic() >= self.renew_at
        if not is_due or not (waiting := {**self.ready, **self.staging}):
            return
        self.renew_at = time.monotonic() + self.options["lease_seconds"] / 3
        update_from_values(
            Delivery,
            [{"id": pk, "attempt": s.attempt, "state": s.state} for pk, s in waiting.items()],
            match=("id", "attempt", "state"),
            fields={
                "lease_until": self.now() + timedelta(seconds=self.options["lease_seconds"]),
                "session": self.session,
            },
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
            if not self.facts.stages or shipment.is_staged:
                self.ready[shipment.pk] = shipment
                continue
            self.staging[shipment.pk] = shipment
            if shipment.prepare_at:
                self.resting[shipment.pk] = 0.0
            else:
                staging.append(Errand(shipment.pk, _stage(shipment)))
        if staging:
            wire().send(self.platform, staging, self.answers, held_for=self._half_lease)

    def _go_on(self) -> None:
        """Takes the next step of the drafts that are made in several, a few videos at a time. What is too late by now,
        or cannot be finished by a process that is about to stop, is given back as far as it has come."""
        if not self.resting:
            return
        clock = time.monotonic()
        pks = sorted((pk for pk, at in self.resting.items() if at <= clock), key=lambda pk: self.staging[pk].fire_at)
        late = [pk for pk in self.resting if self.staging[pk].not_after <= self.now()]
        if leaving := list(self.resting) if _draining.is_set() else late:
            self._leave(leaving)
            return
        if not pks:
            return
        shut = self._shut(self.now())
        if shut.whole:
            self.resting |= dict.fromkeys(pks, clock + _SHUT)
            return
        if shut.to_new and (new := [pk for pk in pks if not self.staging[pk].draft_ref]):
            self._leave(new)
            pks = [pk for pk in pks if pk not in new]
        steps = []
        for pk in pks:
            shipment = self.staging[pk]
            if shipment.prepare_at:
                if len(self.uploading) >= self.options["uploads"]:
                    continue
                self.uploading.add(pk)
            del self.resting[pk]
            steps.append(Errand(pk, _stage(shipment)))
        if steps:
            wire().send(self.platform, steps, self.answers, held_for=self._half_lease)

    def _leave(self, pks: list[int]) -> None:
        shipments = [self.staging[pk] for pk in pks]
        _persist(lambda: self._put_down(shipments), shipments)
        for pk in pks:
            del self.staging[pk], self.resting[pk]

    def _put_down(self, shipments: list[Shipment]) -> None:
        """Back to scheduled between two steps of a draft."""
        self._wait(shipments, TryLater("put down between two steps", code="stopped"))

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
        # What lies on the platform already need not come along, but where the last piece of a video is what shows it.
        lies_there = self.facts.stages and shipment.is_staged
        try:
            shipment.message = message_from(
                approved,
                key=shipment.public_id,
                channel_id=channel_id,
                media_rows=pictures,
                with_bytes=not lies_there or not (self.facts.shows_by_reference or shipment.prepare_at is None),
                for_revision=revision_id,
                until=self.now() + timedelta(seconds=settings.MEDIA_LINK_SECONDS),
            )
            form = self.facts.format(shipment.message.format)
        except (KeyError, OSError, ValueError):
            # A picture is gone or is not the one that was approved: nothing else may be sent in its place.
            log.exception("delivery %s: content does not match its approval", shipment.public_id)
            self._refuse(shipment)
            return False
        if found := limits.problems(form, shipment.message):
            # The platform would refuse it, or cut it: limits that changed since the approval.
            self._fail([shipment], "does_not_fit", Rejected(misfits.kept(found[0]), code=found[0].rule), "refused")
            return False
        if shipment.prepare_at and not lies_there:
            shipment.films = [pictures[video.sha256] for video in shipment.message.videos]
        return True

    # --- fire -----------------------------------------------------------------------------------------------------

    def _patience(self) -> float:
        """Seconds until something has to be done even if no answer comes."""
        wait = 0.1 if self.flying or len(self.staging) > len(self.resting) else 0.5
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
        room = max(0, 2 * self.options["connections"] - len(self.flying) + len(self.heard))
        due = [pk for pk, s in self.ready.items() if s.fire_at <= soon]
        self.is_pressed, due = len(due) > room, due[:room]
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
        until = clock + longest_call().total_seconds()
        return Errand(shipment.pk, _commit(shipment), start_at, min(start_at + PATIENCE, too_late), until)

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
        now = self.clock()  # the monotonic one stands still while a machine sleeps
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

    def _hear(self, answers: list[tuple[int, Any]]) -> None:
        """Writes answers back; receipts a moment later while others are due and wait for the processor. A run that dies
        in that moment leaves doubts behind, which the platform clears up: where it cannot, nothing waits."""
        if not self.heard:
            self.hold_until = time.monotonic() + _HOLD
        self.heard += answers
        receipts_alone = all(pk in self.flying and isinstance(answer, Receipt) for pk, answer in answers)
        may_wait = self.is_pressed and self.facts.finds and receipts_alone
        if may_wait and time.monotonic() < self.hold_until:
            return
        heard, self.heard = self.heard, []
        self._write_back(heard)

    def _write_back(self, answers: list[tuple[int, Any]]) -> None:
        if not answers:
            return
        held = {**self.staging, **self.flying}
        _persist(lambda: self._heard([(held[pk], answer) for pk, answer in answers]))
        staged: list[tuple[Shipment, Draft]] = []
        stepped: list[tuple[Shipment, Draft]] = []
        published: list[tuple[Shipment, Receipt]] = []
        failed: dict[tuple[Any, ...], tuple[ConnectorError, list[Shipment]]] = {}
        for pk, answer in answers:
            staging = self.staging.pop(pk, None)
            self.uploading.discard(pk)
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
                (staged if answer.ready else stepped).append((shipment, answer))
            else:
                published.append((shipment, answer))
        _persist(lambda: self._write_steps(stepped), [shipment for shipment, _draft in stepped])
        _persist(lambda: self._write_staged(staged), [shipment for shipment, _draft in staged])
        _persist(lambda: self._write_published(published), [shipment for shipment, _receipt in published])
        for error, shipments in failed.values():
            _persist(lambda error=error, shipments=shipments: self._give_back(shipments, error), shipments)

    def _heard(self, answers: list[tuple[Shipment, Any]]) -> None:
        """Feeds the gates with what the answers say beyond their own deliveries."""
        answered = False
        for shipment, answer in answers:
            if isinstance(answer, ConnectorError) and answer.silent:
                self.unanswered.append(shipment.channel_id)
                continue
            answered = True
            self.unanswered.clear()
            match answer:
                case TryLater(whole_app=True, wait=timedelta() as wait):
                    key = gates.key_of(shipment.account)
                    gates.hold(self.platform, gates.to_new(key) if answer.only_new else key, self.now() + wait)
        if len(self.unanswered) >= gates.FAILURES and len(set(self.unanswered)) >= gates.PAGES:
            self._trip()
        elif answered:
            # One probe that got through is enough, whichever of them came last: the platform is back.
            gates.close(self.platform)
        elif self.unanswered and gates.is_on_trial(self.platform):
            self._trip()

    def _trip(self) -> None:
        gates.trip(self.platform, self.now())
        self.unanswered.clear()

    def _write_steps(self, stepped: list[tuple[Shipment, Draft]]) -> None:
        """Stores how far drafts have come, before anything is done on top of it."""
        if not stepped:
            return
        now = self.now()
        ours = update_from_values(
            Delivery,
            [{"id": s.pk, "attempt": s.attempt, "draft_ref": draft.ref} for s, draft in stepped],
            match=("id", "attempt"),
            where={"state": State.CLAIMED},
            fields={"draft_partial": True, "lease_until": now + timedelta(seconds=self.options["lease_seconds"])},
        )
        for shipment, draft in stepped:
            if shipment.pk in ours:
                shipment.draft_ref, shipment.draft_partial = draft.ref, True
                self.staging[shipment.pk] = shipment
                self.resting[shipment.pk] = time.monotonic() + draft.wait.total_seconds()
            else:
                self._leave_behind(shipment, draft)

    def _write_staged(self, staged: list[tuple[Shipment, Draft]]) -> None:
        if not staged:
            return
        refs = {shipment.pk: {"draft_ref": draft.ref} for shipment, draft in staged}
        shipments = [shipment for shipment, _draft in staged]
        moved = move_many(shipments, State.STAGED, now=self.now(), each=refs, draft_partial=False)
        if len(moved) < len(staged):
            # Perhaps an earlier try of this very write was committed, and only its answer was lost.
            stands = Delivery.objects.filter(pk__among=[pk for pk in refs if pk not in moved], state=State.STAGED)
            as_ours = {(shipment.pk, shipment.attempt, draft.ref) for shipment, draft in staged}
            moved |= {row[0] for row in stands.values_list("pk", "attempt", "draft_ref") if row in as_ours}
        for shipment, draft in staged:
            if shipment.pk in moved:
                shipment.state, shipment.draft_ref, shipment.draft_partial = State.STAGED, draft.ref, False
                shipment.fresh = True
                self._lighten(shipment)
                self.ready[shipment.pk] = shipment
            else:
                self._leave_behind(shipment, draft)

    def _lighten(self, shipment: Shipment) -> None:
        """What the platform has now, pictures above all, would hold a campaign's worth of memory here."""
        shipment.films = ()
        if self.facts.shows_by_reference:
            shipment.message = Message(key=str(shipment.public_id), title="", text="")
        else:
            bare = [replace(m, content=b"") if isinstance(m, Image) else m for m in shipment.message.media]
            shipment.message = replace(shipment.message, media=bare)

    def _leave_behind(self, shipment: Shipment, draft: Draft) -> None:
        """Stopped while it was being prepared: what came to be on the platform is left to the recalls' queue. What it
        is called may have changed since the row was last written."""
        now = self.now()
        end_attempts([shipment], "stopped", now=now)
        lacking = Q(draft_ref="") | Q(draft_partial=True)
        left = Delivery.objects.filter(lacking, pk=shipment.pk, draft_ref=shipment.draft_ref, remote_id="")
        left.exclude(state=State.COMMITTING).update(draft_ref=draft.ref, draft_partial=not draft.ready, verify_at=now)

    def _write_published(self, published: list[tuple[Shipment, Receipt]]) -> None:
        if not published:
            return
        taken = [pair for pair in published if pair[1].processing]
        stands = [pair for pair in published if not pair[1].processing]
        now = self.now()
        shipments = [shipment for shipment, _receipt in published]
        try:
            with _undone_with_the_transaction(shipments), transaction.atomic():
                self._receive(stands, State.PUBLISHED, "published", now=now, published_at=now)
                look = now + timedelta(seconds=self.options["processing_seconds"])
                for pairs, code in _by_place(taken):
                    fields = {"verify_at": look, "verify_count": 0, "error_code": code}
                    moved = self._receive(pairs, State.PROCESSING, "processing", now=now, **fields)
                    if code == "in_app":
                        tell_of_inbox(moved)
        except (IntegrityError, DataError):
            if len(published) > 1:
                for pair in published:
                    self._write_published([pair])
                return
            shipment, _receipt = published[0]
            log.error("delivery %s: the platform returned an id that another delivery has", shipment.public_id)
            self._give_back([shipment], OutcomeUnknown("the platform returned an id that is taken"))

    def _receive(
        self, pairs: list[tuple[Shipment, Receipt]], to: State, outcome: str, *, now: datetime, **fields: Any
    ) -> Collection[int]:
        """Which of them it moved."""
        if not pairs:
            return ()
        shipments = [shipment for shipment, _receipt in pairs]
        told = {s.pk: {"remote_id": receipt.external_id, "permalink": receipt.permalink} for s, receipt in pairs}
        clean = {"lease_until": None, "verify_at": None, "error_code": "", "platform_code": "", "error_detail": ""}
        moved = move_many(shipments, to, now=now, each=told, **{**clean, **fields})
        if doubted := [shipment for shipment in shipments if shipment.pk not in moved]:
            # Taken for dead while the call was under way: what the platform said then is worth more than a look.
            for shipment in doubted:
                shipment.state = State.VERIFYING
            moved |= move_many(doubted, to, now=now, each=told, **{**clean, **fields})
        end_attempts([shipment for shipment in shipments if shipment.pk in moved], outcome, now=now)
        return moved

    def _give_back(self, shipments: list[Shipment], error: ConnectorError) -> None:
        """After calls that did not end in a receipt, all for the same reason: to whom the deliveries go next."""
        if isinstance(error, OutcomeUnknown):
            self._doubt(shipments, error)
        elif isinstance(error, ContentChanged):
            self._fail(shipments, "content_changed", error, "refused")
        elif isinstance(error, Rejected):
            stale = self._stale([s for s in shipments if not s.fresh])
            self._wait(stale, TryLater(error.detail, code=error.code, wait=timedelta(seconds=1)))
            self._fail([s for s in shipments if s not in stale], "refused", error, "refused")
        else:
            tired = [s for s in shipments if s.tries >= self.options["max_attempts"] and isinstance(error, TryLater)]
            self._fail(tired, "too_many_tries", error, "later")
            waiting = [s for s in shipments if s not in tired]
            # An upload that is over, or was never whole: there is nothing to wait for.
            stale = self._stale([s for s in waiting if s.prepare_at])
            soon = TryLater(error.detail, code=error.code, wait=error.wait or timedelta(seconds=1))
            self._wait(stale, error if isinstance(error, AccessLost) else soon)
            self._wait([s for s in waiting if s not in stale], error)

    def _stale(self, shipments: list[Shipment]) -> list[Shipment]:
        """Those whose draft may be what the platform did not take: it was made a while ago, and some die with age. They
        are staged again, which goes on with a draft that lives. Never one whose visible call was in doubt before: that
        may have come to be visible, and another must not be made beside it."""
        drafts = [s for s in shipments if s.state == State.COMMITTING and s.draft_ref]
        if not drafts:
            return []
        doubts = Attempt.objects.filter(delivery__in=[s.pk for s in drafts], outcome="unknown")
        doubted = set(doubts.values_list("delivery_id", flat=True))
        stale = [s for s in drafts if s.pk not in doubted]
        for shipment in stale:
            shipment.draft_partial = True
        return stale

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
        fields = {
            "lease_until": None,
            "committing_at": None,
            "error_code": "access" if lost else "later",
            "platform_code": error.code,
            "error_detail": error.detail,
        }
        with transaction.atomic():
            ended = []
            for alike in self._until(shipments, error, now):
                mine = [s for s in shipments if s.pk in alike]
                moved = move_many(mine, State.SCHEDULED, now=now, each=alike, **fields)
                ended += [s for s in mine if s.pk in moved]
            end_attempts(ended, "access" if lost else "later", now=now, detail=error.detail)
        if lost:
            pages = Channel.objects.filter(pk__in={s.channel_id for s in ended}).select_related("unit")
            for channel in pages:
                mark_lost(channel, reason=error.detail, code=error.code)

    def _until(
        self, shipments: list[Shipment], error: ConnectorError, now: datetime
    ) -> Iterator[dict[int, dict[str, Any]]]:
        """When each is tried again, in groups whose rows are written alike."""
        plain, films = {}, {}
        for shipment in shipments:
            wait = error.wait or timedelta(seconds=min(900, 5 * 2**shipment.tries))
            at = max(now + wait, shipment.fire_at)
            if shipment.prepare_at:
                films[shipment.pk] = {"fire_at": at, "prepare_at": at, "draft_partial": shipment.draft_partial}
            else:
                plain[shipment.pk] = {"fire_at": at, "draft_partial": shipment.draft_partial}
        yield from filter(None, (plain, films))

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
                if code == "does_not_fit":
                    reason = misfits.in_words(error.detail, page=str(row.channel))
                else:
                    reason = in_words(row.platform, error.code, error.detail)
                tell(row, "delivery_failed", reason=reason)


# --- the calls, and small change --------------------------------------------------------------------------------------


class ContentChanged(Rejected):
    """What lies in the store is no longer what was approved."""


def _stage(shipment: Shipment) -> Call:
    async def call(connector: Connector) -> Draft:
        for film in shipment.films:
            # Reads it all, off the loop's thread; asked again, only whether it changed since.
            if not await asyncio.to_thread(videos.intact, film):
                raise ContentChanged("the video's bytes differ from their hash")
        return await connector.stage(shipment.account, shipment.message, shipment.draft_ref)

    return call


def _commit(shipment: Shipment) -> Call:
    return lambda connector: connector.commit(shipment.account, shipment.message, shipment.draft_ref)


def _by_place(taken: list[tuple[Shipment, Receipt]]) -> Iterator[tuple[list[tuple[Shipment, Receipt]], str]]:
    """What platforms have taken and still work on, apart from what waits in an app for a person to finish it."""
    waits = [pair for pair in taken if pair[0].message.format == "inbox"]
    yield waits, "in_app"
    yield [pair for pair in taken if pair not in waits], ""


_WRITTEN = ("state", "attempt", "fire_at", "draft_ref", "draft_partial", "prepare_at", "preparations", "error_code")


@contextlib.contextmanager
def _undone_with_the_transaction(shipments: Sequence[Shipment]) -> Iterator[None]:
    """What a transaction wrote into memory goes back with it."""
    before = [tuple(getattr(s, name) for name in _WRITTEN) for s in shipments]
    try:
        yield
    except BaseException:
        for shipment, values in zip(shipments, before, strict=True):
            for name, value in zip(_WRITTEN, values, strict=True):
                setattr(shipment, name, value)
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
