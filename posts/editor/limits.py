"""Limits of a draft: lengths, numbers, media that may still be used."""

from collections.abc import Collection

from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import NotAllowed, Refused
from media.captions import LARGEST, MOST_STORED
from media.models import Media
from posts.canonical.html import LONGEST_BODY, is_too_large
from posts.editor.edits import PostEdit
from posts.models import LONGEST_LEGAL_BASIS, Post

LONGEST_TITLE = 200  # characters, as of a link and of what is said of a picture
LONGEST_LINK = 500
LONGEST_ALT = 500
MOST_MEDIA = 20
# Characters of the text and all channels' own texts together: each is checked for leaks at a save.
LONGEST_TOGETHER = 100_000


def too_much_text() -> str:
    """Say that a text is longer or has more marks than a post may."""
    return _(
        "The text is too long or has too many marks (bold, links, lists). Shorten it, or "
        "copy it anew as plain text."
    )


def refuse_too_much(edit: PostEdit) -> None:
    """Raise Refused for more than the form allows, for requests that bypass the form."""
    fields, media = edit.fields, edit.media
    lengths = [len(channel.text) for channel in edit.channels.values()]
    is_too_long = max(lengths, default=0) > LONGEST_BODY
    if (
        is_too_large(fields.body)
        or is_too_long
        or len(fields.body) + sum(lengths) > LONGEST_TOGETHER
    ):
        raise Refused(too_much_text())
    is_long = len(fields.title) > LONGEST_TITLE or len(fields.link) > LONGEST_LINK
    longest_alt = max((len(medium.alt) for medium in media), default=0)
    if is_long or longest_alt > LONGEST_ALT or len(media) > MOST_MEDIA:
        raise Refused(
            _("A title, a link or a description is too long, or there are too many pictures.")
        )
    if max(len(fields.legal_basis), len(fields.source)) > LONGEST_LEGAL_BASIS:
        raise Refused(_("The legal basis or the source of the warning is too long. Shorten it."))
    if any(len(medium.captions.encode()) > MOST_STORED for medium in media):
        raise Refused(_("The captions are larger than %(n)s kB.") % {"n": LARGEST // 1000})


def refuse_other_units(post: Post, edit: PostEdit) -> None:
    """Raise NotAllowed for channels or pictures of another unit than the post's."""
    units = {channel.unit_id for channel in edit.channels} | {
        medium.media.unit_id for medium in edit.media
    }
    if units - {post.unit_id}:
        raise NotAllowed(_("A post goes to its own unit's channels, with its own unit's pictures."))


def refuse_unusable(added: Collection[int]) -> None:
    """Raise Refused where a picture is put into a post after the last day on which it may be, or
    after something was blurred out of it.
    """
    if not added:
        return
    if Media.objects.filter(pk__in=added, blurred_at__isnull=False).exists():
        raise Refused(
            _(
                "Something was blurred out of this picture, so no post takes it any more. Choose "
                "the blurred one, or upload it again."
            )
        )
    today = timezone.localdate()
    row = Media.objects.expired(today).filter(pk__in=added).first()
    if row:
        raise Refused(
            _("“%(name)s” of the library may be used until %(day)s only. Choose another picture.")
            % {"name": row, "day": f"{row.expires_on:%d/%m/%Y}"}
        )
