"""The acts on deliveries. The engine moves rows by the same `move` and `move_many`."""

import hashlib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import BooleanField, ExpressionWrapper, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import Permission
from accounts.queries import require
from audit.models import Entry
from audit.services import entry, record, record_many
from channels.models import Channel
from channels.states import Health
from core.bulk import update_from_values
from core.clock import database_now
from core.errors import Refused
from posts import content
from posts import services as posts
from posts.models import Post, Revision
from posts.states import PostState
from publishing import queries
from publishing.models import Delivery
from publishing.states import NEXT, RECALL_TASKS, State

# Not visible yet, and nothing that makes it visible has begun: it can still be stopped.
UNSEEN = frozenset({State.SCHEDULED, State.CLAIMED, State.STAGED, State.BY_HAND})


class StepRefused(Exception):
    """The table does not allow this step, or somebody else moved the row first."""


@transaction.atomic
def move(
    delivery: Delivery, to: State, *, by: User | None = None, post_held: str = "", reason: str = "", **fields: Any
) -> None:
    """The one way a delivery changes state: checked, race-free, on record. Raises StepRefused."""
    was = State(delivery.state)
    row = Delivery.objects.filter(pk=delivery.pk, state=was, attempt=delivery.attempt)
    if to not in NEXT[was] or not row.update(state=to, **fields):
        raise StepRefused(f"{delivery.public_id}: {was} -> {to}")
    delivery.refresh_from_db(fields=["state", *fields])
    record(
        f"delivery.{to}",
        delivery,
        by=by,
        post_held=post_held,
        reason=reason,
        was=was,
        attempt=delivery.attempt,
        error=delivery.error_code,
    )


def move_many(
    rows: Iterable[Delivery],
    to: State,
    *,
    now: datetime,
    each: Mapping[int, Mapping[str, Any]] | None = None,
    new_attempt: bool = False,
    by: User | None = None,
    post_held: str = "",
    reason: str = "",
    **fields: Any,
) -> set[int]:
    """`move` for batches: one UPDATE for all rows that are in one state, audit rows in bulk.

    ``fields`` are the same for all rows; ``each`` maps a row's pk to its own values, the same names for every row and
    never None. Returns the pks that moved: a row that somebody else moved first is left alone. Rows in memory, with
    ``unit`` loaded or the engine's own shipments, are brought up to date in what they hold.
    """
    moved: set[int] = set()
    who = {
        "actor_id": by.pk if by else None,
        "actor_name": str(by) if by else "",
        "post_held": post_held,
        "reason": reason,
    }
    by_state: dict[State, list[Delivery]] = {}
    for row in rows:
        by_state.setdefault(State(row.state), []).append(row)
    with transaction.atomic():
        for was, group in by_state.items():
            if to not in NEXT[was]:
                raise StepRefused(f"{was} -> {to}")
            won = update_from_values(
                Delivery,
                [{"id": r.pk, "attempt": r.attempt, **(each[r.pk] if each else {})} for r in group],
                match=("id", "attempt"),
                where={"state": was},
                fields={"state": to, **fields},
                increment="attempt" if new_attempt else "",
            )
            entries = []
            for row in group:
                if row.pk in won:
                    values = {"state": to, **fields, **(each[row.pk] if each else {})}
                    for name, value in values.items():
                        with suppress(AttributeError):
                            setattr(row, name, value)
                    row.attempt += new_attempt
                    entries.append(
                        {
                            "at": now,
                            "action": f"delivery.{to}",
                            "object_type": "publishing.delivery",
                            "object_id": str(row.public_id),
                            "unit_path": row.unit_path,
                            "data": {"was": was, "attempt": row.attempt, "error": row.error_code},
                            **who,
                        }
                    )
            record_many(entries)
            moved |= won
    return moved


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
    """Puts the approved revision on its way: to all its channels at ``due_at``, spread where its campaign says so, or
    per channel at exactly ``times``.

    None means now. Raises Refused when the post is not approved, a time has passed, or a channel carries it already;
    also when another post would show the same text on a channel in the same minute, unless ``same_text`` says that it
    is meant.
    """
    held = require(by, Permission.POST_SCHEDULE, unit=post.unit)
    related = ("unit", "approved_revision", "campaign")
    post = Post.objects.select_for_update(of=("self",)).select_related(*related).get(pk=post.pk)
    revision = post.approved_revision
    if post.state != PostState.APPROVED or revision is None:
        raise Refused(_("Only an approved post can be scheduled."))
    now = timezone.now()
    if times is None:
        times = dict.fromkeys(channels_of(revision), spread(post, due_at) if due_at else now)
    if not times:
        raise Refused(_("No channel is chosen."))
    meant = {entry["channel"] for entry in revision.content["channels"]}
    # The channels' rows keep two people from scheduling the same text for the same minute at once.
    locks = Channel.objects.select_for_update(of=("self",), no_key=True)
    list(locks.filter(pk__in=[channel.pk for channel in times]).order_by("pk").values_list("pk"))
    _refuse_same_text(post, revision, {channel: max(at or now, now) for channel, at in times.items()}, same_text)
    deliveries = []
    for channel, at in times.items():
        at = at or now
        if at < now - timedelta(minutes=1):
            raise Refused(_("The time of publication must be later than now."))
        if post.valid_until and at >= post.valid_until:
            raise Refused(_("The post is valid only until %(when)s.") % {"when": local(post.valid_until)})
        if str(channel.public_id) not in meant or channel.unit_id != post.unit_id:
            raise Refused(_("The approved version is not meant for %(channel)s.") % {"channel": channel})
        at = max(at, now)
        deliveries.append(
            Delivery(
                revision=revision,
                channel=channel,
                post=post,
                unit=post.unit,
                platform=channel.platform,
                content_sha256=revision.content_sha256,
                due_at=at,
                fire_at=at,
                not_after=at + (not_after or _patience(channel)),
                prepare_at=_prepared_from(at) if shows_video(revision.content, channel) else None,
                scheduled_by=by,
            )
        )
    try:
        with transaction.atomic():
            Delivery.objects.bulk_create(deliveries)
    except IntegrityError:
        raise Refused(_("The post is already scheduled or published on one of these channels.")) from None
    Entry.objects.bulk_create(
        entry("delivery.scheduled", d, by=by, post_held=held.post_held, due_at=d.due_at.isoformat()) for d in deliveries
    )
    return deliveries


