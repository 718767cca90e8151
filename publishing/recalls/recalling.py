"""Recalls: one action takes posts back from any number of pages.

A recall wins: once it is committed no visible call of its deliveries can begin. What is under way
at that moment is marked, and taken down as soon as it is known to be live.
"""

from datetime import datetime, timedelta
from typing import Any, cast

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.notices import notify
from accounts.permissions import Permission
from accounts.queries import holders, holders_in, require
from audit.services import make_entry, record, record_entries
from campaigns.kits.models import Kit
from campaigns.models import Campaign
from core.clock import Clock, database_now, format_local_time
from core.db_retry import retry_on_deadlock
from core.errors import Refused
from core.reasons import require_reason
from posts.models import Post
from posts.review import decisions
from posts.states import PostState
from publishing.deliveries.schedules import RECALL_ASKED
from publishing.deliveries.transitions import move_many
from publishing.models import Delivery, Recall
from publishing.states import (
    ENDED,
    MAY_BE_VISIBLE,
    ON_THE_PLATFORM,
    RECALLABLE,
    WAITING,
    Reason,
    State,
)
from units.models import Unit


@retry_on_deadlock
def recall(delivery: Delivery, *, by: User, reason: str) -> Recall:
    """Take a post down from one page. Its text stays in the record, its other pages as they are."""
    appointment = require(by, Permission.POST_WITHDRAW, unit=delivery.unit)
    this = Delivery.objects.filter(pk=delivery.pk)
    new_recall = _mark_for_recall(
        this,
        unit=delivery.unit,
        by=by,
        position=appointment.position,
        reason=reason,
        post=delivery.post,
    )
    if new_recall is None:
        raise Refused(_("This post is not on the channel now."))
    delivery.refresh_from_db()
    _notify_unit(delivery.post, new_recall, "post_recalled", channel=delivery.channel)
    return new_recall


@retry_on_deadlock
def withdraw(post: Post, *, by: User, reason: str, take_down: bool) -> Recall | None:
    """End the post's approval and, with ``take_down``, take it down wherever it is or may become
    live.

    Returns None when it neither was live nor was on its way anywhere.
    """
    appointment = require(by, Permission.POST_WITHDRAW, unit=post.unit)
    # As everywhere: first the post, then its deliveries.
    rows = Post.objects.select_for_update(of=("self",)).select_related("unit", "author")
    current = rows.get(pk=post.pk)
    new_recall = None
    if take_down:
        deliveries = Delivery.objects.filter(post=current)
        new_recall = _mark_for_recall(
            deliveries,
            unit=post.unit,
            by=by,
            position=appointment.position,
            reason=reason,
            post=current,
        )
    decisions.withdraw(current, by=by, reason=reason)
    leaders = holders(
        Permission.POST_APPROVE,
        unit=post.unit,
        besides={by.pk, post.author_id, post.last_editor_id},
    )
    notify(
        leaders, "post_withdrawn", address=_address(post), by=by, title=post, reason=reason.strip()
    )
    post.refresh_from_db(fields=["state", "version", "approved_revision"])
    return new_recall


@retry_on_deadlock
def recall_campaign(campaign: Campaign, *, unit: Unit, by: User, reason: str) -> Recall:
    """Withdraw the campaign's approved posts and take them down everywhere.

    Those of ``unit`` and of what the person's right covers below it.
    """
    appointment = require(by, Permission.POST_WITHDRAW, unit=unit)
    approved, deliveries = posts_and_deliveries_of_campaign(campaign, unit=unit, by=by)
    who: dict[str, Any] = {"by": by, "position": appointment.position, "reason": reason}
    # Posts first, as everywhere: what is being scheduled now is waited for, and stops too.
    withdrawn = list(
        approved.order_by("pk").select_for_update(of=("self",)).values_list("pk", flat=True)
    )
    new_recall = _mark_for_recall(
        deliveries, unit=unit, **who, campaign=campaign, always=bool(withdrawn)
    )
    if new_recall is None:
        raise Refused(_("No post of this campaign is approved or stands on a page here."))
    decisions.withdraw_many(approved, **{**who, "reason": new_recall.reason})
    _notify_units(new_recall, withdrawn)
    return new_recall


