"""Taking posts back: one act over any number of pages, then a queue of its own that works through the ledger.

A recall wins: once it is committed no visible call of its deliveries can begin. What is under way at that moment is
marked, and taken down as soon as it is known to stand. A post counts as taken down when the platform, asked again,
no longer shows it.
"""

import functools
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.notices import notify
from accounts.permissions import Permission
from accounts.queries import holders, holders_in, require
from audit.services import record
from campaigns.models import Campaign
from channels.connectors.base import AccessLost, Account, ConnectorError, Rejected, Trace, TryLater
from channels.queries import account_of, facts_of
from channels.services import mark_lost
from channels.states import Health
from channels.vault import Unsealable
from core.bulk import update_from_values
from core.clock import Clock, database_now, steady
from core.errors import Refused
from posts import services as posts
from posts.models import Post
from posts.states import PostState
from publishing.models import Delivery, Recall
from publishing.rows import LOOKS, locked, only_one
from publishing.services import local, move_many
from publishing.states import ENDED, State
from publishing.wire import Answers, Errand, unexpected, wire
from units.models import Unit

# Nobody can take these back now; they are marked, and taken down when it is known where they stand.
UNDER_WAY = (State.COMMITTING, State.PROCESSING, State.VERIFYING, State.NEEDS_PERSON)
# What the platform has accepted to take down and what it merely hides, in a delivery's ``error_code``.
TAKEN_DOWN, HIDDEN = "taken_down", "hidden"

_AT_ONCE = 1000
# Longer than a call may wait to begin and then take; repeating one does no harm.
_LEASE = timedelta(seconds=90)
# A platform that does not answer is asked for more than an hour before it becomes somebody's task.
_TRIES_OF_SILENCE = 20
_LONGEST_WAIT = timedelta(minutes=5)


# --- the act ----------------------------------------------------------------------------------------------------------


def _begun_again[**P, R](act: Callable[P, R]) -> Callable[P, R]:
    """One transaction. The engine writes its answers back in an order of its own: who loses the knot begins again."""

    @functools.wraps(act)
    def whole(*args: P.args, **kwargs: P.kwargs) -> R:
        for last in (False, False, True):
            try:
                with transaction.atomic():
                    return act(*args, **kwargs)
            except OperationalError as error:
                knot = getattr(error.__cause__, "pgcode", "") == "40P01"
                if last or not knot or connection.in_atomic_block:
                    raise
        raise AssertionError

    return whole


@_begun_again
def recall(delivery: Delivery, *, by: User, reason: str) -> Recall:
    """Takes a post down from one page. Its text stays in the record, its other pages as they are."""
    held = require(by, Permission.POST_WITHDRAW, unit=delivery.unit)
    wanted = Delivery.objects.filter(pk=delivery.pk)
    made = _take_back(wanted, unit=delivery.unit, by=by, post_held=held.post_held, reason=reason, post=delivery.post)
    if made is None:
        raise Refused(_("This post is not on the channel now."))
    delivery.refresh_from_db()
    _tell_unit(delivery.post, made, "post_recalled", channel=delivery.channel)
    return made


@_begun_again
def withdraw(post: Post, *, by: User, reason: str, take_down: bool) -> Recall | None:
    """Ends the post's approval and, with ``take_down``, takes it down wherever it stands or may come to stand. None
    when it neither stood nor was on its way anywhere."""
    held = require(by, Permission.POST_WITHDRAW, unit=post.unit)
    # As everywhere: first the post, then its deliveries.
    current = (
        Post.objects.select_for_update(of=("self",)).select_related("unit", "author", "last_editor").get(pk=post.pk)
    )
    made = None
    if take_down:
        wanted = Delivery.objects.filter(post=current)
        made = _take_back(wanted, unit=post.unit, by=by, post_held=held.post_held, reason=reason, post=current)
    posts.withdraw(current, by=by, reason=reason)
    leaders = holders(Permission.POST_APPROVE, unit=post.unit, besides={by.pk, post.author_id, post.last_editor_id})
    notify(leaders, "post_withdrawn", address=_address(post), by=by, title=post, reason=reason.strip())
    post.refresh_from_db(fields=["state", "version", "approved_revision"])
    return made


