"""Blur what the scanners found, let it stand, or take the picture out of a draft."""

from collections.abc import Sequence
from dataclasses import replace

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from core.errors import Refused
from media.editing import picture_edits, video_edits
from media.models import Media
from media.scanners import scanning
from media.scanners.models import SECRET_MARK, Box
from posts.editor import saving
from posts.editor.edits import edit_of
from posts.models import Post


def blur(media: Media, boxes: Sequence[Box], *, by: User, post: Post | None = None) -> Media:
    """Return a new picture without what ``boxes`` show; in the stored ``post`` it takes the place
    of the old one. A new video is made by a worker, which does that later. Raise Refused,
    QuotaExceeded, Busy.
    """
    if not boxes:
        raise Refused(_("Nothing is left to blur: it was decided meanwhile."))
    if media.is_video:
        spans = [
            (box.x, box.y, box.width, box.height, box.from_second or 0, box.to_second or 0)
            for box in boxes
        ]
        video_edits.blur_video(media, spans, by=by, purpose_id=post.public_id if post else None)
        return media
    new = picture_edits.blur(media, [(box.x, box.y, box.width, box.height) for box in boxes], by=by)
    if post:
        saving.replace_media(post, media, new, by=by)
    return new


@transaction.atomic
def remove_from_draft(media: Media, *, by: User, post: Post | None) -> None:
    """Take the picture out of the stored draft. One that bears a mark of secrecy is removed with
    its bytes at once, unless something else shows it. Raise as `editing.save`.
    """
    if post and post.pictures.filter(media=media).exists():
        edit = edit_of(post)
        left = [medium for medium in edit.media if medium.media.pk != media.pk]
        saving.save(post, replace(edit, media=left), by=by, version=post.version)
    if Box.objects.filter(scan__media=media, rule=SECRET_MARK).exists():
        scanning.remove_marked(media, by=by)
