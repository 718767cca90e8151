"""Publishes what falls due, at the second, never twice. The database is the queue; Celery only rings the bell.

A run works in one thread: it asks and writes the database, while the wire's thread talks to the platforms. So no
transaction is ever open across the network, and one run carries thousands of calls. The steps of a delivery:

    claim ahead (lease, attempt on record) → stage early (invisible object)
    → at the second: begin (one conditional UPDATE; a cancellation committed before it wins)
    → commit, the one visible call → write back

Whatever ends in doubt goes to `verifying`; `settle` looks on the platform before anything is sent again.
"""

import contextlib
import hashlib
import logging
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, InterfaceError, OperationalError, connection, transaction
from django.db.models import Q
from django.urls import reverse

from accounts.notices import notify
from accounts.permissions import Permission
from accounts.queries import holders
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
from channels.queries import account_of, facts_of
from channels.reasons import in_words
from channels.services import mark_lost
from channels.vault import Unsealable
from core.bulk import update_from_values
from core.clock import Clock, database_now, steady
from posts import content
from posts.media_links import public_url
from posts.models import Media
from publishing.models import Attempt, Delivery
from publishing.services import move_many
from publishing.states import IN_HAND, State
from publishing.wire import Answers, unexpected, wire

log = logging.getLogger(__name__)

# Bytes of pictures that a run holds at once; beyond it, it sends before it claims more.
_PICTURE_BYTES = 256 * 1024 * 1024
# How often a doubt is looked into before a person is asked; the waits between grow.
_LOOKS = 8
# Without the id of a draft, absence from a page's list is believed after this many looks.
_LOOKS_FOR_ABSENCE = 3
_draining = threading.Event()
_busy: dict[str, threading.Lock] = {}
_busy_lock = threading.Lock()


def drain() -> None:
    """The process is about to stop: runs finish what they hold and claim no more."""
    _draining.set()


