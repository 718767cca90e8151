"""Publishing by hand, where a channel gives the portal no API right: what is due becomes a task, and a link closes it.

The same approval, the same calendar, the same rows: only who makes the visible call is another.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Min
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.notices import notify
from accounts.permissions import Permission
from accounts.queries import holders, require
from channels.addresses import check_post
from channels.connectors.base import Message
from channels.states import Health, Life
from core.clock import Clock, database_now
from core.errors import Refused
from posts import content
from posts.states import PostState
from publishing.models import Delivery
from publishing.outgoing import message_of, pictures_for
from publishing.rows import locked
from publishing.services import StepRefused, local, move, move_many
from publishing.states import State

# What the receipt of a post begins with that people posted themselves; the platform's own ids never do.
BY_HAND = "hand:"
_BATCH = 200


def hand_over(*, clock: Clock = database_now) -> int:
    """Makes tasks of what is due on channels by hand, and tells those who can do them; how many."""
    now = clock()
    with transaction.atomic():
        due = locked().filter(state=State.SCHEDULED, channel__health=Health.BY_HAND, due_at__lte=now).fit(now)
        rows = list(due.select_related("unit", "channel", "post").order_by("due_at", "pk")[:_BATCH])
        moved = move_many(
            rows,
            State.BY_HAND,
            now=now,
            each={row.pk: {"hand_until": _until(row)} for row in rows},
            # What an earlier try left on the platform is out of reach: the credentials are destroyed.
            draft_ref="",
            draft_partial=False,
            error_code="",
            platform_code="",
            error_detail="",
        )
        for row in rows:
            if row.pk in moved:
                _tell(row)
    return len(moved)


def _until(row: Delivery) -> datetime:
    return min(row.not_after, row.post.valid_until or row.not_after)


def _tell(row: Delivery) -> None:
    people = holders(Permission.POST_SCHEDULE, unit=row.unit)
    facts = {"title": row.post, "channel": row.channel, "until": local(row.hand_until)}
    notify(people, "delivery_by_hand", address=reverse("publishing:by_hand_task", args=[row.public_id]), **facts)


def what_to_post(row: Delivery) -> Message | None:
    """The message exactly as it was approved; None when the stored text or a picture is no longer that."""
    if content.digest(row.revision.content) != row.content_sha256:
        return None
    try:
        return message_of(row, pictures_for([row]))
    except KeyError:
        return None


def why_not(row: Delivery, *, now: datetime) -> str:
    """Why the task may not be done now, in the officer's words; empty when it may. Needs ``post``, ``revision``,
    ``channel`` and ``unit``."""
    if content.digest(row.revision.content) != row.content_sha256:
        return _(
            "The stored text is no longer what was approved. Do not post it; report this to the system administrator "
            "at once."
        )
    # The whole question is the database's, as for all that is sent; what follows only finds the words.
    if Delivery.objects.filter(pk=row.pk).postable(now).exists():
        return ""
    if row.recall_id or row.post.state == PostState.WITHDRAWN:
        return _("The post was withdrawn. Do not post it.")
    if row.post.state != PostState.APPROVED or row.post.approved_revision_id != row.revision_id:
        return _("The approval has ended. Do not post it.")
    if row.channel.health == Health.DISCONNECTED or row.channel.unit_id != row.unit_id:
        return _("The page is no longer a channel of the unit. Do not post it.")
    if row.channel.life != Life.ACTIVE:
        return _("The unit does not use this page at present, or must first confirm it. Do not post it.")
    if row.not_after <= now or (row.post.valid_until and row.post.valid_until <= now):
        return _("The deadline has passed. Do not post it any more; schedule it again if it is still wanted.")
    if Delivery.objects.filter(pk=row.pk).held(now).exists():
        return _("Publishing is paused. Do not post it while the pause lasts.")
    return _("Publishing is stopped at present. Do not post it.")


@transaction.atomic
def close(delivery: Delivery, *, by: User, permalink: str, published_at: datetime | None = None) -> None:
    """The post stands on the page, as its link proves. ``published_at`` is when it was posted, if not just now.

    Raises Refused when it may not be posted now, or when the link cannot be one of this page.
    """
    held = require(by, Permission.POST_SCHEDULE, unit=delivery.unit)
    related = ("post", "revision", "channel", "unit")
    row = Delivery.objects.select_for_update(of=("self",)).select_related(*related).get(pk=delivery.pk)
    now = timezone.now()
    if row.state != State.BY_HAND:
        raise Refused(_("Somebody has decided this meanwhile. Reload the page."))
    if reason := why_not(row, now=now):
        raise Refused(reason)
    check_post(row.channel, permalink)
    if Delivery.objects.filter(channel=row.channel, permalink=permalink).exclude(pk=row.pk).exists():
        raise Refused(_("This link belongs to another post already. Copy the address of this one."))
    try:
        move(
            row,
            State.PUBLISHED,
            by=by,
            post_held=held.post_held,
            # No platform id is known; the row's own id keeps the receipt unique and says who gave it.
            remote_id=f"{BY_HAND}{row.public_id}",
            permalink=permalink,
            published_at=_posted(row, published_at, now),
        )
    except StepRefused:
        raise Refused(_("Somebody has decided this meanwhile. Reload the page.")) from None
    delivery.refresh_from_db()


def _posted(row: Delivery, told: datetime | None, now: datetime) -> datetime:
    """The time of posting as told, which is known to the minute."""
    if told is None:
        return now
    # A task whose deadline passed before the link was entered was given out again: the first hour counts.
    same = Delivery.objects.filter(post=row.post_id, channel=row.channel_id, revision=row.revision_id)
    due_at = same.aggregate(first=Min("due_at"))["first"]
    if told > now + timedelta(minutes=1):
        raise Refused(_("The time of posting cannot be later than now."))
    if told < due_at.replace(second=0, microsecond=0):
        raise Refused(
            _("It was not due before %(when)s. Enter the time at which it was posted.") % {"when": local(due_at)}
        )
    return min(told, now)