@transaction.atomic
def withdraw_kit(kit: Kit, *, by: User, reason: str, take_down: bool) -> Recall | None:
    """Stop what is scheduled from a withdrawn kit and end the approvals of its posts; with
    ``take_down``, recall those that are live, in all units at once.

    Called in the transaction in which the kit is withdrawn. Returns None when nothing was live nor
    on its way anywhere, or nothing is to be taken down.
    """
    posts_of_kit = Post.objects.filter(adoption__kit=kit)
    deliveries = Delivery.objects.filter(post__adoption__kit=kit)
    right = Permission.POST_WITHDRAW if take_down else Permission.KIT_APPROVE
    who: dict[str, Any] = {"by": by, "position": require(by, right, unit=kit.unit).position}
    # Posts first, as everywhere: what is being scheduled now is waited for, and stops too.
    approved = posts_of_kit.filter(state=PostState.APPROVED)
    locked = list(
        approved.order_by("pk").select_for_update(of=("self",)).values_list("pk", flat=True)
    )
    _stop_waiting(deliveries, reason=reason, **who)
    new_recall = None
    if take_down:
        new_recall = _mark_for_recall(deliveries, unit=kit.unit, reason=reason, kit=kit, **who)
    # What stays live keeps its approval: residents read it, and its unit may take it down.
    live = deliveries.filter(state__in=RECALLABLE, recall=None).values("post")
    ended = approved.filter(pk__in=locked).exclude(pk__in=live)
    ended_pks = list(ended.values_list("pk", flat=True))
    decisions.withdraw_many(Post.objects.filter(pk__in=ended_pks), reason=reason, **who)
    # One notice to each person whose posts ended with the kit, in the portal alone.
    concerned = Post.objects.filter(pk__in=ended_pks)
    people = _find_writers_and_leaders(concerned, besides=by.pk)
    address = f"{reverse('publishing:post_list')}?campaign={kit.campaign.public_id}"
    notify(people, "kit_posts_ended", address=address, mail=False, by=by, title=kit, reason=reason)
    return new_recall


def _stop_waiting(deliveries: QuerySet[Delivery], **who: Any) -> None:
    """Cancel what waits for its hour; where a draft of it is on a platform already, take that back
    first. What is in hand is not begun any more, once its approval has ended.
    """
    waiting = deliveries.filter(state__in=WAITING, recall=None).order_by("pk")
    rows = list(waiting.select_for_update(of=("self",)).select_related("unit"))
    now = database_now()
    with_draft = [row for row in rows if row.draft_ref and row.state == State.SCHEDULED]
    others = [row for row in rows if row not in with_draft]
    gone: dict[str, Any] = {"error_code": Reason.KIT_WITHDRAWN, "verify_at": None}
    move_many(others, State.CANCELLED, now=now, **gone, **who)
    down: dict[str, Any] = {"error_code": Reason.STOPPED, "verify_at": now, "verify_count": 0}
    move_many(with_draft, State.RECALLING, now=now, **down, **who)


def posts_and_deliveries_of_campaign(
    campaign: Campaign, *, unit: Unit, by: User
) -> tuple[QuerySet[Post], QuerySet[Delivery]]:
    """Return the posts that would be withdrawn and the deliveries that would be taken back."""
    reach = by.reach(Permission.POST_WITHDRAW)
    concerned = Post.objects.within(reach).filter(
        campaign=campaign, unit__path__startswith=unit.path
    )
    deliveries = Delivery.objects.within(reach).filter(
        post__campaign=campaign, unit__path__startswith=unit.path
    )
    return concerned.filter(state=PostState.APPROVED), _live_deliveries(deliveries)


def _live_deliveries(deliveries: QuerySet[Delivery]) -> QuerySet[Delivery]:
    return deliveries.exclude(state__in=ENDED).filter(recall__isnull=True)


def _mark_for_recall(
    deliveries: QuerySet[Delivery],
    *,
    unit: Unit,
    by: User,
    position: str,
    reason: str,
    always: bool = False,
    **of: Any,
) -> Recall | None:
    """Mark every live delivery for a new recall and move those that nobody is sending."""
    reason = require_reason(reason, _("Please write why the post is withdrawn."))
    # In one order, so that two recalls that overlap wait for each other instead of for ever.
    rows = list(
        _live_deliveries(deliveries)
        .order_by("pk")
        .select_for_update(of=("self",))
        .select_related("unit")
    )
    if not rows and not always:
        return None
    now = timezone.now()
    new_recall = Recall.objects.create(
        unit=unit, by=by, position=position, reason=reason, started_at=now, **of
    )
    record("recall.started", new_recall, by=by, position=position, reason=reason, pages=len(rows))
    # Nobody can take these back now; they are marked, and taken down when it is known where they
    # are live.
    # They change no state now, so the record says it apart: nothing sends them again.
    marked = [row for row in rows if row.state in MAY_BE_VISIBLE]
    under_way = [row.pk for row in marked]
    record_entries(
        make_entry(RECALL_ASKED, row, by=by, position=position, reason=reason) for row in marked
    )
    Delivery.objects.filter(pk__in=under_way).update(recall=new_recall)
    Delivery.objects.filter(pk__in=under_way, state=State.NEEDS_PERSON).update(
        manual_deadline=manual_deadline(now)
    )
    quiet = [row for row in rows if row.state not in MAY_BE_VISIBLE]
    start_recall(
        quiet, now, by=by, position=position, reason=new_recall.reason, recall_id=new_recall.pk
    )
    return new_recall


