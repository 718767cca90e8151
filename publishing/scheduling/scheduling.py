"""Scheduling of approved posts: schedule, move to another time, cancel."""

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import BooleanField, ExpressionWrapper, Min, Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import Permission
from accounts.queries import require
from accounts.services import mark_notices_done
from audit.services import make_entry, record, record_entries
from campaigns.kits.models import Kit
from campaigns.models import Campaign
from channels.models import Channel
from channels.states import Health, by_platform
from core.clock import database_now, format_local_time
from core.errors import Refused
from posts.canonical import content
from posts.findings import kit_obstacles, media_obstacles
from posts.leak_rules.enforcement import is_held_back
from posts.models import Post, Revision, RevisionMedia
from posts.states import ENDS, PostState
from publishing.deliveries import schedules
from publishing.deliveries.transitions import TransitionRefused, move, move_many
from publishing.models import Delivery
from publishing.scheduling.conflicts import refuse_blackout, refuse_same_text
from publishing.states import (
    CANCELLABLE,
    MOVABLE,
    WAITING,
    Reason,
    State,
)


@transaction.atomic
def schedule(
    post: Post,
    *,
    by: User,
    due_at: datetime | None = None,
    times: dict[Channel, datetime] | None = None,
    not_after: timedelta | None = None,
    same_text: bool = False,
) -> list[Delivery]:
    """Schedule the approved revision, to all its channels at ``due_at`` or to each at ``times``.

    ``due_at`` is spread where its campaign says so, ``times`` are kept exactly. None means now.
    Raises Refused when the post is not approved, a time has passed or lies in a blackout, or a
    channel carries it already; also when another post would show the same text on a channel in the
    same minute, unless ``same_text`` says that it is intended.
    """
    appointment = require(by, Permission.POST_SCHEDULE, unit=post.unit)
    related = ("unit", "adoption__kit", "adoption__version")
    post = Post.objects.select_for_update(of=("self",)).select_related(*related).get(pk=post.pk)
    revision = post.approved_revision
    # Its approval may have ended, whatever the post's row says.
    if (
        post.state != PostState.APPROVED
        or revision is None
        or revision.reviews.filter(decision__in=ENDS).exists()
    ):
        raise Refused(_("Only an approved post can be scheduled."))
    if is_held_back(revision, post.unit):
        raise Refused(
            _(
                "Since the approval, a rule against the leak of personal data and secrets became "
                "stricter. Open the post for editing; the composer shows what is to be changed."
            )
        )
    if reasons := [*media_obstacles(revision.content), *kit_obstacles(post, revision.content)]:
        raise Refused(" ".join(reasons))
    now = timezone.now()
    if times is None:
        times = dict.fromkeys(channels_of(revision), spread_time(post, due_at) if due_at else now)
    if not times:
        raise Refused(_("No channel is chosen."))
    times = {channel: at or now for channel, at in times.items()}
    # These locks keep two people from scheduling the same text for the same minute at once.
    locks = Channel.objects.select_for_update(of=("self",), no_key=True)
    list(locks.filter(pk__in=[channel.pk for channel in times]).order_by("pk").values_list("pk"))
    refuse_same_text(
        post, revision, {channel: max(at, now) for channel, at in times.items()}, same_text
    )
    refuse_blackout(post, {channel: max(at, now) for channel, at in times.items()})
    for channel, at in times.items():
        if at < now - timedelta(minutes=1):
            raise Refused(_("The time of publication must be later than now."))
        refuse_after_validity(post, at)
        _refuse_channel(post, revision, channel)
    deliveries = [
        _build_delivery(revision, channel, max(at, now), post=post, by=by, not_after=not_after)
        for channel, at in times.items()
    ]
    try:
        with transaction.atomic():
            Delivery.objects.bulk_create(deliveries)
    except IntegrityError:
        raise Refused(
            _("The post is already scheduled or published on one of these channels.")
        ) from None
    record_entries(
        make_entry(
            "delivery.scheduled",
            row,
            by=by,
            position=appointment.position,
            due_at=row.due_at.isoformat(),
        )
        for row in deliveries
    )
    deciders = revision.reviews.values_list("by", flat=True)
    mark_notices_done(
        {post.author_id, post.last_editor_id, *deciders},
        "post_to_schedule",
        address=reverse("publishing:schedule", args=[post.public_id]),
    )
    return deliveries