@_begun_again
def recall_campaign(campaign: Campaign, *, unit: Unit, by: User, reason: str) -> Recall:
    """Withdraws the campaign's approved posts of ``unit`` and of what the person's right covers below it, and takes
    them down everywhere."""
    held = require(by, Permission.POST_WITHDRAW, unit=unit)
    meant, wanted = of_campaign(campaign, unit=unit, by=by)
    who = {"by": by, "post_held": held.post_held, "reason": reason}
    # Posts first, as everywhere: what is being scheduled now is waited for, and stops too.
    withdrawn = list(meant.order_by("pk").select_for_update(of=("self",)).values_list("pk", flat=True))
    made = _take_back(wanted, unit=unit, **who, campaign=campaign, always=bool(withdrawn))
    if made is None:
        raise Refused(_("No post of this campaign is approved or stands on a page here."))
    posts.withdraw_many(meant, **{**who, "reason": made.reason})
    _tell_units(made, withdrawn)
    return made


def of_campaign(campaign: Campaign, *, unit: Unit, by: User) -> tuple[QuerySet[Post], QuerySet[Delivery]]:
    """The posts that would be withdrawn and the deliveries that would be taken back."""
    reach = by.reach(Permission.POST_WITHDRAW)
    meant = Post.objects.within(reach).filter(campaign=campaign, unit__path__startswith=unit.path)
    wanted = Delivery.objects.within(reach).filter(post__campaign=campaign, unit__path__startswith=unit.path)
    return meant.filter(state=PostState.APPROVED), _live(wanted)


def _live(wanted: QuerySet[Delivery]) -> QuerySet[Delivery]:
    return wanted.exclude(state__in=ENDED).filter(recall__isnull=True)


def _take_back(
    wanted: QuerySet[Delivery], *, unit: Unit, by: User, post_held: str, reason: str, always: bool = False, **of: Any
) -> Recall | None:
    """Marks every live delivery for a new recall and moves those that nobody is sending."""
    if not reason.strip():
        raise Refused(_("Please write why the post is withdrawn."))
    # In one order, so that two recalls that overlap wait for each other instead of for ever.
    rows = list(_live(wanted).order_by("pk").select_for_update(of=("self",)).select_related("unit"))
    if not rows and not always:
        return None
    now = timezone.now()
    made = Recall.objects.create(
        unit=unit, by=by, post_held=post_held, reason=reason.strip()[:500], started_at=now, **of
    )
    record("recall.started", made, by=by, post_held=post_held, reason=made.reason, pages=len(rows))
    under_way = [row.pk for row in rows if row.state in UNDER_WAY]
    Delivery.objects.filter(pk__in=under_way).update(recall=made)
    Delivery.objects.filter(pk__in=under_way, state=State.NEEDS_PERSON).update(hand_until=_hand_until(now))
    quiet = [row for row in rows if row.state not in UNDER_WAY]
    _send_back(quiet, now, by=by, post_held=post_held, reason=made.reason, recall_id=made.pk)
    return made


def _send_back(rows: list[Delivery], now: datetime, **who: Any) -> int:
    """Moves rows that nobody is sending to where their recall goes on, or ends."""
    seen = [row for row in rows if row.state == State.BY_HAND]
    down = [row for row in rows if row.state in (State.PUBLISHED, State.STAGED) or (row.draft_ref and row not in seen)]
    down_pks, seen_pks = {row.pk for row in down}, {row.pk for row in seen}
    never = [row for row in rows if row.pk not in down_pks | seen_pks]
    fresh = {"lease_until": None, "error_code": "", "verify_count": 0}
    moved = move_many(down, State.RECALLING, now=now, verify_at=now, **fresh, **who)
    moved |= move_many(never, State.CANCELLED, now=now, verify_at=None, **fresh, **who)
    # Somebody may have posted it already and not said so yet.
    task = {"error_code": "withdraw_by_hand", "hand_until": _hand_until(now)}
    moved |= move_many(seen, State.NEEDS_PERSON, now=now, verify_at=None, **task, **who)
    return len(moved)


def _hand_until(now: datetime) -> datetime:
    return now + timedelta(seconds=settings.PUBLISHING["by_hand_seconds"])


# --- news -------------------------------------------------------------------------------------------------------------


def _address(post: Post) -> str:
    return reverse("publishing:post", args=[post.public_id])


def _tell_unit(post: Post, made: Recall, kind: str, **facts: Any) -> None:
    """Who wrote the post, and who leads its unit."""
    people = [post.author, post.last_editor, *holders(Permission.POST_APPROVE, unit=post.unit)]
    people = [person for person in people if person.pk != made.by_id]
    notify(people, kind, address=_address(post), by=made.by, title=post, reason=made.reason, **facts)


