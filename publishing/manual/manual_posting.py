"""Manual publishing, where a channel gives the portal no API right: what is due becomes a task, and
a link closes it.

The same approval, the same calendar, the same rows: only who makes the visible call is another.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Min, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.notices import notify
from accounts.permissions import Permission
from accounts.queries import holders, require
from channels.connection.addresses import check_post
from channels.states import Health, Lifecycle
from core.clock import Clock, database_now, format_local_time
from core.errors import Refused
from platforms.messages import Message
from posts.kit_placeholders import find_invalid_values
from posts.states import PostState
from publishing.deliveries.claims import skip_locked
from publishing.deliveries.leaks import fail_deliveries_with_leaks
from publishing.deliveries.limits import serialise_invalid_value, violation_sentence
from publishing.deliveries.messages import build_approved_message, has_proved_approval, pictures_for
from publishing.deliveries.notices import notify_schedulers
from publishing.deliveries.schedules import find_unproved, schedule_of
from publishing.deliveries.transitions import TransitionRefused, move, move_many
from publishing.models import Delivery
from publishing.states import Reason, ReceiptSource, State

_BATCH = 200


def create_manual_tasks(*, clock: Clock = database_now) -> int:
    """Create tasks from what is due on channels by hand; return how many.

    Those who can do them are notified.
    """
    now = clock()
    due = Q(state=State.SCHEDULED, channel__health=Health.MANUAL, due_at__lte=now)
    if not Delivery.objects.filter(due).exists():
        return 0  # the usual case: to ask the whole question takes 8 ms
    with transaction.atomic():
        claimed = list(
            skip_locked()
            .filter(due)
            .deliverable_now(now)
            .select_related("unit", "channel", "post", "revision")
            .order_by("due_at", "pk")[:_BATCH]
        )
        stopped = fail_deliveries_with_leaks(claimed, now=now)
        stopped |= fail_deliveries_with_invalid_values(
            [row for row in claimed if row.pk not in stopped], now=now
        )
        allowed = [row for row in claimed if row.pk not in stopped]
        unproved = find_unproved(map(schedule_of, allowed))
        rows = [
            row for row in allowed if row.public_id not in unproved and has_proved_approval(row)
        ]
        move_many(
            [row for row in allowed if row not in rows],
            State.FAILED,
            now=now,
            error_code=Reason.NOT_APPROVED,
        )
        moved = move_many(
            rows,
            State.MANUAL,
            now=now,
            values_by_pk={row.pk: {"manual_deadline": _deadline(row)} for row in rows},
            # What an earlier try left on the platform is out of reach: the credentials are
            # destroyed.
            draft_ref="",
            draft_partial=False,
            error_code=Reason.NONE,
            platform_code="",
            error_detail="",
        )
        for row in rows:
            if row.pk in moved:
                _notify(row)
    return len(moved)


def _deadline(row: Delivery) -> datetime:
    return min(row.not_after, row.post.ends_at or row.not_after)


def _notify(row: Delivery) -> None:
    people = holders(Permission.POST_SCHEDULE, unit=row.unit)
    address = reverse("publishing:manual_task", args=[row.public_id])
    until = format_local_time(_deadline(row))
    notify(
        people,
        "delivery_by_hand",
        address=address,
        joined_address=reverse("publishing:manual_tasks"),
        title=row.post,
        channel=row.channel,
        until=until,
    )


def approved_message(row: Delivery) -> Message | None:
    """Return the message exactly as it was approved.

    None when the stored text or a picture is no longer that.
    """
    if not has_proved_approval(row):
        return None
    try:
        return build_approved_message(row, pictures_for([row]))
    except KeyError:
        return None


def describe_refusal(row: Delivery, *, now: datetime) -> str:
    """Say why the task may not be done now, in the officer's words; empty when it may.

    Needs ``post``, ``revision``, ``channel`` and ``unit``.
    """
    if not has_proved_approval(row):
        return _(
            "The stored text is no longer what was approved. Do not post it; report this to the "
            "system administrator at once."
        )
    # The whole question is the database's, as for all that is sent; what follows only finds the
    # words.
    if Delivery.objects.filter(pk=row.pk).manual_due(now).exists():
        if not find_unproved([schedule_of(row)]):
            return ""
        return _(
            "Nobody chose this page and time for the post, or its publication was stopped. Do not "
            "post it; report this to the system administrator at once."
        )
    if row.recall_id or row.post.state == PostState.WITHDRAWN:
        return _("The post was withdrawn. Do not post it.")
    if row.post.state != PostState.APPROVED or row.post.approved_revision_id != row.revision_id:
        return _("The approval has ended. Do not post it.")
    if row.channel.health == Health.DISCONNECTED or row.channel.unit_id != row.unit_id:
        return _("The page is no longer a channel of the unit. Do not post it.")
    if row.channel.lifecycle != Lifecycle.ACTIVE:
        return _(
            "The unit does not use this page at present, or must first confirm it. Do not post it."
        )
    if row.not_after <= now or (row.post.ends_at and row.post.ends_at <= now):
        return _(
            "The deadline has passed. Do not post it any more; schedule it again if it "
            "is still wanted."
        )
    if Delivery.objects.filter(pk=row.pk).under_pause(now).exists():
        return _("Publishing is paused. Do not post it while the pause lasts.")
    return _("Publishing is stopped at present. Do not post it.")


@transaction.atomic
def close(
    delivery: Delivery, *, by: User, permalink: str, published_at: datetime | None = None
) -> None:
    """Close the task: the post is live on the page, as its link proves.

    ``published_at`` is when it was posted, if not just now. Raises Refused when it may not be
    posted now, or when the link cannot be one of this page.
    """
    appointment = require(by, Permission.POST_SCHEDULE, unit=delivery.unit)
    related = ("post", "revision", "channel", "unit")
    row = (
        Delivery.objects.select_for_update(of=("self",))
        .select_related(*related)
        .get(pk=delivery.pk)
    )
    now = timezone.now()
    if row.state != State.MANUAL:
        raise Refused(_("Somebody has decided this meanwhile. Reload the page."))
    if reason := describe_refusal(row, now=now):
        raise Refused(reason)
    check_post(row.channel, permalink)
    if (
        Delivery.objects.filter(channel=row.channel, permalink=permalink)
        .exclude(pk=row.pk)
        .exists()
    ):
        raise Refused(_("This link belongs to another post already. Copy the address of this one."))
    try:
        move(
            row,
            State.PUBLISHED,
            by=by,
            position=appointment.position,
            receipt_source=ReceiptSource.POSTED,
            permalink=permalink,
            published_at=_time_of_posting(row, published_at, now),
        )
    except TransitionRefused:
        raise Refused(_("Somebody has decided this meanwhile. Reload the page.")) from None
    delivery.refresh_from_db()


def _time_of_posting(row: Delivery, entered: datetime | None, now: datetime) -> datetime:
    """Return the time of posting as the person entered it,
    known to the minute. Raises Refused where it cannot be."""
    if entered is None:
        return now
    # A task whose deadline passed before the link was entered was given out again: the first hour
    # counts.
    same = Delivery.objects.filter(
        post=row.post_id, channel=row.channel_id, revision=row.revision_id
    )
    due_at = same.aggregate(first=Min("due_at"))["first"]
    if entered > now + timedelta(minutes=1):
        raise Refused(_("The time of posting cannot be later than now."))
    if entered < due_at.replace(second=0, microsecond=0):
        raise Refused(
            _("It was not due before %(when)s. Enter the time at which it was posted.")
            % {"when": format_local_time(due_at)}
        )
    return min(entered, now)


@transaction.atomic
def fail_deliveries_with_invalid_values(rows: Sequence[Delivery], *, now: datetime) -> set[int]:
    """Fail those of ``rows`` whose kit has an invalid value, and notify their units; return their
    keys. The rows are locked, with unit, post, channel and revision.
    """
    labels = find_invalid_values({row.pk: row.revision.content for row in rows})
    stopped = [row for row in rows if row.pk in labels]
    details = {pk: serialise_invalid_value(label) for pk, label in labels.items()}
    moved = move_many(
        stopped,
        State.FAILED,
        now=now,
        values_by_pk={pk: {"error_detail": detail} for pk, detail in details.items()},
        error_code=Reason.DOES_NOT_FIT,
        platform_code="kit_gap",
    )
    for row in stopped:
        if row.pk in moved:
            sentence = violation_sentence(details[row.pk], page=str(row.channel))
            notify_schedulers(row, "delivery_failed", reason=sentence)
    return {row.pk for row in stopped}
