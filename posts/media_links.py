"""Addresses from which a platform may fetch a picture: signed, short-lived, good only while it is being published."""

import uuid
from datetime import datetime

from django.conf import settings
from django.core import signing
from django.urls import reverse

from core.clock import database_now
from posts.models import Media, Revision
from posts.signals import is_going_out

_signer = signing.Signer(salt="posts.public_media")


def public_url(media: Media, revision: uuid.UUID, *, until: datetime) -> str:
    """Where the platform fetches ``media`` for a delivery of ``revision`` until then, by the database's clock: a worker
    whose own is slow would sign links that are old already. Some fetchers judge by the ending."""
    token = _signer.sign_object([str(media.public_id), str(revision), int(until.timestamp())])
    ending = "png" if media.content_type == "image/png" else "jpg"
    return settings.PORTAL_URL + reverse("posts:public_media", args=[token, f"{media.sha256[:16]}.{ending}"])


def media_behind(token: str) -> Media | None:
    """The picture that a link stands for; None once it is old, forged, or nothing goes out with it."""
    try:
        media_id, revision_id, until = _signer.unsign_object(token)
    except (signing.BadSignature, ValueError):
        return None
    if database_now().timestamp() > until:
        return None
    revision = Revision.objects.filter(public_id=revision_id).first()
    media = Media.objects.filter(public_id=media_id).first()
    if revision is None or media is None or media.sha256 not in {m["sha256"] for m in revision.content["media"]}:
        return None
    answers = is_going_out.send(Revision, revision=revision)
    return media if any(answer for _receiver, answer in answers) else None