def _tell_units(made: Recall, withdrawn: list[int]) -> None:
    """One notice a person, in the portal alone: thousands of letters would keep the person who acts waiting."""
    concerned = Post.objects.filter(Q(pk__in=withdrawn) | Q(deliveries__recall=made))
    pairs = list(concerned.order_by().values_list("unit", "author", "last_editor").distinct())
    leaders = holders_in(Permission.POST_APPROVE, units={unit for unit, _author, _editor in pairs})
    told = {pk for _unit, *people in pairs for pk in people} | leaders
    people = User.objects.filter(pk__in=told - {made.by_id}, is_active=True)
    address = f"{reverse('posts:list')}?campaign={made.campaign.public_id}"
    facts = {"by": made.by, "campaign": made.campaign, "reason": made.reason}
    notify(people, "campaign_recalled", address=address, mail=False, **facts)


def _tell_hands(rows: list[Delivery]) -> None:
    people: dict[int, list[User]] = {}
    for row in rows:
        if row.unit_id not in people:
            people[row.unit_id] = holders(Permission.POST_SCHEDULE, unit=row.unit)
        notify(
            people[row.unit_id],
            "recall_by_hand",
            address=reverse("publishing:decide", args=[row.public_id]),
            title=row.post,
            channel=row.channel,
            when=local(row.hand_until),
        )


def finish(clock: Clock = database_now) -> None:
    """Closes the ledgers in which nothing is left to do, and tells who began them."""
    now = clock()
    left = Delivery.objects.filter(recall=OuterRef("pk")).exclude(state__in=ENDED)
    for made in Recall.objects.filter(~Exists(left), finished_at=None).select_related("by", "post", "campaign", "unit"):
        with transaction.atomic():
            if Recall.objects.filter(pk=made.pk, finished_at=None).update(finished_at=now):
                record("recall.finished", made)
                address = reverse("publishing:recall_ledger", args=[made.public_id])
                notify([made.by], "recall_finished", address=address, title=made)


# --- the queue --------------------------------------------------------------------------------------------------------


def waiting(clock: Clock = database_now) -> list[str]:
    """The platforms on which recalls, or drafts that nobody wants any more, have something left to do."""
    now = clock()
    pulled = Q(recall__isnull=False, state__in=[State.PUBLISHED, State.SCHEDULED])
    found = (
        Delivery.objects.filter(each).order_by().values_list("platform", flat=True)
        for each in (Q(state=State.RECALLING, verify_at__lte=now), pulled, _left_behind(now))
    )
    return sorted({platform for rows in found for platform in rows.distinct()})


def _left_behind(now: datetime) -> Q:
    """Drafts that ended deliveries left on the platforms. One that changed its name while it was taken down has a time
    to look at it again."""
    ended = Q(state__in=[State.FAILED, State.EXPIRED, State.CANCELLED])
    ended |= Q(state=State.RECALLED, verify_at__isnull=False)
    due = Q(verify_at__isnull=True) | Q(verify_at__lte=now)
    recent = Q(channel__health=Health.CONNECTED, not_after__gt=now - timedelta(days=1))
    return ended & due & recent & ~Q(draft_ref="")


def take_down_due(*, platform: str, clock: Clock = database_now) -> int:
    """Works through what recalls have left to do on one platform; how many rows it moved."""
    with only_one(f"recall {platform}") as mine:
        if not mine:
            return 0
        work = Work(platform, steady(clock))
        work.through()
        finish(work.now)
        return work.moved


@dataclass(frozen=True, slots=True)
class Accepted:
    """The platform said that it takes the post down; then the look whether it is gone went wrong."""

    error: ConnectorError


@dataclass(frozen=True, slots=True)
class Absent:
    """There was nothing of this id to take down."""