def refuse_after_validity(post: Post, at: datetime) -> None:
    if post.ends_at and at >= post.ends_at:
        raise Refused(
            _("The post is valid only until %(when)s.") % {"when": format_local_time(post.ends_at)}
        )
    revision_media = RevisionMedia.objects.filter(revision=post.approved_revision_id)
    last = revision_media.aggregate(day=Min("media__expires_on"))["day"]
    if last and timezone.localdate(at) > last:
        raise Refused(
            _("A picture of the post may be used until %(day)s only. Take another picture.")
            % {"day": f"{last:%d/%m/%Y}"}
        )


def _refuse_channel(post: Post, revision: Revision, channel: Channel) -> None:
    """Raise Refused unless the revision was approved for the channel, and the channel is the
    unit's.
    """
    intended = {target["channel"] for target in revision.content["channels"]}
    if str(channel.public_id) not in intended or channel.unit_id != post.unit_id:
        raise Refused(
            _("The approved version is not meant for %(channel)s.") % {"channel": channel}
        )


def _build_delivery(
    revision: Revision,
    channel: Channel,
    at: datetime,
    *,
    post: Post,
    by: User,
    not_after: timedelta | None,
) -> Delivery:
    """Return the delivery with its seal, not stored yet."""
    row = Delivery(
        revision=revision,
        channel=channel,
        post=post,
        unit=post.unit,
        platform=channel.platform,
        content_sha256=revision.content_sha256,
        due_at=at,
        fire_at=at,
        not_after=at + (not_after or _leeway_of(channel)),
        prepare_at=_preparation_start(at) if shows_video(revision.content, channel) else None,
        scheduled_by=by,
    )
    schedules.seal(row)
    return row


def _leeway_of(channel: Channel) -> timedelta:
    manual = channel.health == Health.MANUAL
    return timedelta(
        seconds=settings.PUBLISHING["manual_seconds" if manual else "not_after_seconds"]
    )


def shows_video(approved: Mapping[str, Any], channel: Channel) -> bool:
    """Tell whether what was approved for the channel has a video, which takes time to upload."""
    target = content.target_of(approved, channel.public_id)
    assert target is not None, "nothing was approved for this channel"
    return any("video" in entry for entry in content.media_for(approved, target))


def _preparation_start(due_at: datetime) -> datetime:
    return due_at - timedelta(seconds=settings.PUBLISHING["prepare_ahead_seconds"])


def spread_time(post: Post, due_at: datetime) -> datetime:
    """Return when the post goes out instead of at ``due_at``, if its kit or else its campaign
    spreads one moment over some minutes.

    Each unit has its own place in those minutes, and every repeat finds the same one. Needs
    ``campaign``, ``adoption`` with its version, and ``unit``.
    """
    spread = find_spread(post)
    if spread is None:
        return due_at
    source, minutes = spread
    name = f"{source.public_id}:{post.unit.key}".encode()
    place = int(hashlib.sha256(name).hexdigest(), 16) % (minutes * 60)
    at = due_at + timedelta(seconds=place)
    if post.ends_at:
        at = min(at, post.ends_at - timedelta(minutes=1))
    return max(at, due_at)


def find_spread(post: Post) -> tuple[Kit | Campaign, int] | None:
    """Return the kit, or else the campaign, that spreads the post, and over how many minutes."""
    if post.adoption and (minutes := post.adoption.version.spread_minutes):
        return post.adoption.kit, minutes
    if post.campaign and (minutes := post.campaign.spread_minutes):
        return post.campaign, minutes
    return None


def channels_of(revision: Revision) -> list[Channel]:
    """Return the channels of the revision's approval that are still connected to the unit."""
    ids = [target["channel"] for target in revision.content["channels"]]
    return list(
        Channel.objects.offered()
        .filter(public_id__in=ids, unit__posts=revision.post_id)
        .order_by(by_platform(), "name")
    )


