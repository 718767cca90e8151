"""The question whether a signed link may still be followed: only while what it shows goes out or
stands.
"""

from typing import Any

from django.core import signing

from core.clock import database_now
from media.links import LinkTarget, signer
from media.models import Media
from media.pictures import Shape
from posts.models import Revision
from posts.signals import is_going_out


def resolve_link(token: str) -> LinkTarget | None:
    """Return the target of a link; None once it is expired, forged, or nothing is published with
    it.
    """
    try:
        media_id, revision_id, until, part = signer.unsign_object(token)
    except (signing.BadSignature, ValueError):
        return None
    if database_now().timestamp() > until:
        return None
    revision = Revision.objects.filter(public_id=revision_id).first()
    media = Media.objects.filter(public_id=media_id).first()
    if revision is None or media is None or not _holds_medium(revision.content, media):
        return None
    answers = is_going_out.send(Revision, revision=revision)
    if not any(answer for _receiver, answer in answers):
        return None
    return LinkTarget(media, Shape(*part) if isinstance(part, list) else part)


def _holds_medium(content: dict[str, Any], media: Media) -> bool:
    """Check whether the picture or video was approved, together with its present cover."""
    return any(
        entry["sha256"] == media.sha256 and entry.get("poster_sha256", "") == media.poster_sha256
        for entry in content["media"]
    )
