"""The worker that takes down what is recalled.

A post counts as taken down when the platform, asked again, no longer shows it. Orphaned drafts,
which ended deliveries left on a platform, are removed on the way.
"""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q

from channels.connection.health import mark_lost
from channels.queries import account_of, facts_of
from channels.states import Health
from core.clock import Clock, database_now, make_steady_clock
from core.sealing import Unsealable
from platforms import client
from platforms.client import Answers, Call, Request
from platforms.connector import Connector
from platforms.errors import AccessLost, ConnectorError, Rejected, TryLater
from platforms.messages import Account, Visibility
from publishing.deliveries.claims import MAX_CHECKS, exclusive_run, skip_locked
from publishing.deliveries.transitions import change_reasons, move_many
from publishing.models import Delivery
from publishing.recalls.recalling import (
    finish_recalls,
    manual_deadline,
    notify_manual_tasks,
    start_recall,
)
from publishing.states import (
    ENDED,
    ENDED_UNPUBLISHED,
    TO_PULL_BACK,
    Reason,
    ReceiptSource,
    State,
)

# Calls at once.
_MOST_CALLS = 1000
# Longer than a call may wait to begin and then take; repeating one does no harm.
_LEASE = timedelta(seconds=90)
# A platform that does not answer is asked for more than an hour before it becomes somebody's task.
_CHECKS_WITHOUT_ANSWER = 20
_LONGEST_WAIT = timedelta(minutes=5)


def platforms_to_recall_from(clock: Clock = database_now) -> list[str]:
    """Return the platforms on which recalls or orphaned drafts have something left to do."""
    now = clock()
    due = Q(state=State.RECALLING, verify_at__lte=now)
    to_pull_back = Q(recall__isnull=False, state__in=TO_PULL_BACK)
    # One statement of three parts, each with an index of its own; an OR would read all rows.
    due_rows, *others = (
        Delivery.objects.filter(condition).order_by().values_list("platform", flat=True)
        for condition in (due, to_pull_back, _orphaned_drafts(now))
    )
    return sorted(due_rows.union(*others).order_by("platform"))


def _orphaned_drafts(now: datetime) -> Q:
    """Return the condition for drafts that ended deliveries left on the platforms.

    One that changed its name while it was taken down has a time to check it again.
    """
    ended = Q(state__in=ENDED_UNPUBLISHED)
    ended |= Q(state=State.RECALLED, verify_at__isnull=False)
    due = Q(verify_at__isnull=True) | Q(verify_at__lte=now)
    recent = Q(channel__health=Health.CONNECTED, not_after__gt=now - timedelta(days=1))
    return ended & due & recent & ~Q(draft_ref="")


def take_down_due(*, platform: str, clock: Clock = database_now) -> int:
    """Do what recalls have left to do on one platform; return how many rows it moved."""
    with exclusive_run(f"recall {platform}") as is_only_one:
        if not is_only_one:
            return 0
        worker = RecallWorker(platform, make_steady_clock(clock))
        worker.run()
        finish_recalls(worker.now)
        return worker.moved


@dataclass(frozen=True, slots=True)
class Accepted:
    """The platform said that it takes the post down; then the check whether it is gone failed."""

    error: ConnectorError


@dataclass(frozen=True, slots=True)
class Absent:
    """There was nothing of this id to take down."""


# A row with the error that a person should know of, if any.
Unrecallable = tuple[Delivery, ConnectorError | None]


@dataclass(slots=True)
class Conclusions:
    """The decisions about the rows that were answered."""

    gone: list[Delivery] = field(default_factory=list)
    hidden: list[Delivery] = field(default_factory=list)
    to_people: list[Unrecallable] = field(default_factory=list)
    again: list[tuple[Delivery, Reason, ConnectorError | None]] = field(default_factory=list)
    access_lost: list[tuple[Delivery, ConnectorError]] = field(default_factory=list)


