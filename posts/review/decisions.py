"""Submission, decision and withdrawal of posts."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Delegation, User
from accounts.notices import notify
from accounts.permissions import Permission
from accounts.queries import holders, require, second_approvers
from audit.services import record_many
from core.clock import format_local_time
from core.errors import Refused
from media.library import entries
from posts.canonical import content
from posts.checks.base import Severity
from posts.findings import count_allowed_boxes
from posts.leak_rules.enforcement import check_again, count_outcome, require_no_leak
from posts.leak_rules.models import LeakCount
from posts.models import Post, Review, Revision, Thread
from posts.queries import (
    ACKNOWLEDGED,
    ALLOWED,
    OVERRIDDEN,
    REQUESTED_BEFORE,
    WARNINGS,
    requested_before_first,
)
from posts.review import approvals
from posts.review.four_eyes import authority_to_approve, deciding_right
from posts.review.overrides import (
    find_unacknowledged,
    overridden_with_reason,
    refuse_blocked,
    rule_names,
)
from posts.review.queries import first_approval, step_of, was_second
from posts.review.revisions import create_revision, repeat_revision
from posts.review.signing import sign
from posts.signals import approval_ended
from posts.states import Decision, PostState
from posts.transitions import build_review, cancel_endorsement, endorse_post, move_post
from units.models import Unit

# How long an approver may take an approval back. Nothing of it becomes visible before that.
UNDO = timedelta(seconds=10)


def _lock_unchanged(post: Post) -> None:
    """Wait for whoever changes the post just now. Raise Refused where it is no longer as read."""
    row = Post.objects.select_for_update(of=("self",)).filter(pk=post.pk, version=post.version)
    if not row:
        raise Refused(_("The post was changed meanwhile. Reload the page and look again."))


@transaction.atomic
def submit(
    post: Post, *, by: User, announce: bool = True, acknowledgements: Collection[str] = ()
) -> Revision:
    """Cut a revision and submit it to the approvers. Raise Refused with what
    is missing, in words. ``acknowledgements``: marks of the findings that ``by`` says to have
    checked.

    Without ``announce`` nobody is notified: the caller submits many and notifies once, by
    `announce_many`.
    """
    authority = require(by, Permission.POST_WRITE, unit=post.unit)
    _lock_unchanged(post)
    findings = refuse_blocked(post)
    unchecked = find_unacknowledged(findings, acknowledgements)
    if unchecked:
        message = _("Please look at this again, then tick that you have checked it: %(findings)s")
        messages = dict.fromkeys(finding.message for finding in unchecked)
        raise Refused(message % {"findings": " ".join(messages)})
    revision = create_revision(post)
    checked = rule_names(findings, Severity.ACKNOWLEDGE)
    count_outcome(post.unit, checked, LeakCount.Outcome.ACKNOWLEDGED)
    facts: dict[str, Any] = {
        WARNINGS: rule_names(findings, Severity.WARN, Severity.REASON),
        ACKNOWLEDGED: checked,
        ALLOWED: count_allowed_boxes(revision.content),
    }
    entries.keep_alt_texts((p.media, p.alt_text) for p in post.pictures.select_related("media"))
    move_post(
        post,
        PostState.IN_REVIEW,
        by=by,
        position=authority.position,
        facts={name: rules for name, rules in facts.items() if rules},
        current_revision=revision,
        submitted_at=timezone.now(),
    )
    if announce:
        besides = {post.author_id, post.last_editor_id, by.pk}
        notify(
            holders(Permission.POST_APPROVE, unit=post.unit, besides=besides),
            "post_submitted",
            address=reverse("publishing:review", args=[post.public_id]),
            by=by,
            title=post,
        )
    return revision


def announce_many(unit: Unit, *, by: User, n: int) -> None:
    """Notify the approvers once of ``n`` posts that ``by`` submitted together."""
    notify(
        holders(Permission.POST_APPROVE, unit=unit, besides={by.pk}),
        "posts_submitted",
        address=reverse("publishing:review_queue"),
        by=by,
        n=n,
    )


@transaction.atomic
def approve(
    post: Post,
    revision: Revision,
    *,
    by: User,
    proof: approvals.Proof,
    scheduled: bool = False,
    requested_time: datetime | None = None,
    announce: bool = True,
    reason: str = "",
) -> bool:
    """Approve exactly ``revision``, which must be the one under review; return whether that makes
    it approved. Author and editors may not. ``proof``, of the approver's being there, is what the
    approval is signed with.

    Where the topic asks for a second approval, the unit's is the first: the post stays in review
    and goes to the province, with the time that the unit wants (``requested_time``).
    ``scheduled``: the caller gives the post its time in the same act, so that the writers need not.
    ``reason``: why what the leak check found may be published, where it asks for one.
    Without ``announce`` nobody is notified: the caller approves many and notifies once.
    """
    first = first_approval(post)
    authority = authority_to_approve(post, revision, first, by=by)
    is_intact = content.digest(revision.content) == revision.content_sha256
    if post.current_revision_id != revision.pk or not is_intact:
        raise Refused(_("The post was changed meanwhile. Reload the page and look again."))
    # Limits change and time passes between submission and decision.
    findings = refuse_blocked(post, revision.content)
    overridden = overridden_with_reason(findings, first, reason)
    reason = reason.strip() if overridden else ""
    step = step_of(post)
    details: dict[str, Any] = {
        WARNINGS: rule_names(findings, Severity.WARN, Severity.ACKNOWLEDGE),
        OVERRIDDEN: overridden,
        ALLOWED: count_allowed_boxes(revision.content),
        "delegation": str(authority.public_id) if isinstance(authority, Delegation) else "",
    }
    facts = {"method": proof.method} | {name: detail for name, detail in details.items() if detail}
    if step == Decision.FIRST:
        _approve_first(
            post,
            revision,
            by=by,
            position=authority.position,
            reason=reason,
            facts=facts,
            at=requested_time,
        )
    else:
        if first:
            facts["step"] = "second"
        move_post(
            post,
            PostState.APPROVED,
            by=by,
            position=authority.position,
            reason=reason,
            facts=facts,
            approved_revision=revision,
        )
    position = authority.position
    review = build_review(
        revision, step, by=by, reason=reason, position=position, overridden=overridden
    )
    review.save()
    sign(review, revision, proof)
    count_outcome(post.unit, overridden, LeakCount.Outcome.OVERRIDDEN)
    if step != Decision.FIRST:
        check_again(revision, post.unit)
    if announce and step == Decision.FIRST:
        _ask_the_province(post, revision, by=by)
    elif announce:
        _announce_approval(post, by=by, scheduled=scheduled, first=first)
    return step != Decision.FIRST


# The province has so long where neither a requested time nor an end of validity says otherwise.
SECOND_LASTS = timedelta(days=3)


def _approve_first(
    post: Post,
    revision: Revision,
    *,
    by: User,
    position: str,
    reason: str,
    facts: Mapping[str, Any],
    at: datetime | None,
) -> None:
    """Give the unit's approval, and ask for the province's until the post is to go out."""
    now = timezone.now()
    requested = at or post.requested_time
    ahead = [moment for moment in (requested, post.ends_at) if moment and moment > now]
    due_at = min(ahead, default=now + SECOND_LASTS)
    fields = {}
    if requested != post.requested_time:
        fields = {"requested_time": requested}
        before = post.requested_time
        facts = {**facts, REQUESTED_BEFORE: before.isoformat() if before else ""}
    endorse_post(
        post,
        revision,
        by=by,
        position=position,
        reason=reason,
        asked_at=now,
        due_at=due_at,
        facts=facts,
        **fields,
    )


def _ask_the_province(post: Post, revision: Revision, *, by: User) -> None:
    writers, due_at = {revision.author_id, revision.editor_id, by.pk}, post.second_period[1]
    notify(
        second_approvers(post.unit, besides=writers),
        "post_second_asked",
        address=reverse("publishing:review", args=[post.public_id]),
        joined_address=reverse("publishing:second_queue"),
        unit=post.unit,
        title=post,
        when=format_local_time(due_at),
    )
    notify_writers(post, "post_first_approved", by=by, when=format_local_time(due_at))


def _announce_approval(post: Post, *, by: User, scheduled: bool, first: Review | None) -> None:
    also = [first.by] if first else []
    if scheduled:
        notify_writers(post, "post_approved", by=by, also=also)
    else:
        notify_writers(
            post,
            "post_to_schedule",
            by=by,
            also=also,
            address=reverse("publishing:schedule", args=[post.public_id]),
        )


@transaction.atomic
def request_changes(post: Post, revision: Revision, *, by: User, reason: str) -> None:
    """Return a submitted post for revision, as the unit or, at its step, the province."""
    authority = require(by, deciding_right(post), unit=post.unit)
    first = first_approval(post)
    if not reason.strip():
        raise Refused(_("Please write why, so that the officer can revise the post."))
    require_no_leak(reason)
    if post.current_revision_id != revision.pk:
        raise Refused(_("The post was changed meanwhile. Reload the page and look again."))
    move_post(post, PostState.CHANGES_REQUESTED, by=by, position=authority.position, reason=reason)
    review = build_review(
        revision, Decision.RETURNED, by=by, reason=reason.strip(), position=authority.position
    )
    review.save()
    # Who revises the post answers there, and resolves it.
    Thread.objects.create(revision=revision, review=review, begun_at=review.decided_at)
    also = [first.by] if first else []
    notify_writers(post, "post_returned", by=by, also=also, reason=reason.strip())


@transaction.atomic
def undo_approval(post: Post, *, by: User, now: datetime) -> Revision:
    """Undo one's own approval within `UNDO`; the same content waits for review as a new revision,
    for the province's where that gave it, and for the unit's where that gave the first of two.

    The old revision keeps its approval and its end on record, and is never approved again. Raise
    Refused when somebody else approved it or the seconds are over. The caller deals with the
    deliveries of the returned revision.
    """
    fields = ["state", "version", "approved_revision", "current_revision", "submitted_at"]
    post.refresh_from_db(fields=[*fields, "endorsed_revision", "requested_time"])
    if post.endorsed_revision:
        return _undo_first(post, post.endorsed_revision, by=by, now=now)
    revision = post.approved_revision
    second = revision is not None and was_second(post, revision)
    right = Permission.POST_APPROVE_SECOND if second else Permission.POST_APPROVE
    authority = require(by, right, unit=post.unit)
    review = Review.objects.filter(revision=revision, decision=Decision.APPROVED, by=by).first()
    if revision is None or review is None or now - review.decided_at > UNDO:
        raise _too_late_to_undo()
    again = repeat_revision(revision, now=now)
    move_post(
        post,
        PostState.IN_REVIEW,
        by=by,
        position=authority.position,
        action="post.approval_undone",
        approved_revision=None,
        current_revision=again,
        endorsed_revision=again if second else None,
    )
    notify_writers(post, "post_approval_undone", by=by)
    return revision


def _undo_first(post: Post, revision: Revision, *, by: User, now: datetime) -> Revision:
    """Undo the unit's approval of what waits for the province, whose request ends with it; the
    requested time is what it was.
    """
    authority = require(by, Permission.POST_APPROVE, unit=post.unit)
    review = Review.objects.filter(revision=revision, decision=Decision.FIRST, by=by).first()
    if review is None or now - review.decided_at > UNDO:
        raise _too_late_to_undo()
    cancel_endorsement(
        post,
        repeat_revision(revision, now=now),
        by=by,
        position=authority.position,
        requested_time=requested_before_first(post),
    )
    build_review(revision, Decision.UNDONE, by=by, position=authority.position).save()
    notify_writers(post, "post_approval_undone", by=by)
    notify(
        second_approvers(post.unit, besides={revision.author_id, revision.editor_id, by.pk}),
        "post_second_called_off",
        address=reverse("publishing:post", args=[post.public_id]),
        unit=post.unit,
        title=post,
    )
    return revision


def _too_late_to_undo() -> Refused:
    return Refused(
        _("The time to take the approval back is over. Open the post for editing, or withdraw it.")
    )


@transaction.atomic
def reopen(post: Post, *, by: User) -> None:
    """Open a submitted or approved post for editing. Its approval ends, and with it whatever was
    scheduled.
    """
    authority = require(by, Permission.POST_WRITE, unit=post.unit)
    was_approved = post.state == PostState.APPROVED
    if post.state == PostState.ARCHIVED:  # taken back by its own action, for a while
        raise Refused(_("The post was changed meanwhile. Reload the page and look again."))
    move_post(post, PostState.DRAFT, by=by, position=authority.position, approved_revision=None)
    if was_approved:
        approval_ended.send(Post, post=post, by=by, reason="", withdrawn=False)


@transaction.atomic
def withdraw(post: Post, *, by: User, reason: str) -> None:
    """Withdraw a post, as its unit's leader or the province, with a reason. What was scheduled
    stops with it.
    """
    authority = require(by, Permission.POST_WITHDRAW, unit=post.unit)
    if not reason.strip():
        raise Refused(_("Please write why the post is withdrawn."))
    require_no_leak(reason)
    was_approved = post.state == PostState.APPROVED
    move_post(
        post,
        PostState.WITHDRAWN,
        by=by,
        position=authority.position,
        reason=reason.strip(),
        approved_revision=None,
    )
    if was_approved:
        approval_ended.send(Post, post=post, by=by, reason=reason.strip(), withdrawn=True)
    notify_writers(post, "post_withdrawn", by=by, reason=reason.strip())


@transaction.atomic
def withdraw_many(posts: QuerySet[Post], *, by: User, position: str, reason: str) -> int:
    """Withdraw approved posts in one action, as ``withdraw`` does one; return how many. The caller
    has checked the right and deals with their deliveries.
    """
    approved = posts.filter(state=PostState.APPROVED).order_by("pk").select_for_update(of=("self",))
    rows = list(approved.values_list("pk", "public_id", "label", "title", "unit__path"))
    revisions = Revision.objects.filter(post__in=[pk for pk, *_rest in rows])
    who: dict[str, Any] = {"by": by, "position": position, "reason": reason}
    Review.objects.bulk_create(
        build_review(revision, Decision.ENDED, **who)
        for revision in revisions.filter(pk=F("post__approved_revision")).defer("content")
    )
    Post.objects.filter(pk__in=[pk for pk, *_rest in rows]).update(
        state=PostState.WITHDRAWN, approved_revision=None, version=F("version") + 1
    )
    entry = {
        "at": timezone.now(),
        "actor_id": by.pk,
        "actor_name": str(by),
        "actor_position": position,
        "reason": reason,
        "action": "post.withdrawn",
        "object_type": Post._meta.label_lower,
        "data": {"was": PostState.APPROVED},
    }
    record_many(
        [
            {
                **entry,
                "object_id": str(public_id),
                "object_label": (label or title)[:250],
                "unit_path": path,
            }
            for _pk, public_id, label, title, path in rows
        ]
    )
    return len(rows)


def notify_writers(
    post: Post,
    kind: str,
    *,
    by: User,
    address: str = "",
    also: Sequence[User] = (),
    **facts: Any,
) -> None:
    """Notify author, last editor and those named besides; ``by`` knows it already."""
    people = {p.pk: p for p in (post.author, post.last_editor, *also) if p.pk != by.pk}
    address = address or reverse("publishing:post", args=[post.public_id])
    notify(people.values(), kind, address=address, by=by, title=post, **facts)