class Work:
    """One pass over what is due: many calls at once, and none of them waits for one that hangs. Any number of workers
    may do this at the same time; a row is one worker's for the time of its calls."""

    def __init__(self, platform: str, now: Clock):
        self.platform = platform
        self.facts = facts_of(platform)
        self.now = now
        self.flying: dict[int, Delivery] = {}
        self.answers = Answers()
        self.moved = 0

    def through(self) -> None:
        next_claim, more = 0.0, True
        while more or self.flying:
            room = _AT_ONCE - len(self.flying)
            if room > 0 and time.monotonic() >= next_claim:
                self.moved += self._pull_back()
                more = self._send(self._claim(room)) == room
                next_claim = time.monotonic() + (0 if more else 1)
            if self.flying:
                self._write_back(self.answers.take(timeout=0.2, gather=0.05))

    def _pull_back(self) -> int:
        """What was under way when the recall came, and has come to an end since."""
        moved = 0
        while True:
            with transaction.atomic():
                rows = list(
                    locked()
                    .filter(platform=self.platform, recall__isnull=False)
                    .filter(state__in=[State.PUBLISHED, State.SCHEDULED])
                    .select_related("unit")
                    .order_by("pk")[:500]
                )
                done = _send_back(rows, self.now())
            if not done:
                return moved
            moved += done

    def _claim(self, most: int) -> list[Delivery]:
        """Rows of recalls, and drafts that ended deliveries left behind. A channel whose connection is lost waits in
        the ledger until it is back."""
        now = self.now()
        found = locked().filter(platform=self.platform).select_related("unit", "channel", "post")
        found = found.defer("post__body", "post__search")
        with transaction.atomic():
            recalled = found.filter(state=State.RECALLING, verify_at__lte=now).exclude(channel__health=Health.LOST)
            rows = list(recalled.order_by("verify_at", "pk")[:most])
            drafts = list(found.filter(_left_behind(now))[: min(100, most - len(rows))])
            Delivery.objects.filter(pk__in=[row.pk for row in rows]).update(
                verify_at=now + _LEASE, verify_count=F("verify_count") + 1
            )
            Delivery.objects.filter(pk__in=[row.pk for row in drafts]).update(verify_at=now + timedelta(hours=1))
        for row in rows:
            row.verify_count += 1
        return rows + drafts

    def _send(self, rows: list[Delivery]) -> int:
        by_hand: list[tuple[Delivery, ConnectorError | None]] = []
        calls = []
        for row in rows:
            # Some platforms let nobody but people delete a post; a draft is another matter.
            beyond = row.state == State.RECALLING and not self.facts.withdraws and bool(row.remote_id)
            if beyond or row.channel.health in (Health.BY_HAND, Health.DISCONNECTED) or not _id_of(row):
                by_hand.append((row, None))
                continue
            self.flying[row.pk] = row
            try:
                account = account_of(row.channel)
            except Unsealable:
                self.answers.expect(1)
                self.answers.put(row.pk, AccessLost("the stored credentials cannot be opened"))
                continue
            calls.append(Errand(row.pk, self._call(row, account)))
        if calls:
            wire().send(self.platform, calls, self.answers, held_for=_LEASE.total_seconds() / 3)
        self._by_hand(by_hand, code="withdraw_by_hand")
        return len(rows)

    def _call(self, row: Delivery, account: Account) -> Any:
        ref, accepted, looks = _id_of(row), row.error_code == TAKEN_DOWN, self.facts.finds

        async def call(connector: Any) -> Trace | Accepted | Absent | ConnectorError:
            took = accepted or await connector.withdraw(account, ref)
            trace = Trace.GONE  # where the platform cannot be asked, its word is all that can be had
            if looks:
                try:
                    trace = await connector.trace(account, ref)
                except ConnectorError as error:
                    return Accepted(error) if took else error
            return Absent() if trace is Trace.GONE and not took else trace

        return call

    def _write_back(self, answers: Iterable[tuple[int, Any]]) -> None:
        gone: list[Delivery] = []
        hidden: list[Delivery] = []
        by_hand: list[tuple[Delivery, ConnectorError | None]] = []
        again: list[tuple[Delivery, str, ConnectorError | None]] = []
        lost: list[tuple[Delivery, ConnectorError]] = []
        for pk, answer in answers:
            row = self.flying.pop(pk)
            if isinstance(answer, Exception) and not isinstance(answer, ConnectorError):
                answer = unexpected(answer)
            error = answer.error if isinstance(answer, Accepted) else answer
            if row.state in ENDED:
                if answer is Trace.GONE or isinstance(answer, Absent):
                    same = Delivery.objects.filter(pk=pk, state=row.state, draft_ref=row.draft_ref)
                    same.update(draft_ref="", draft_partial=False, verify_at=None)
                continue
            match answer:
                case Absent() if self._may_still_appear(row):
                    row.verify_count = 0
                    again.append((row, "", None))
                case Trace.GONE | Absent():
                    gone.append(row)
                case Trace.HIDDEN if row.published_at:
                    hidden.append(row)
                case Rejected():
                    by_hand.append((row, answer))
                case AccessLost() | Accepted(AccessLost()):
                    # It waits in the ledger until the channel is connected again, however long that takes.
                    row.verify_count = 0
                    lost.append((row, error))
                    again.append((row, "access", None))
                case _ if row.verify_count >= (_TRIES_OF_SILENCE if isinstance(error, TryLater) else LOOKS):
                    by_hand.append((row, error if isinstance(error, ConnectorError) else None))
                case Accepted():
                    again.append((row, TAKEN_DOWN, error))
                case Trace():
                    again.append((row, "", None))
                case _:
                    again.append((row, "", error))
        now = self.now()
        over = {"now": now, "verify_at": None, "platform_code": "", "error_detail": ""}
        gone = self._as_asked(gone, now)
        self.moved += len(move_many(gone, State.RECALLED, error_code="", **over))
        self.moved += len(move_many(hidden, State.RECALLED, error_code=HIDDEN, **over))
        self._by_hand(by_hand, code="withdraw_failed")
        self._again(again, now)
        for row, error in lost:
            mark_lost(row.channel, reason=error.detail, code=error.code)

    def _as_asked(self, gone: list[Delivery], now: datetime) -> list[Delivery]:
        """Without those whose draft was renamed meanwhile: an upload that was under way came to an end, and what it
        became is still to be taken down."""
        drafts = [row.pk for row in gone if row.draft_partial and not row.remote_id]
        known = dict(Delivery.objects.filter(pk__in=drafts).values_list("pk", "draft_ref"))
        renamed = [row for row in gone if known.get(row.pk, row.draft_ref) != row.draft_ref]
        self._again([(row, "", None) for row in renamed], now)
        return [row for row in gone if row not in renamed]

    def _may_still_appear(self, row: Delivery) -> bool:
        """Platforms show some posts later than they say: within the grace, none there proves nothing."""
        shown_at = row.published_at or row.committing_at
        grace = timedelta(seconds=settings.PUBLISHING["verify_grace_seconds"])
        return shown_at is not None and self.now() < shown_at + grace

    def _again(self, rows: list[tuple[Delivery, str, ConnectorError | None]], now: datetime) -> None:
        """The next look: soon at first, as lists lag a little, then less and less often."""
        update_from_values(
            Delivery,
            [
                {
                    "id": row.pk,
                    "verify_at": now + _wait(row, error),
                    "verify_count": row.verify_count,
                    "error_code": code,
                    "error_detail": error.detail if error else "",
                }
                for row, code, error in rows
            ],
            match=("id",),
            where={"state": State.RECALLING},
        )

    def _by_hand(self, rows: list[tuple[Delivery, ConnectorError | None]], *, code: str) -> None:
        """What no call can take down is a person's task, with a deadline that stays the same if it comes back."""
        if not rows:
            return
        now = self.now()
        each = {
            row.pk: {
                "hand_until": row.hand_until or _hand_until(now),
                "platform_code": error.code if error else "",
                "error_detail": error.detail if error else "",
            }
            for row, error in rows
        }
        with transaction.atomic():
            moved = move_many(
                [row for row, _error in rows], State.NEEDS_PERSON, now=now, each=each, verify_at=None, error_code=code
            )
            _tell_hands([row for row, _error in rows if row.pk in moved])
        self.moved += len(moved)


def _id_of(row: Delivery) -> str:
    """The id by which the platform knows the post; empty when only people know where it stands. What a person saw of
    ours is the draft, shown."""
    if row.remote_id.startswith("hand:"):
        return ""
    return row.draft_ref if row.remote_id.startswith("seen:") else row.remote_id or row.draft_ref


def _wait(row: Delivery, error: ConnectorError | None) -> timedelta:
    grown = timedelta(seconds=min(_LONGEST_WAIT.total_seconds(), 5 * 2 ** min(row.verify_count, 10)))
    if row.error_code == "access" or not row.verify_count:
        grown = timedelta(seconds=30)  # a token may be being renewed; a lost channel is not asked for at all
    return max(grown, error.wait or timedelta(0)) if error else grown