def _patience(channel: Channel) -> timedelta:
    by_hand = channel.health == Health.BY_HAND
    return timedelta(seconds=settings.PUBLISHING["by_hand_seconds" if by_hand else "not_after_seconds"])


def shows_video(approved: Mapping[str, Any], channel: Channel) -> bool:
    """Whether what was approved for the channel has a video, which takes its time to be brought there."""
    target = next(each for each in approved["channels"] if each["channel"] == str(channel.public_id))
    return any("video" in entry for entry in content.media_for(approved, target))


def _prepared_from(due_at: datetime) -> datetime:
    return due_at - timedelta(seconds=settings.PUBLISHING["prepare_ahead_seconds"])


def spread(post: Post, due_at: datetime) -> datetime:
    """When the post goes out instead of at ``due_at``, if its campaign spreads one moment over some minutes.

    Each unit has its own place in those minutes, and every repeat finds the same one. Needs ``campaign`` and ``unit``.
    """
    if not post.campaign or not post.campaign.spread_minutes:
        return due_at
    name = f"{post.campaign.public_id}:{post.unit.key}".encode()
    place = int(hashlib.sha256(name).hexdigest(), 16) % (post.campaign.spread_minutes * 60)
    at = due_at + timedelta(seconds=place)
    if post.valid_until:
        at = min(at, post.valid_until - timedelta(minutes=1))
    return max(at, due_at)


def _refuse_same_text(post: Post, revision: Revision, times: dict[Channel, datetime], meant: bool) -> None:
    same = [other for other in queries.same_minute(post, revision, times) if other.same_text]
    if same and not meant:
        told = {"title": same[0].delivery.post, "channel": same[0].channel, "when": local(same[0].delivery.due_at)}
        raise Refused(
            _(
                "“%(title)s” shows the same text on %(channel)s in the same minute (%(when)s). "
                "Choose another time, or confirm when scheduling that it is meant."
            )
            % told
        )


def channels_of(revision: Revision) -> list[Channel]:
    """The channels that the revision was approved for and that are still connected to the unit."""
    ids = [target["channel"] for target in revision.content["channels"]]
    return list(
        Channel.objects.offered().filter(public_id__in=ids, unit=revision.post.unit).order_by("platform", "name")
    )


def local(moment: datetime) -> str:
    return timezone.localtime(moment).strftime("%H:%M %d/%m/%Y")


@transaction.atomic
def reschedule(delivery: Delivery, *, by: User, due_at: datetime, same_text: bool = False) -> None:
    """Moves a delivery that nobody has taken in hand yet to another time. ``same_text`` as for `schedule`."""
    held = require(by, Permission.POST_SCHEDULE, unit=delivery.unit)
    now = timezone.now()
    if due_at <= now:
        raise Refused(_("The time of publication must be later than now."))
    if delivery.post.valid_until and due_at >= delivery.post.valid_until:
        raise Refused(_("The post is valid only until %(when)s.") % {"when": local(delivery.post.valid_until)})
    Channel.objects.select_for_update(of=("self",), no_key=True).get(pk=delivery.channel_id)
    _refuse_same_text(delivery.post, delivery.revision, {delivery.channel: due_at}, same_text)
    patience = delivery.not_after - delivery.due_at
    row = Delivery.objects.filter(pk=delivery.pk, state=State.SCHEDULED, attempt=delivery.attempt)
    times = {"due_at": due_at, "fire_at": due_at, "not_after": due_at + patience}
    if delivery.prepare_at:
        # Some drafts die with age: one that is there already is looked at again, as one under way is.
        times["prepare_at"] = _prepared_from(due_at)
        times["draft_partial"] = ExpressionWrapper(~Q(draft_ref=""), BooleanField())
    if not row.update(**times):
        if Delivery.objects.get(pk=delivery.pk).is_prepared_early:
            words = _("Its video is being brought to the platform now. Move it in some minutes, or cancel it.")
            raise Refused(words)
        raise Refused(_("It is being published already and can no longer be moved."))
    was = delivery.due_at
    delivery.refresh_from_db(fields=[*times])
    record(
        "delivery.moved",
        delivery,
        by=by,
        post_held=held.post_held,
        was=was.isoformat(),
        due_at=due_at.isoformat(),
    )


