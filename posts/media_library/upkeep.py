"""Put a picture of the library into a post, and archive what no post shows."""

from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial

from django.db import transaction
from django.db.models import F
from django.dispatch import receiver
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.notices import notify
from accounts.permissions import Permission
from accounts.queries import holders, require
from audit.services import record
from core.errors import NotAllowed, Refused
from media import store
from media.captions import trim_captions
from media.editing import picture_edits, video_edits
from media.library import entries
from media.models import Media, VideoEdit
from posts.editor import saving
from posts.editor.edits import MediaEdit, edit_of
from posts.media_library.queries import SOON
from posts.models import Post, PostMedia
from posts.origins import starting
from posts.queries import match_shown_nowhere, published_uses
from posts.states import EDITABLE, PostState
from units.models import Unit

MOST_WARNED = 500  # pictures in one run; the next one takes the others


def own_media(media: Media, *, unit: Unit, by: User) -> Media:
    """Return the unit's own row of a picture of its library; of one that a unit above shares, it is
    taken over. Raise Refused where nobody may use it any more.
    """
    if media.is_expired(timezone.localdate()):
        raise Refused(
            _("“%(name)s” of the library may be used until %(day)s only. Choose another picture.")
            % {"name": media, "day": f"{media.expires_on:%d/%m/%Y}"}
        )
    return entries.take_over(media, unit=unit, by=by)


@transaction.atomic
def put_in_post(media: Media, *, unit: Unit, by: User, post: Post | None = None) -> Post:
    """Put the picture at the end of ``post``, or into a new draft, as it is described in the
    library. Raise as `editing.save`.
    """
    own = own_media(media, unit=unit, by=by)
    post = post or starting.start_draft(unit=unit, by=by)
    edit = edit_of(post)
    if any(picture.media.pk == own.pk for picture in edit.media):
        return post
    added = MediaEdit(own, own.alt_text)
    edit = replace(edit, media=[*edit.media, added])
    return saving.save(post, edit, by=by, version=post.version)


@transaction.atomic
def archive(media: Media, *, by: User) -> None:
    """Take a picture out of the library. It may be taken back until the nightly run removes it.
    Raise Refused while a post shows it.
    """
    authority = require(by, Permission.LIBRARY_WRITE, unit=media.unit)
    rows = Media.objects.in_use().filter(match_shown_nowhere(), pk=media.pk)
    if not rows.update(archived_at=timezone.now(), shared=False):
        raise Refused(
            _("A post shows it, or it is the unit's logo: it stays. Take it out there first.")
        )
    record("media.archived", media, by=by, position=authority.position)


@transaction.atomic
def unarchive(media: Media, *, by: User) -> None:
    """Take a picture back into the library; doing it twice is harmless."""
    authority = require(by, Permission.LIBRARY_WRITE, unit=media.unit)
    now = timezone.now()
    rows = Media.objects.filter(pk=media.pk, archived_at__isnull=False)
    if rows.update(archived_at=None, kept_at=now, last_used_at=now):
        record("media.unarchived", media, by=by, position=authority.position)


# Since when a picture that something was blurred out of is taken out of what shows it still.
BLURRED_KEPT = timedelta(days=6)  # removed in the night after that
_UNDER_WAY = (PostState.IN_REVIEW, PostState.APPROVED)
MOST_DROPPED = 200  # pictures in one run; the next one takes the others


def drop_blurred(*, now: datetime) -> int:
    """Take pictures that something was blurred out of some days ago out of the drafts that carry
    them still, and tell who writes there; remove the bytes of those that only former versions of a
    post show. Return how many were dropped somewhere.
    """
    due = Media.objects.filter(blurred_at__lt=now - BLURRED_KEPT).select_related("unit")
    dropped = 0
    for media in due.order_by("blurred_at", "pk")[:MOST_DROPPED]:
        dropped += bool(_remove_from_drafts(media)) | _remove_bytes(media)
    return dropped


