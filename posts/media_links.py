"""Addresses from which a platform may fetch a picture or a film: signed, short-lived, good only while it is being
published."""

import uuid
from datetime import datetime
from typing import Any, NamedTuple

from django.conf import settings
from django.core import signing
from django.urls import reverse

from channels.connectors.base import ImageLimits
from core.clock import database_now
from posts.models import Media, Revision
from posts.pictures import Shape, shape_for
from posts.signals import is_going_out

ITSELF, COVER = "", "cover"
_ENDINGS = {"image/png": "png", "image/jpeg": "jpg", "video/mp4": "mp4", "video/webm": "webm"}
_signer = signing.Signer(salt="posts.public_media")


class Behind(NamedTuple):
    """What a link stands for: the file itself, a film's cover, or the picture in the shape that the platform takes."""

    media: Media
    part: str | Shape


def public_url(media: Media, revision: uuid.UUID, *, until: datetime, limits: ImageLimits | None = None) -> str:
    """Where the platform fetches ``media`` for a delivery of ``revision`` until then, by the database's clock: a worker
    whose own is slow would sign links that are old already.

    ``limits``: what it takes. A picture of another type or shape is drawn anew for it, and the link says how.
    """
    shape = shape_for(media, limits) if limits and not media.is_video else None
    return _signed(media, revision, until, part=shape or ITSELF)


def cover_url(media: Media, revision: uuid.UUID, *, until: datetime) -> str:
    """Where the platform fetches the picture that stands for a film before it plays."""
    return _signed(media, revision, until, part=COVER)


def _signed(media: Media, revision: uuid.UUID, until: datetime, *, part: str | Shape) -> str:
    token = _signer.sign_object([str(media.public_id), str(revision), int(until.timestamp()), part])
    # Some fetchers judge by the ending.
    ending = _ENDINGS[media.content_type] if part == ITSELF else "jpg"
    path = reverse("posts:public_media", args=[token, f"{media.sha256[:16]}.{ending}"])
    return (settings.MEDIA_PUBLIC_URL or settings.PORTAL_URL) + path


def media_behind(token: str) -> Behind | None:
    """What a link stands for; None once it is old, forged, or nothing goes out with it."""
    try:
        media_id, revision_id, until, part = _signer.unsign_object(token)
    except (signing.BadSignature, ValueError):
        return None
    if database_now().timestamp() > until:
        return None
    revision = Revision.objects.filter(public_id=revision_id).first()
    media = Media.objects.filter(public_id=media_id).first()
    if revision is None or media is None or not _holds(revision.content, media):
        return None
    answers = is_going_out.send(Revision, revision=revision)
    if not any(answer for _receiver, answer in answers):
        return None
    return Behind(media, Shape(*part) if isinstance(part, list) else part)


def _holds(content: dict[str, Any], media: Media) -> bool:
    """Whether the film or picture was approved, and the cover that it has now with it."""
    return any(
        entry["sha256"] == media.sha256 and entry.get("poster_sha256", "") == media.poster_sha256
        for entry in content["media"]
    )
