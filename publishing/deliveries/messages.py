"""The message of a delivery, exactly as it was approved."""

import hashlib
import uuid
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, BinaryIO, cast

from channels.queries import facts_of
from media import pictures, videos
from media.links import cover_url, public_url
from media.models import Media
from platforms.messages import Image, Message, Video
from posts.canonical import content
from posts.kit_placeholders import find_unproved_kits
from posts.review.queries import approved_channels
from publishing.models import Delivery

Pictures = Mapping[tuple[int, str], Media]


def build_approved_message(row: Delivery, pictures: Pictures) -> Message:
    """Return the message of a delivery as it was approved, without its pictures' bytes.

    Raises KeyError when a part is missing.
    """
    own = {sha256: media for (unit, sha256), media in pictures.items() if unit == row.unit_id}
    return message_from(
        row.revision.content, key=row.public_id, channel_id=row.channel.public_id, media_rows=own
    )


def message_from(
    approved: Mapping[str, Any],
    *,
    key: uuid.UUID,
    channel_id: uuid.UUID,
    media_rows: Mapping[str, Media],
    with_bytes: bool = False,
    for_revision: uuid.UUID | None = None,
    until: datetime | None = None,
) -> Message:
    """Build the message for one channel of an approved content.

    ``media_rows``: of the unit, by hash. Where the platform fetches the format's media,
    ``for_revision`` gives each an address to fetch it from, good ``until`` then; else they come
    ``with_bytes``.

    Raises KeyError when the channel or a medium is missing, OSError or ValueError when a picture's
    bytes are not those that were approved.
    """
    target = content.target_of(approved, channel_id)
    if target is None:
        raise KeyError(str(channel_id))
    form = facts_of(target["platform"]).format(target.get("format", ""))
    with_videos = with_bytes and not (
        form.media_by_url and form.videos and not form.videos.uploaded
    )
    with_bytes = with_bytes and not form.media_by_url
    link: dict[str, Any] = {}
    if form.media_by_url and for_revision and until:
        link = {"revision": for_revision, "until": until}
    media: list[Image | Video] = []
    for entry in content.media_for(approved, target):
        row = media_rows[entry["sha256"]]
        url = public_url(row, **link, limits=form.images) if link else ""
        medium = content.to_platform_medium(entry)
        if isinstance(medium, Video):
            cover = _cover_of(
                row, entry, with_bytes=with_bytes, url=cover_url(row, **link) if link else ""
            )
            media.append(
                replace(medium, url=url, open=_opener_of(row) if with_videos else None, cover=cover)
            )
        else:
            data = bytes_of(row) if with_bytes else b""
            media.append(
                replace(medium, content=data, content_type=row.content_type, size=row.size, url=url)
            )
    return content.build_message(approved, target, key=str(key), media=media)


def _opener_of(row: Media) -> Callable[[], BinaryIO]:
    """Return a function that opens the video; ValueError when no such file is there.

    A video's bytes are too many to hash in the second of their publication (`videos.is_intact` does
    it before): that a file of its name, which is the hash, and of its size exists must do.
    """
    if not videos.is_in_store(row):
        raise ValueError("the video is not the file that was approved")
    return lambda: cast(BinaryIO, row.file.storage.open(str(row.file.name), "rb"))


def _cover_of(row: Media, entry: Mapping[str, Any], *, with_bytes: bool, url: str) -> Image:
    """Return the picture that is shown for a video before it plays, as it was approved with it."""
    data = b""
    if with_bytes:
        with pictures.open_still(row) as file:
            data = _verify_bytes(file.read(), entry["poster_sha256"])
    return Image(data, "image/jpeg", entry["poster_sha256"], entry["alt"], url=url, size=len(data))


def pictures_for(rows: Iterable[Delivery]) -> Pictures:
    """Load the pictures of the rows' revisions."""
    return pictures_of(
        {(row.unit_id, m["sha256"]) for row in rows for m in row.revision.content["media"]}
    )


def pictures_of(keys: Collection[tuple[int, str]]) -> Pictures:
    """Load pictures by unit id and hash."""
    if not keys:
        return {}
    rows = Media.objects.filter(
        unit__in={unit for unit, _hash in keys}, sha256__in={sha256 for _unit, sha256 in keys}
    )
    return {(media.unit_id, media.sha256): media for media in rows}


def has_proved_approval(row: Delivery) -> bool:
    """Tell whether the delivery is of a revision whose approval for its channel is proved, by this
    very content.

    Needs ``revision`` and ``channel``.
    """
    if content.digest(row.revision.content) != row.content_sha256:
        return False
    if find_unproved_kits({row.pk: row.revision.content}):
        return False
    proved = approved_channels({row.revision.public_id}).get(row.revision.public_id, ())
    return (
        row.content_sha256 == row.revision.content_sha256 and str(row.channel.public_id) in proved
    )


def bytes_of(media: Media) -> bytes:
    """Return the picture's bytes; ValueError when they are not those that were approved."""
    with media.file.open("rb") as file:
        return _verify_bytes(file.read(), media.sha256)


def _verify_bytes(data: bytes, sha256: str) -> bytes:
    if hashlib.sha256(data).hexdigest() != sha256:
        raise ValueError("picture bytes differ from their hash")
    return data
