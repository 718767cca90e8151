"""Taking posts back: one act over any number of pages, then a queue of its own that works through the ledger.

A recall wins: once it is committed no visible call of its deliveries can begin. What is under way at that moment is
marked, and taken down as soon as it is known to stand.
"""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import Permission
from accounts.queries import require
from audit.services import record
from campaigns.models import Campaign
from channels.connectors.base import AccessLost, Account, Rejected
from channels.services import mark_lost
from channels.states import Health
from core.clock import Clock, database_now, steady
from core.errors import Refused
from posts import services as posts
from posts.models import Post
from posts.states import PostState
from publishing.models import Delivery, Recall
from publishing.outgoing import ask
from publishing.rows import LOOKS, ask_person, due_looks, locked, only_one
from publishing.services import move_many
from publishing.states import ENDED, State
from units.models import Unit

# Nobody can take these back now; they are marked, and taken down when it is known where they stand.
_UNDER_WAY = (State.COMMITTING, State.PROCESSING, State.VERIFYING, State.NEEDS_PERSON)
_PAUSE_OF_LOST = Q(channel__health=Health.LOST)


# --- the act ----------------------------------------------------------------------------------------------------------


@transaction.atomic
def recall(delivery: Delivery, *, by: User, reason: str) -> Recall:
    """Takes a post down from one page. Its text stays in the record, its other pages as they are."""
    held = require(by, Permission.POST_WITHDRAW, unit=delivery.unit)
    if delivery.state in ENDED or delivery.recall_id:
        raise Refused(_("This post is not on the channel now."))
    made = _start(delivery.unit, by=by, post_held=held.post_held, reason=reason, post=delivery.post)
    if not _take_back(made, Delivery.objects.filter(pk=delivery.pk)):
        raise Refused(_("This post is not on the channel now."))
    delivery.refresh_from_db()
    return made


@transaction.atomic
def withdraw(post: Post, *, by: User, reason: str, take_down: bool) -> Recall | None:
    """Ends the post's approval and, with ``take_down``, takes it down wherever it stands or may come to stand."""
    held = require(by, Permission.POST_WITHDRAW, unit=post.unit)
    posts.withdraw(post, by=by, reason=reason)
    if not take_down:
        return None
    made = _start(post.unit, by=by, post_held=held.post_held, reason=reason, post=post)
    _take_back(made, Delivery.objects.filter(post=post))
    return made


@transaction.atomic
def recall_campaign(campaign: Campaign, *, unit: Unit, by: User, reason: str) -> Recall:
    """Withdraws the campaign's approved posts of ``unit`` and of all units below it, and takes them down everywhere."""
    held = require(by, Permission.POST_WITHDRAW, unit=unit)
    made = _start(unit, by=by, post_held=held.post_held, reason=reason, campaign=campaign)
    meant = Post.objects.filter(campaign=campaign, unit__path__startswith=unit.path, state=PostState.APPROVED)
    # Deliveries first: they are what the engine may be sending.
    _take_back(made, Delivery.objects.filter(post__campaign=campaign, unit__path__startswith=unit.path))
    posts.withdraw_many(meant, by=by, post_held=held.post_held, reason=made.reason)
    return made


def _start(unit: Unit, *, by: User, post_held: str, reason: str, **of: Any) -> Recall:
    if not reason.strip():
        raise Refused(_("Please write why the post is withdrawn."))
    made = Recall.objects.create(
        unit=unit, by=by, post_held=post_held, reason=reason.strip()[:500], started_at=timezone.now(), **of
    )
    record("recall.started", made, by=by, post_held=post_held, reason=made.reason)
    return made


def _take_back(made: Recall, wanted: QuerySet[Delivery]) -> int:
    """Marks every live delivery for the recall and moves those that nobody is sending; how many there are."""
    live = wanted.exclude(state__in=ENDED).filter(recall__isnull=True)
    rows = list(live.select_for_update(of=("self",)).select_related("unit"))
    now = timezone.now()
    who = {"now": now, "by": made.by, "post_held": made.post_held, "reason": made.reason, "recall_id": made.pk}
    quiet = [row for row in rows if row.state not in _UNDER_WAY]
    down = [row for row in quiet if row.state in (State.PUBLISHED, State.STAGED) or row.draft_ref]
    move_many(down, State.RECALLING, lease_until=None, verify_at=now, verify_count=0, **who)
    gone = {row.pk for row in down}
    move_many([row for row in quiet if row.pk not in gone], State.CANCELLED, lease_until=None, **who)
    under_way = [row.pk for row in rows if row.state in _UNDER_WAY]
    Delivery.objects.filter(pk__in=under_way).update(recall=made)
    return len(rows)


# --- the queue --------------------------------------------------------------------------------------------------------


def take_down_due(*, platform: str, clock: Clock = database_now) -> int:
    """Works through what recalls have left to do on one platform; how many rows it moved."""
    with only_one(f"recall {platform}") as mine:
        if not mine:
            return 0
        now = steady(clock)
        moved = _pull_back(platform, now)
        while rows := due_looks(platform, State.RECALLING, now(), more=~_PAUSE_OF_LOST):
            moved += _take_down(platform, rows, now)
        return moved


def _pull_back(platform: str, now: Clock) -> int:
    """What was under way when the recall came, and has come to an end since."""
    with transaction.atomic():
        rows = list(
            locked()
            .filter(platform=platform, recall__isnull=False, state__in=[State.PUBLISHED, State.SCHEDULED])
            .select_related("unit", "recall")[:500]
        )
        down = [row for row in rows if row.state == State.PUBLISHED or row.draft_ref]
        moved = move_many(down, State.RECALLING, now=now(), verify_at=now(), verify_count=0)
        never = [row for row in rows if row.pk not in {each.pk for each in down}]
        return len(moved | move_many(never, State.CANCELLED, now=now()))


def _take_down(platform: str, rows: list[Delivery], now: Clock) -> int:
    moved = 0
    by_hand = [row for row in rows if row.channel.health in (Health.BY_HAND, Health.DISCONNECTED)]
    for row in by_hand:
        moved += _by_hand(row, now, code="withdraw_by_hand")
    gone = []
    for row, answer in ask(platform, [row for row in rows if row not in by_hand], _call):
        match answer:
            case None:
                gone.append(row)
            case AccessLost():
                # It waits in the ledger until the channel is connected again.
                mark_lost(row.channel, reason=answer.detail, code=answer.code)
                Delivery.objects.filter(pk=row.pk, state=State.RECALLING).update(error_code="access")
            case Rejected():
                moved += _by_hand(row, now, code="withdraw_failed", detail=answer.detail)
            case _ if row.verify_count >= LOOKS:
                moved += _by_hand(row, now, code="withdraw_failed", detail=getattr(answer, "detail", ""))
    told = {"verify_at": None, "error_code": "", "platform_code": "", "error_detail": ""}
    return moved + len(move_many(gone, State.RECALLED, now=now(), **told))


def _call(row: Delivery, account: Account) -> Any:
    return lambda connector: connector.withdraw(account, row.remote_id or row.draft_ref)


def _by_hand(row: Delivery, now: Clock, *, code: str, detail: str = "") -> int:
    until = now() + timedelta(seconds=settings.PUBLISHING["by_hand_seconds"])
    return ask_person(row, now(), code=code, detail=detail, hand_until=until)