class RecallWorker:
    """One pass over what is due: many calls at once, and none of them waits for one that hangs. Any
    number of workers may do this at the same time; a row is one worker's for the time of its calls.
    """

    def __init__(self, platform: str, now: Clock):
        self.platform = platform
        self.facts = facts_of(platform)
        self.now = now
        self.in_flight: dict[int, Delivery] = {}
        self.answers = Answers()
        self.moved = 0

    def run(self) -> None:
        """Claim, call and write back until nothing is due any more."""
        next_claim, has_more = 0.0, True
        while has_more or self.in_flight:
            capacity = _MOST_CALLS - len(self.in_flight)
            if capacity > 0 and time.monotonic() >= next_claim:
                self.moved += self._pull_back()
                rows = self._claim(capacity)
                self._call(rows)
                has_more = len(rows) == capacity
                next_claim = time.monotonic() + (0 if has_more else 1)
            if self.in_flight:
                self._write_back(self.answers.take(timeout=0.2, gather=0.05))

    def _pull_back(self) -> int:
        """Move what was under way when the recall came, and has come to an end since."""
        moved = 0
        while True:
            with transaction.atomic():
                rows = list(
                    skip_locked()
                    .filter(platform=self.platform, recall__isnull=False)
                    .filter(state__in=TO_PULL_BACK)
                    .select_related("unit")
                    .order_by("pk")[:500]
                )
                started = start_recall(rows, self.now())
            if not started:
                return moved
            moved += started

    def _claim(self, most: int) -> list[Delivery]:
        """Claim rows of recalls, and orphaned drafts of ended deliveries.

        A channel whose connection is lost waits in the recall report until it is back.
        """
        now = self.now()
        deliveries = (
            skip_locked().filter(platform=self.platform).select_related("unit", "channel", "post")
        )
        deliveries = deliveries.defer("post__body", "post__search")
        with transaction.atomic():
            recalled = deliveries.filter(state=State.RECALLING, verify_at__lte=now).exclude(
                channel__health=Health.LOST
            )
            rows = list(recalled.order_by("verify_at", "pk")[:most])
            drafts = list(deliveries.filter(_orphaned_drafts(now))[: min(100, most - len(rows))])
            Delivery.objects.filter(pk__in=[row.pk for row in rows]).update(
                verify_at=now + _LEASE, verify_count=F("verify_count") + 1
            )
            Delivery.objects.filter(pk__in=[row.pk for row in drafts]).update(
                verify_at=now + timedelta(hours=1)
            )
        for row in rows:
            row.verify_count += 1
        return rows + drafts

    # --- calls ------------------------------------------------------------------------------------

    def _call(self, rows: Sequence[Delivery]) -> None:
        """Ask the platform to take down what a call can take down, and give people the rest."""
        to_people: list[Unrecallable] = []
        requests = []
        for row in rows:
            if self._needs_person(row):
                to_people.append((row, None))
                continue
            self.in_flight[row.pk] = row
            try:
                account = account_of(row.channel)
            except Unsealable:
                self.answers.expect(1)
                self.answers.put(row.pk, AccessLost("the stored credentials cannot be opened"))
                continue
            requests.append(Request(row.pk, self._take_down_call(row, account), writes=True))
        if requests:
            client.submit(
                self.platform, requests, self.answers, begin_within=_LEASE.total_seconds() / 3
            )
        self._create_manual_tasks(to_people, reason=Reason.MANUAL_WITHDRAWAL)

    def _needs_person(self, row: Delivery) -> bool:
        """Tell whether no call can take it down: no access, no id, or a platform that lets only
        people delete.
        """
        # Some let nobody but people delete a post; a draft is another matter.
        only_people_delete = (
            row.state == State.RECALLING and not self.facts.withdraws and row.has_receipt
        )
        has_no_access = row.channel.health in (Health.MANUAL, Health.DISCONNECTED)
        return only_people_delete or has_no_access or not _external_id(row)

    def _take_down_call(self, row: Delivery, account: Account) -> Call:
        ref, was_accepted, can_check = (
            _external_id(row),
            row.error_code == Reason.TAKEN_DOWN,
            self.facts.finds,
        )

        async def call(connector: Connector) -> Visibility | Accepted | Absent | ConnectorError:
            is_accepted = was_accepted or await connector.withdraw(account, ref)
            visibility = (
                Visibility.GONE
            )  # where the platform cannot be asked, its word is all that can be had
            if can_check:
                try:
                    visibility = await connector.read_visibility(account, ref)
                except ConnectorError as error:
                    return Accepted(error) if is_accepted else error
            return Absent() if visibility is Visibility.GONE and not is_accepted else visibility

        return call

    # --- write back -------------------------------------------------------------------------------

    def _write_back(self, answers: Iterable[tuple[int, Any]]) -> None:
        """Store what became of the answered rows."""
        conclusions = Conclusions()
        for pk, answer in answers:
            row = self.in_flight.pop(pk)
            if row.state in ENDED:
                # An orphaned draft that is gone.
                if answer is Visibility.GONE or isinstance(answer, Absent):
                    same = Delivery.objects.filter(
                        pk=row.pk, state=row.state, draft_ref=row.draft_ref
                    )
                    same.update(draft_ref="", draft_partial=False, verify_at=None)
            else:
                self._conclude(row, answer, conclusions)
        now = self.now()
        ended: dict[str, Any] = {
            "now": now,
            "verify_at": None,
            "platform_code": "",
            "error_detail": "",
        }
        gone = self._without_renamed(conclusions.gone, now)
        self.moved += len(move_many(gone, State.RECALLED, error_code=Reason.NONE, **ended))
        self.moved += len(
            move_many(conclusions.hidden, State.RECALLED, error_code=Reason.HIDDEN, **ended)
        )
        self._create_manual_tasks(conclusions.to_people, reason=Reason.WITHDRAW_FAILED)
        self._schedule_checks(conclusions.again, now)
        for row, error in conclusions.access_lost:
            mark_lost(row.channel, code=error.code)

    def _conclude(self, row: Delivery, answer: Any, conclusions: Conclusions) -> None:
        """Decide by the answer whether a recalled row is done, a person's task, or checked
        again.
        """
        error = answer.error if isinstance(answer, Accepted) else answer
        match answer:
            case Absent() if self._may_still_appear(row):
                row.verify_count = 0
                conclusions.again.append((row, Reason.NONE, None))
            case Visibility.GONE | Absent():
                conclusions.gone.append(row)
            case Visibility.HIDDEN if row.published_at:
                conclusions.hidden.append(row)
            case Rejected():
                conclusions.to_people.append((row, answer))
            case AccessLost() | Accepted(AccessLost()):
                # It waits in the recall report until the channel is connected again, however long
                # that takes.
                row.verify_count = 0
                conclusions.access_lost.append((row, error))
                conclusions.again.append((row, Reason.ACCESS, None))
            case _ if row.verify_count >= _most_checks(error):
                conclusions.to_people.append(
                    (row, error if isinstance(error, ConnectorError) else None)
                )
            case Accepted():
                conclusions.again.append((row, Reason.TAKEN_DOWN, error))
            case Visibility():
                conclusions.again.append((row, Reason.NONE, None))
            case _:
                conclusions.again.append((row, Reason.NONE, error))

    def _without_renamed(self, gone: Sequence[Delivery], now: datetime) -> list[Delivery]:
        """Return the rows without those whose draft was renamed meanwhile, which are checked again.

        An upload that was under way came to an end, and what it became is still to be taken down.
        """
        drafts = [row.pk for row in gone if row.draft_partial and not row.has_receipt]
        refs = dict(Delivery.objects.filter(pk__in=drafts).values_list("pk", "draft_ref"))
        renamed = [row for row in gone if refs.get(row.pk, row.draft_ref) != row.draft_ref]
        self._schedule_checks([(row, Reason.NONE, None) for row in renamed], now)
        return [row for row in gone if row not in renamed]

    def _may_still_appear(self, row: Delivery) -> bool:
        """Tell whether the post may still appear: within the grace, its absence proves nothing.

        Platforms show some posts later than they say.
        """
        shown_at = row.published_at or row.committing_at
        grace = timedelta(seconds=settings.PUBLISHING["verify_grace_seconds"])
        return shown_at is not None and self.now() < shown_at + grace

    def _schedule_checks(
        self, rows: Sequence[tuple[Delivery, Reason, ConnectorError | None]], now: datetime
    ) -> None:
        """Schedule the next check: soon at first, as lists lag a little, then ever less often."""
        values_by_pk = {
            row.pk: {
                "verify_at": now + _wait(row, error),
                "verify_count": row.verify_count,
                "error_code": reason,
                "error_detail": error.detail if error else "",
            }
            for row, reason, error in rows
        }
        change_reasons(
            [row for row, _reason, _error in rows], State.RECALLING, values_by_pk=values_by_pk
        )

    def _create_manual_tasks(self, rows: Sequence[Unrecallable], *, reason: Reason) -> None:
        """Give a person as a task what no call can take down,
        with a deadline that stays the same if it comes back."""
        if not rows:
            return
        now = self.now()
        values_by_pk = {
            row.pk: {
                "manual_deadline": row.manual_deadline or manual_deadline(now),
                "platform_code": error.code if error else "",
                "error_detail": error.detail if error else "",
            }
            for row, error in rows
        }
        with transaction.atomic():
            moved = move_many(
                [row for row, _error in rows],
                State.NEEDS_PERSON,
                now=now,
                values_by_pk=values_by_pk,
                verify_at=None,
                error_code=reason,
            )
            notify_manual_tasks([row for row, _error in rows if row.pk in moved])
        self.moved += len(moved)


def _external_id(row: Delivery) -> str:
    """Return the id by which the platform knows the post; empty when only people know where it is.

    What a person saw of ours is the draft, shown.
    """
    if row.receipt_source == ReceiptSource.POSTED:
        return ""
    return row.remote_id or row.draft_ref


def _most_checks(error: Any) -> int:
    return _CHECKS_WITHOUT_ANSWER if isinstance(error, TryLater) else MAX_CHECKS


def _wait(row: Delivery, error: ConnectorError | None) -> timedelta:
    """Return how long until the next check."""
    longer = timedelta(
        seconds=min(_LONGEST_WAIT.total_seconds(), 5 * 2 ** min(row.verify_count, 10))
    )
    if row.error_code == Reason.ACCESS or not row.verify_count:
        longer = timedelta(
            seconds=30
        )  # a token may be being renewed; a lost channel is not asked for at all
    return max(longer, error.wait or timedelta(0)) if error else longer