def start_recall(rows: list[Delivery], now: datetime, **who: Any) -> int:
    """Move rows that nobody is sending to where their recall goes on, or ends."""
    seen = [row for row in rows if row.state == State.MANUAL]
    down = [
        row for row in rows if row.state in ON_THE_PLATFORM or (row.draft_ref and row not in seen)
    ]
    down_pks, seen_pks = {row.pk for row in down}, {row.pk for row in seen}
    never = [row for row in rows if row.pk not in down_pks | seen_pks]
    fresh: dict[str, Any] = {"lease_until": None, "error_code": Reason.NONE, "verify_count": 0}
    moved = move_many(down, State.RECALLING, now=now, verify_at=now, **fresh, **who)
    moved |= move_many(never, State.CANCELLED, now=now, verify_at=None, **fresh, **who)
    # Somebody may have posted it already and not said so yet.
    task: dict[str, Any] = {
        "error_code": Reason.MANUAL_WITHDRAWAL,
        "manual_deadline": manual_deadline(now),
    }
    moved |= move_many(seen, State.NEEDS_PERSON, now=now, verify_at=None, **task, **who)
    return len(moved)


def manual_deadline(now: datetime) -> datetime:
    return now + timedelta(seconds=settings.PUBLISHING["manual_seconds"])


def _address(post: Post) -> str:
    return reverse("publishing:post", args=[post.public_id])


def _notify_unit(post: Post, new_recall: Recall, kind: str, **facts: Any) -> None:
    """Notify the writers of the post and the leaders of its unit."""
    people = [post.author, post.last_editor, *holders(Permission.POST_APPROVE, unit=post.unit)]
    people = [person for person in people if person.pk != new_recall.by_id]
    notify(
        people,
        kind,
        address=_address(post),
        by=new_recall.by,
        title=post,
        reason=new_recall.reason,
        **facts,
    )


def _notify_units(new_recall: Recall, withdrawn: list[int]) -> None:
    """Send one notice a person, in the portal alone.

    Thousands of letters would keep the person who acts waiting.
    """
    concerned = Post.objects.filter(Q(pk__in=withdrawn) | Q(deliveries__recall=new_recall))
    people = _find_writers_and_leaders(concerned, besides=new_recall.by_id)
    campaign = cast(Campaign, new_recall.campaign)
    address = f"{reverse('publishing:post_list')}?campaign={campaign.public_id}"
    facts: dict[str, Any] = {"by": new_recall.by, "campaign": campaign, "reason": new_recall.reason}
    notify(people, "campaign_recalled", address=address, mail=False, **facts)


def _find_writers_and_leaders(concerned: QuerySet[Post], *, besides: int) -> QuerySet[User]:
    """Find the writers of the posts and the leaders of their units."""
    pairs = list(concerned.order_by().values_list("unit", "author", "last_editor").distinct())
    leaders = holders_in(Permission.POST_APPROVE, units={unit for unit, _author, _editor in pairs})
    people = {pk for _unit, *people in pairs for pk in people} | leaders
    return User.objects.filter(pk__in=people - {besides}, is_active=True)


def notify_manual_tasks(rows: list[Delivery]) -> None:
    people: dict[int, list[User]] = {}
    for row in rows:
        if row.unit_id not in people:
            people[row.unit_id] = holders(Permission.POST_SCHEDULE, unit=row.unit)
        notify(
            people[row.unit_id],
            "recall_by_hand",
            address=reverse("publishing:decide", args=[row.public_id]),
            joined_address=(
                reverse("publishing:recall_ledger", args=[row.recall.public_id])
                if row.recall
                else reverse("publishing:manual_tasks")
            ),
            title=row.post,
            channel=row.channel,
            when=format_local_time(cast(datetime, row.manual_deadline)),
        )


def finish_recalls(clock: Clock = database_now) -> None:
    """Close the recalls in which nothing is left to do, and notify who began them."""
    now = clock()
    left = Delivery.objects.filter(recall=OuterRef("pk")).exclude(state__in=ENDED)
    for row in Recall.objects.filter(~Exists(left), finished_at=None).select_related(
        "by", "post", "campaign", "kit", "unit"
    ):
        with transaction.atomic():
            if Recall.objects.filter(pk=row.pk, finished_at=None).update(finished_at=now):
                record("recall.finished", row)
                address = reverse("publishing:recall_ledger", args=[row.public_id])
                notify([row.by], "recall_finished", address=address, title=row)
