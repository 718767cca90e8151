"""Addresses from which a platform may fetch a picture or a video: signed, short-lived, good only
while it is being published.
"""

import uuid
from datetime import datetime
from typing import NamedTuple

from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from media.models import Media
from media.pictures import Shape, shape_for
from platforms.facts import ImageLimits

ITSELF, COVER, THUMB = "", "cover", "thumb"
DOWNLOAD = "download."  # how the names of addresses begin at which a browser saves the file
_ENDINGS = {"image/png": "png", "image/jpeg": "jpg", "video/mp4": "mp4", "video/webm": "webm"}
# Made when they are asked for: mail and beat load this module, too, and have no key to sign with.
signer = SimpleLazyObject(lambda: signing.Signer(salt="posts.public_media"))
_viewing = SimpleLazyObject(lambda: signing.TimestampSigner(salt="posts.viewed_media"))
VIEWING_SECONDS = 600  # a video asks for its next part by the same address


class LinkTarget(NamedTuple):
    """The target of a link: the file itself, a video's cover, or the picture in the shape that the
    platform takes.
    """

    media: Media
    part: str | Shape


def public_url(
    media: Media, revision: uuid.UUID, *, until: datetime, limits: ImageLimits | None = None
) -> str:
    """Return the address at which the platform fetches ``media`` for a delivery of ``revision``
    until then, by the database's clock: a worker whose own is slow would sign expired links.

    ``limits``: what it takes. A picture of another type or shape is drawn again for it, and the
    link says how.
    """
    shape = shape_for(media, limits) if limits and not media.is_video else None
    return _signed_url(media, revision, until, part=shape or ITSELF)


def cover_url(media: Media, revision: uuid.UUID, *, until: datetime) -> str:
    """Return the address at which the platform fetches a video's cover."""
    return _signed_url(media, revision, until, part=COVER)


def _signed_url(media: Media, revision: uuid.UUID, until: datetime, *, part: str | Shape) -> str:
    token = signer.sign_object([str(media.public_id), str(revision), int(until.timestamp()), part])
    # Some fetchers judge by the ending.
    ending = _ENDINGS[media.content_type] if part == ITSELF else "jpg"
    path = reverse("posts:public_media", args=[token, f"{media.sha256[:16]}.{ending}"])
    return (settings.MEDIA_PUBLIC_URL or settings.PORTAL_URL) + path


def viewing_url(media: Media, part: str, *, download: bool = False) -> str:
    """Return the address at which somebody who may see ``media`` views it, or downloads it, on the
    host of media, for the next minutes.

    The host gets no cookie, so the address alone is the right: it is signed, and made again at each
    look.
    """
    token = _viewing.sign_object([str(media.public_id), part])
    name = f"{DOWNLOAD}{_ENDINGS[media.content_type]}" if download else "view"
    return settings.MEDIA_PUBLIC_URL + reverse("posts:public_media", args=[token, name])


def resolve_viewing_token(token: str) -> LinkTarget | None:
    """Return the target of an address of `viewing_url`; None when it is expired or forged."""
    try:
        media_id, part = _viewing.unsign_object(token, max_age=VIEWING_SECONDS)
    except (signing.BadSignature, ValueError):
        return None
    media = Media.objects.filter(public_id=media_id).first()
    return LinkTarget(media, part) if media else None