@transaction.atomic
def _remove_from_drafts(media: Media) -> int:
    """Take the picture out of posts that nobody submitted, and tell those who write there; return
    of how many.
    """
    rows = Post.objects.select_for_update(of=("self",)).filter(pictures__media=media)
    posts = list(rows.exclude(state__in=_UNDER_WAY).select_related("unit"))
    for post in posts:
        PostMedia.objects.filter(post=post, media=media).delete()
        Post.objects.filter(pk=post.pk).update(version=F("version") + 1)
        if post.state not in EDITABLE:  # archived or withdrawn: nobody works on it
            continue
        notify(
            holders(Permission.POST_WRITE, unit=post.unit),
            "media_blurred_out",
            address=reverse("posts:edit", args=[post.public_id]),
            joined_address=reverse("publishing:post_list"),
            title=post,
        )
    return len(posts)


def _remove_bytes(media: Media) -> bool:
    """Remove the bytes, unless a post under way or on a page needs them, and leave the row where
    former versions refer to it.
    """
    needing = Post.objects.filter(pictures__media=media, state__in=_UNDER_WAY)
    if needing.exists() or published_uses([media.pk]):
        return False
    return store.remove_bytes(media)


@receiver(video_edits.finished, dispatch_uid="posts.media_library.video")
def replace_with_finished_video(edit: VideoEdit, **_: object) -> None:
    """Put a new video into the draft that it was made for, in the place of the old one, where the
    draft still shows that, and tell who asked for it.
    """
    made = edit.result
    if made is None:
        return
    address = reverse("posts:library_medium", args=[made.public_id])
    named = (
        Post.objects.filter(public_id=edit.purpose_id) if edit.purpose_id else Post.objects.none()
    )
    if post := named.first():
        with suppress(Refused, NotAllowed), transaction.atomic():
            saved = saving.replace_media(
                post, edit.media, made, by=edit.by, captions=partial(_captions_of, edit)
            )
            if saved.pictures.filter(media=made).exists():
                edit.purpose_version = saved.version
                edit.save(update_fields=["purpose_version"])
            address = reverse("posts:edit", args=[post.public_id]) + "#at-pictures"
    notify(
        [edit.by],
        "video_made",
        address=address,
        joined_address=reverse("posts:media_library"),
        title=made,
    )


def _captions_of(edit: VideoEdit, captions: str) -> str:
    """Return a draft's captions of a video as they fit the new one; none beside those in its
    frames.
    """
    plan = video_edits.Plan(**edit.plan)
    if plan.captions or not captions:
        return ""
    if not plan.start and plan.end >= edit.media.seconds:
        return captions
    return trim_captions(captions, start=plan.start, end=plan.end)


@receiver(picture_edits.retired, dispatch_uid="posts.media_library.retired")
def notify_of_blurred_copies(media: Media, **_: object) -> None:
    """Tell the units that took over a shared picture or video that its owner blurred something out
    of it: theirs shows it still, and what becomes of it is theirs to decide.
    """
    copies = list(media.copies.filter(blurred_at=None, archived_at=None).select_related("unit"))
    for copy in copies:
        notify(
            holders(Permission.POST_WRITE, unit=copy.unit),
            "media_blurred_above",
            address=reverse("posts:library_medium", args=[copy.public_id]),
            joined_address=reverse("posts:media_library"),
            title=copy,
            by=media.unit,
        )


def warn_of_expiry(*, on: date) -> int:
    """Tell each unit once of pictures that it may use for at most a week more, and how many live
    posts show them; return how many.
    """
    due = Media.objects.in_use().filter(expires_on__gte=on, expires_on__lte=on + SOON)
    unwarned = due.exclude(warned_of=F("expires_on"))
    by_unit: dict[Unit, list[Media]] = {}
    for row in unwarned.select_related("unit").order_by("unit_id", "pk")[:MOST_WARNED]:
        by_unit.setdefault(row.unit, []).append(row)
    for unit, rows in by_unit.items():
        _warn_unit(unit, rows)
    return sum(map(len, by_unit.values()))


@transaction.atomic
def _warn_unit(unit: Unit, rows: list[Media]) -> None:
    keys = [row.pk for row in rows]
    live = {use.post.pk for use in published_uses(keys) if use.is_live}
    notify(
        holders(Permission.LIBRARY_WRITE, unit=unit),
        "media_end",
        address=f"{reverse('posts:media_library')}?show=ending",
        n=len(rows),
        day=f"{min(row.expires_on for row in rows if row.expires_on):%d/%m/%Y}",
        live=len(live),
    )
    for row in rows:
        row.warned_of = row.expires_on
    Media.objects.bulk_update(rows, ["warned_of"])