@contextlib.contextmanager
def only_one(name: str) -> Iterator[bool]:
    """True for the one thread of this process that works on ``name``; the others have nothing to add and go away."""
    with _busy_lock:
        lock = _busy.setdefault(name, threading.Lock())
    mine = lock.acquire(blocking=False)
    try:
        yield mine
    finally:
        if mine:
            lock.release()


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

    def work(self) -> int:
        next_claim = 0.0
        while True:
            if time.monotonic() >= next_claim and self._may_claim():
                full = self._claim() == self.options["claim_batch"]
                next_claim = time.monotonic() + (0 if full else 1)
            self._fire()
            if not (self.staging or self.ready or self.flying):
                return self.claimed
            self._write_back(self.answers.take(timeout=self._patience()))

    # --- claim ----------------------------------------------------------------------------------------------------

    def _may_claim(self) -> bool:
        held = sum(s.picture_bytes for group in (self.staging, self.ready, self.flying) for s in group.values())
        return held < _PICTURE_BYTES and not _draining.is_set()

    def _claim(self) -> int:
        """Takes in hand what falls due soon: a lease, and the attempt written down before anything is sent."""
        self.now = steady(self.clock)
        now = self.now()
        ahead = now + timedelta(seconds=self.options["claim_ahead_seconds"])
        with transaction.atomic():
            rows = list(
                _locked()
                # A first try is prepared ahead; a retry is not, or it would call sooner than the platform asked.
                .filter(Q(attempt=0) | Q(fire_at__lte=now), fire_at__lte=ahead)
                .filter(platform=self.platform, state=State.SCHEDULED)
                .sendable(now)
                .select_related("revision", "channel", "unit")
                .order_by("fire_at", "pk")[: self.options["claim_batch"]]
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
            Attempt.objects.bulk_create(Attempt(delivery=row, number=row.attempt, started_at=now) for row in rows)
        self.claimed += len(rows)
        self._prepare(rows)
        return len(rows)

    def _prepare(self, rows: list[Delivery]) -> None:
        """Loads texts, pictures and tokens in few queries, and proves that they are what was approved."""
        pictures = _pictures_of(rows)
        staging = []
        for row in rows:
            shipment = self._shipment(row, pictures)
            if shipment is None:
                continue
            if self.facts.stages and not row.draft_ref:
                self.staging[row.pk] = shipment
                staging.append((row.pk, _stage(shipment)))
            else:
                self.ready[row.pk] = shipment
        if staging:
            wire().send(self.platform, staging, self.answers, held_for=self.options["lease_seconds"] / 2)

    def _shipment(self, row: Delivery, pictures: dict[tuple[int, str], Media]) -> Shipment | None:
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
            message = self._message(row, approved, pictures)
        except (KeyError, OSError, ValueError):
            # A picture is gone or is not the one that was approved: nothing else may be sent in its place.
            log.exception("delivery %s: content does not match its approval", row.public_id)
            self._refuse(row, "content_changed")
            return None
        return Shipment(row, account, message)

    def _message(self, row: Delivery, approved: dict[str, Any], pictures: dict[tuple[int, str], Media]) -> Message:
        target = next(t for t in approved["channels"] if t["channel"] == str(row.channel.public_id))
        by_url = self.facts.image_by_url
        needs_bytes = not by_url and not (self.facts.stages and row.draft_ref)
        images = []
        for entry in approved["media"]:
            media = pictures[row.unit_id, entry["sha256"]]
            images.append(
                Image(
                    content=_bytes_of(media) if needs_bytes else b"",
                    content_type=media.content_type,
                    sha256=media.sha256,
                    alt=entry["alt"],
                    url=public_url(media, row.revision) if by_url else "",
                )
            )
        return Message(
            key=str(row.public_id),
            title=approved["title"],
            text=target["text"],
            html=target["html"],
            link=approved["link"],
            images=images,
            author=approved["unit"],
        )

    # --- fire -----------------------------------------------------------------------------------------------------

    def _patience(self) -> float:
        """Seconds until something has to be done even if no answer comes."""
        soonest = min((s.delivery.fire_at for s in self.ready.values()), default=None)
        wait = 0.1 if self.flying or self.staging else 1.0
        return wait if soonest is None else max(0.0, min(wait, (soonest - self.now()).total_seconds()))

    def _fire(self) -> None:
        """Makes the visible calls that are due. What was cancelled, moved or overtaken meanwhile is let go."""
        now = self.now()
        due = [pk for pk, s in self.ready.items() if s.delivery.fire_at <= now]
        for start in range(0, len(due), self.options["claim_batch"]):
            chunk = due[start : start + self.options["claim_batch"]]
            begun = self._begin(chunk)
            calls = []
            for pk in chunk:
                shipment = self.ready.pop(pk)
                if pk in begun:
                    self.flying[pk] = shipment
                    calls.append((pk, _commit(shipment, self.facts)))
            wire().send(self.platform, calls, self.answers, held_for=self.options["lease_seconds"] / 2)

    def _begin(self, pks: list[int]) -> set[int]:
        """The last question before a call becomes visible, and the statement that everyone else loses against."""
        now = self.now()
        with transaction.atomic():
            ours = _locked().filter(pk__in=pks, state__in=[State.CLAIMED, State.STAGED], lease_until__gt=now)
            fit = {
                row.pk
                for row in ours.sendable(now).only("pk", "attempt")
                if row.attempt == self.ready[row.pk].delivery.attempt
            }
            begun = move_many(
                [self.ready[pk].delivery for pk in pks if pk in fit],
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
        current = Delivery.objects.get(pk=row.pk)
        if current.attempt == row.attempt and current.state in (State.CLAIMED, State.STAGED):
            row.state = current.state
            # Nothing was tried, so the bound on tries does not end it: it waits until it is fit, or too late.
            self._wait(row, TryLater("not fit to send just before the call", code="stopped"))

    # --- write back -----------------------------------------------------------------------------------------------

    def _write_back(self, answers: list[tuple[int, Any]]) -> None:
        if not answers:
            return
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
                wire().send(self.platform, [(None, _withdraw(shipment.account, ref))], Answers(), held_for=60)

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
                _end_attempts([row for row, _r in published if row.pk in moved], "published", now=now)
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
                _end_attempts([row], "unknown", now=now, detail=error.detail)
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
        _end_attempts([row], "access" if lost else "later", now=now, detail=error.detail)
        if lost:
            mark_lost(row.channel, reason=error.detail, code=error.code)

    def _fail(self, row: Delivery, code: str, error: ConnectorError, outcome: str) -> None:
        now = self.now()
        told = {"error_code": code, "platform_code": error.code, "error_detail": error.detail}
        with transaction.atomic():
            if move_many([row], State.FAILED, now=now, lease_until=None, **told):
                _end_attempts([row], outcome, now=now, detail=error.detail)
                _tell(row, "delivery_failed", reason=in_words(row.platform, error.code, error.detail))


# --- settle: whatever is in doubt -------------------------------------------------------------------------------------


def settle(*, platform: str, clock: Clock = database_now) -> int:
    """Takes over from runs that died, looks into doubts, and withdraws what was recalled; how many rows it moved."""
    with only_one(f"settle {platform}") as mine:
        if not mine:
            return 0
        now = steady(clock)
        return _reap(platform, now()) + _look(platform, now) + _withdraw_due(platform, now)


def _reap(platform: str, now: datetime) -> int:
    """A lease that ran out: its run is dead or frozen. Never straight back to scheduled: first it is looked into."""
    with transaction.atomic():
        rows = list(
            _locked().filter(platform=platform, state__in=IN_HAND, lease_until__lt=now).select_related("unit")[:500]
        )
        grace = timedelta(seconds=settings.PUBLISHING["verify_grace_seconds"])
        begun = [row for row in rows if row.committing_at]
        quiet = [row for row in rows if not row.committing_at]
        fields = {"lease_until": None, "verify_count": 0, "error_code": "unknown"}
        moved = move_many(begun, State.VERIFYING, now=now, verify_at=now + grace, **fields)
        # No visible call can have been made: that statement was never reached, and now it can no longer succeed.
        moved |= move_many(quiet, State.VERIFYING, now=now, verify_at=now, **fields)
        _end_attempts([row for row in rows if row.pk in moved], "unknown", now=now, detail="the run died")
    return len(moved)


def _due_doubts(platform: str, state: State, now: datetime) -> list[Delivery]:
    """Claims rows to look into by pushing their next look ahead: two settlers never ask about the same row."""
    with transaction.atomic():
        rows = list(
            _locked()
            .filter(platform=platform, state=state, verify_at__lte=now)
            .select_related("revision", "channel", "unit")
            .order_by("verify_at")[:200]
        )
        for row in rows:
            row.verify_count += 1
            row.verify_at = now + timedelta(seconds=min(900, 60 * 2 ** (row.verify_count - 1)))
        update_from_values(
            Delivery,
            [{"id": r.pk, "verify_at": r.verify_at, "verify_count": r.verify_count} for r in rows],
            match=("id",),
        )
    return rows


def _look(platform: str, now: Clock) -> int:
    rows = _due_doubts(platform, State.VERIFYING, now())
    facts = facts_of(platform)
    asked = []
    moved = 0
    for row in rows:
        if row.committing_at is None:
            moved += _resume(row, now())
        elif not facts.finds:
            moved += _ask_person(row, now())
        else:
            asked.append(row)
    for row, answer in _ask(platform, asked, _find):
        match answer:
            case Receipt():
                moved += _found(row, answer, now())
            case None if row.draft_ref or row.verify_count >= _LOOKS_FOR_ABSENCE:
                moved += _resume(row, now())
            case AccessLost():
                mark_lost(row.channel, reason=answer.detail, code=answer.code)
                moved += _ask_person(row, now()) if row.verify_count >= _LOOKS else 0
            case _ if row.verify_count >= _LOOKS:
                moved += _ask_person(row, now())
    return moved


def _withdraw_due(platform: str, now: Clock) -> int:
    rows = _due_doubts(platform, State.RECALLING, now())
    moved = 0
    for row, answer in _ask(platform, rows, _take_down):
        if answer is None:
            moved += len(
                move_many(
                    [row], State.RECALLED, now=now(), verify_at=None, error_code="", platform_code="", error_detail=""
                )
            )
            continue
        if isinstance(answer, AccessLost):
            mark_lost(row.channel, reason=answer.detail, code=answer.code)
        if isinstance(answer, Rejected) or row.verify_count >= _LOOKS:
            detail = getattr(answer, "detail", "")
            moved += _ask_person(row, now(), code="withdraw_failed", detail=detail)
    return moved


def _ask(platform: str, rows: list[Delivery], call: Any) -> Iterable[tuple[Delivery, Any]]:
    """Asks the platform about all rows at once and yields each row with the answer or the connector's error."""
    if not rows:
        return
    pictures = _pictures_of(rows)
    answers = Answers()
    calls, by_pk = [], {}
    for row in rows:
        try:
            account = account_of(row.channel)
        except (Unsealable, KeyError) as error:
            yield row, AccessLost(type(error).__name__)
            continue
        by_pk[row.pk] = row
        calls.append((row.pk, call(row, account, pictures)))
    wire().send(platform, calls, answers, held_for=60)
    while answers.outstanding:
        for pk, answer in answers.take(timeout=1):
            if isinstance(answer, Exception) and not isinstance(answer, ConnectorError):
                answer = unexpected(answer)
            yield by_pk[pk], answer


def _found(row: Delivery, receipt: Receipt, now: datetime) -> int:
    return len(
        move_many(
            [row],
            State.PUBLISHED,
            now=now,
            remote_id=receipt.external_id,
            permalink=receipt.permalink,
            published_at=row.committing_at,
            verify_at=None,
            error_code="",
            platform_code="",
            error_detail="",
        )
    )


def _resume(row: Delivery, now: datetime) -> int:
    """Certainly not visible: it may be tried again, if it is not too late by then."""
    if row.attempt >= settings.PUBLISHING["max_attempts"]:
        return _ask_person(row, now)
    return len(
        move_many(
            [row],
            State.SCHEDULED,
            now=now,
            fire_at=max(now, row.due_at),
            verify_at=None,
            committing_at=None,
            error_code="later",
        )
    )


def _ask_person(row: Delivery, now: datetime, *, code: str = "unknown", detail: str = "") -> int:
    with transaction.atomic():
        moved = move_many(
            [row], State.NEEDS_PERSON, now=now, verify_at=None, error_code=code, error_detail=detail[:500]
        )
        if moved:
            _tell(row, "delivery_needs_person")
    return len(moved)


# --- expire: whatever is too late -------------------------------------------------------------------------------------


def expire(*, clock: Clock = database_now) -> int:
    """Ends what is past its time. Late posts never flood a page: they are put before a person instead."""
    now = clock()
    with transaction.atomic():
        rows = list(
            _locked()
            .filter(
                Q(not_after__lte=now) | Q(post__valid_until__lte=now) | Q(unit__valid_to__lte=now.date()),
                state__in=[State.SCHEDULED, State.BY_HAND],
            )
            .select_related("unit", "channel", "post")[:500]
        )
        moved = move_many(rows, State.EXPIRED, now=now, error_code="expired")
        for row in rows:
            if row.pk in moved:
                _tell(row, "delivery_expired")
    return len(moved)


# --- the calls, and small change --------------------------------------------------------------------------------------


def _stage(shipment: Shipment) -> Any:
    return lambda connector: connector.stage(shipment.account, shipment.message)


def _commit(shipment: Shipment, facts: Any) -> Any:
    account, message, draft_ref = shipment.account, shipment.message, shipment.delivery.draft_ref

    async def call(connector: Any) -> Receipt:
        await wire().turn(connector.kind, account.external_id, facts.per_page_second)
        # Telegram knows no application: there the bot's token stands for it.
        await wire().turn(connector.kind, account.app.get("app_id", account.token), facts.per_app_second)
        return await connector.commit(account, message, draft_ref)

    return call


def _withdraw(account: Account, external_id: str) -> Any:
    return lambda connector: connector.withdraw(account, external_id)


def _find(row: Delivery, account: Account, pictures: dict[tuple[int, str], Media]) -> Any:
    approved = row.revision.content
    target = next((t for t in approved["channels"] if t["channel"] == str(row.channel.public_id)), None)
    images = [
        Image(content=b"", content_type=pictures[row.unit_id, m["sha256"]].content_type, sha256=m["sha256"])
        for m in approved["media"]
        if (row.unit_id, m["sha256"]) in pictures
    ]
    message = Message(
        key=str(row.public_id),
        title=approved["title"],
        text=target["text"] if target else "",
        html=target["html"] if target else "",
        link=approved["link"],
        images=images,
        author=approved["unit"],
    )
    return lambda connector: connector.find(account, message, row.draft_ref, row.committing_at)


def _take_down(row: Delivery, account: Account, pictures: Any) -> Any:
    return _withdraw(account, row.remote_id or row.draft_ref)


def _pictures_of(rows: list[Delivery]) -> dict[tuple[int, str], Media]:
    wanted = {(row.unit_id, m["sha256"]) for row in rows for m in row.revision.content["media"]}
    if not wanted:
        return {}
    found = Media.objects.filter(unit__in={u for u, _s in wanted}, sha256__in={s for _u, s in wanted})
    return {(media.unit_id, media.sha256): media for media in found}


def _bytes_of(media: Media) -> bytes:
    """The picture's bytes; ValueError when they are not those that were approved."""
    with media.file.open("rb") as file:
        data = file.read()
    if hashlib.sha256(data).hexdigest() != media.sha256:
        raise ValueError("picture bytes differ from their hash")
    return data


def _end_attempts(rows: Iterable[Delivery], outcome: str, *, now: datetime, detail: str = "") -> None:
    update_from_values(
        Attempt,
        [{"delivery": row.pk, "number": row.attempt} for row in rows],
        match=("delivery", "number"),
        fields={"outcome": outcome, "ended_at": now, "detail": detail[:500]},
    )


def _tell(row: Delivery, kind: str, **facts: Any) -> None:
    """Tells those who can act on it in the unit."""
    people = holders(Permission.POST_SCHEDULE, unit=row.unit)
    address = reverse("publishing:post", args=[row.post.public_id])
    notify(people, kind, address=address, title=row.post, channel=row.channel, **facts)


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
            log.warning("the database is away; holding on to answers")
            connection.close()
            time.sleep(0.5)
        else:
            return


def _locked() -> Any:
    return Delivery.objects.select_for_update(skip_locked=_can_skip(), of=("self",) if _can_skip() else ())


def _can_skip() -> bool:
    return connection.features.has_select_for_update_skip_locked