@transaction.atomic
def cancel(delivery: Delivery, *, by: User, reason: str = "") -> None:
    """Stops a delivery before it is visible. What was never attempted is cancelled; what lies as an invisible draft on
    the platform is withdrawn there. Raises Refused when the visible call has begun."""
    held = require(by, Permission.POST_SCHEDULE, unit=delivery.unit)
    _stop(delivery, by=by, post_held=held.post_held, reason=reason)


def _stop(delivery: Delivery, *, by: User | None, post_held: str, reason: str) -> None:
    # An earlier try may have left an invisible draft on the platform: then it is withdrawn there first.
    to = State.RECALLING if delivery.draft_ref else State.CANCELLED
    fields = {"verify_at": database_now(), "verify_count": 0} if delivery.draft_ref else {}
    if delivery.state not in UNSEEN:
        raise Refused(_("It is being published already and can no longer be cancelled."))
    try:
        move(delivery, to, by=by, post_held=post_held, reason=reason, lease_until=None, **fields)
    except StepRefused:
        raise Refused(_("It is being published already and can no longer be cancelled.")) from None


@transaction.atomic
def decide(delivery: Delivery, *, by: User, stands: bool, permalink: str = "") -> None:
    """A person has looked at the page: the post stands there, or it does not. Ends a doubt that no API can end."""
    held = require(by, Permission.POST_SCHEDULE, unit=delivery.unit)
    who = {"by": by, "post_held": held.post_held}
    try:
        if not stands and delivery.error_code in RECALL_TASKS:
            move(delivery, State.RECALLED, error_code="by_hand", error_detail="", **who)
        elif stands:
            # What is recalled is taken in hand again from there.
            # No platform id is known; the row's own id keeps the receipt unique and says who gave it.
            remote_id = delivery.remote_id or f"seen:{delivery.public_id}"
            # The call itself showed it, but where the platform or a person in its app did so later, at an unknown hour.
            shown_at = timezone.now() if delivery.error_code in {"processing", "in_app"} else delivery.committing_at
            move(
                delivery,
                State.PUBLISHED,
                remote_id=remote_id,
                permalink=permalink or delivery.permalink,
                published_at=delivery.published_at or shown_at or timezone.now(),
                error_code="in_app" if delivery.error_code == "in_app" else "",
                **who,
            )
        else:
            move(delivery, State.FAILED, error_code="not_there", **who)
    except StepRefused:
        raise Refused(_("Somebody has decided this meanwhile. Reload the page.")) from None


@transaction.atomic
def approve(post: Post, revision: Revision, *, by: User, due_at: datetime | None = None, now: bool = False) -> None:
    """Approves and, when ``due_at`` or ``now`` is given, schedules all channels in the same act."""
    posts.approve(post, revision, by=by)
    if due_at or now:
        schedule(post, by=by, due_at=None if now else due_at)


def stop_there(channel: Channel, *, by: User, post_held: str, reason: str) -> int:
    """Cancels what waits for a channel that left the unit's hands; how many. Called in the transaction in which it
    does. What the engine has in hand is not begun any more: the channel is no longer its unit's."""
    waiting = Delivery.objects.select_for_update(of=("self",)).select_related("unit")
    rows = list(waiting.filter(channel=channel, state__in=[State.SCHEDULED, State.BY_HAND]))
    who = {"by": by, "post_held": post_held, "reason": reason}
    return len(move_many(rows, State.CANCELLED, now=database_now(), error_code="channel_left", verify_at=None, **who))


def stop_all(post: Post, *, by: User, reason: str) -> int:
    """Stops every delivery of the post that has not been seen in public; how many. Called in the transaction in which
    the approval ends, so that none can be claimed after it."""
    stopped = 0
    waiting = Delivery.objects.select_for_update(of=("self",)).filter(post=post, state__in=UNSEEN)
    for delivery in waiting:
        try:
            _stop(delivery, by=by, post_held="", reason=reason)
            stopped += 1
        except Refused:
            continue  # it holds a draft on the platform; the engine withdraws it when it finds the approval gone
    return stopped