@transaction.atomic
def reschedule(delivery: Delivery, *, by: User, due_at: datetime, same_text: bool = False) -> None:
    """Move a delivery that nobody has claimed yet to another time.

    ``same_text`` is as for `schedule`.
    """
    appointment = require(by, Permission.POST_SCHEDULE, unit=delivery.unit)
    now = timezone.now()
    if due_at <= now:
        raise Refused(_("The time of publication must be later than now."))
    refuse_after_validity(delivery.post, due_at)
    refuse_blackout(delivery.post, {delivery.channel: due_at})
    Channel.objects.select_for_update(of=("self",), no_key=True).get(pk=delivery.channel_id)
    refuse_same_text(delivery.post, delivery.revision, {delivery.channel: due_at}, same_text)
    leeway = delivery.not_after - delivery.due_at
    row = Delivery.objects.filter(pk=delivery.pk, state__in=MOVABLE, attempt=delivery.attempt)
    times: dict[str, Any] = {"due_at": due_at, "fire_at": due_at, "not_after": due_at + leeway}
    if delivery.prepare_at:
        # Some drafts die with age: one that is there already is looked at again, as one under way
        # is.
        times["prepare_at"] = _preparation_start(due_at)
        times["draft_partial"] = ExpressionWrapper(~Q(draft_ref=""), BooleanField())
    if not row.update(**times):
        if Delivery.objects.get(pk=delivery.pk).is_prepared_early:
            message = _(
                "Its video is being brought to the platform now. Move it in some "
                "minutes, or cancel it."
            )
            raise Refused(message)
        raise Refused(_("It is being published already and can no longer be moved."))
    was = delivery.due_at
    delivery.refresh_from_db(fields=[*times])
    # Nobody moves it at the same time: the row is locked since it was written.
    moves = schedules.count_moves([delivery.public_id])
    schedules.seal(delivery, moved=moves.total() + 1)
    delivery.save(update_fields=["key_id", "seal"])
    record(
        "delivery.moved",
        delivery,
        by=by,
        position=appointment.position,
        was=was.isoformat(),
        due_at=due_at.isoformat(),
    )


@transaction.atomic
def reschedule_all(
    post: Post, *, by: User, due_at: datetime, same_text: bool = False
) -> list[Delivery]:
    """Move everything of the post that nobody has claimed yet to one time, all or nothing.

    ``same_text`` is as for `schedule`.
    """
    rows = list(find_waiting(post))
    if not rows:
        raise Refused(_("Nothing of this post can be moved any more."))
    for row in rows:
        reschedule(row, by=by, due_at=due_at, same_text=same_text)
    return rows


def find_waiting(post: Post) -> QuerySet[Delivery]:
    """Find what of the post is scheduled and may still be moved."""
    rows = post.deliveries.filter(state=State.SCHEDULED)
    return rows.select_related("post__unit", "unit", "channel", "revision").order_by("pk")


@transaction.atomic
def cancel(delivery: Delivery, *, by: User, reason: str = "") -> None:
    """Stop a delivery before it is visible.

    What was never attempted is cancelled; what is an invisible draft on the platform is withdrawn
    there. Raises Refused when the visible call has begun.
    """
    appointment = require(by, Permission.POST_SCHEDULE, unit=delivery.unit)
    _cancel_delivery(delivery, by=by, position=appointment.position, reason=reason)


def _cancel_delivery(delivery: Delivery, *, by: User | None, position: str, reason: str) -> None:
    # An earlier try may have left an invisible draft on the platform: then it is withdrawn there
    # first.
    to = State.RECALLING if delivery.draft_ref else State.CANCELLED
    fields = {"verify_at": database_now(), "verify_count": 0} if delivery.draft_ref else {}
    if delivery.state not in CANCELLABLE:
        raise Refused(_("It is being published already and can no longer be cancelled."))
    try:
        clean = {"lease_until": None, "error_code": Reason.NONE}
        move(delivery, to, by=by, position=position, reason=reason, **clean, **fields)
    except TransitionRefused:
        raise Refused(_("It is being published already and can no longer be cancelled.")) from None


def cancel_waiting_on_channel(channel: Channel, *, by: User, position: str, reason: str) -> int:
    """Cancel what waits for a channel that left the unit's hands; return how many.

    Called in the transaction in which it does. What the engine has claimed is not begun any more:
    the channel is no longer its unit's.
    """
    waiting = Delivery.objects.select_for_update(of=("self",)).select_related("unit")
    rows = list(waiting.filter(channel=channel, state__in=WAITING))
    who: dict[str, Any] = {"by": by, "position": position, "reason": reason}
    return len(
        move_many(
            rows,
            State.CANCELLED,
            now=database_now(),
            error_code=Reason.CHANNEL_LEFT,
            verify_at=None,
            **who,
        )
    )


def stop_all(post: Post, *, by: User, reason: str) -> int:
    """Stop every delivery of the post that has not been seen in public; return how many.

    Called in the transaction in which the approval ends, so that none can be claimed after it.
    """
    stopped = 0
    waiting = Delivery.objects.select_for_update(of=("self",)).filter(
        post=post, state__in=CANCELLABLE
    )
    for delivery in waiting:
        try:
            _cancel_delivery(delivery, by=by, position="", reason=reason)
            stopped += 1
        except Refused:
            # it holds a draft on the platform; the engine withdraws it when it finds the approval
            # gone
            continue
    return stopped
