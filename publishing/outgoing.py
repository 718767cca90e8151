"""What goes out for a delivery: the message as it was approved, and questions to the platform about many deliveries."""

import hashlib
import uuid
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, BinaryIO

from channels.connectors.base import AccessLost, Account, ConnectorError, Image, Message, OutcomeUnknown, Video
from channels.queries import account_of, facts_of
from channels.vault import Unsealable
from posts import content, pictures, videos
from posts.media_links import cover_url, public_url
from posts.models import Media
from publishing.models import Delivery
from publishing.wire import Answers, Call, Errand, unexpected, wire

Pictures = Mapping[tuple[int, str], Media]


def message_of(row: Delivery, pictures: Pictures) -> Message:
    """The message of a delivery as it was approved, without its pictures' bytes. KeyError when a part is missing."""
    mine = {sha256: media for (unit, sha256), media in pictures.items() if unit == row.unit_id}
    return message_from(row.revision.content, key=row.public_id, channel_id=row.channel.public_id, media_rows=mine)


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
    """The message for one channel of an approved content. ``media_rows``: of the unit, by hash. Where the platform
    fetches the format's media, ``for_revision`` gives each an address to fetch it from, good ``until`` then; else they
    come ``with_bytes``.

    Raises KeyError when the channel or a medium is missing, OSError or ValueError when a picture's bytes are not
    those that were approved.
    """
    wanted = str(channel_id)
    target = next((t for t in approved["channels"] if t["channel"] == wanted), None)
    if target is None:
        raise KeyError(wanted)
    form = facts_of(target["platform"]).format(target.get("format", ""))
    with_films = with_bytes and not (form.media_by_url and form.videos and not form.videos.uploaded)
    with_bytes = with_bytes and not form.media_by_url
    link = {"revision": for_revision, "until": until} if form.media_by_url and for_revision and until else None
    media = []
    for entry in content.media_for(approved, target):
        row = media_rows[entry["sha256"]]
        url = public_url(row, **link, limits=form.images) if link else ""
        described = content.medium_of(entry)
        if isinstance(described, Video):
            cover = _cover_of(row, entry, with_bytes=with_bytes, url=cover_url(row, **link) if link else "")
            media.append(replace(described, url=url, open=_opened(row) if with_films else None, cover=cover))
        else:
            data = bytes_of(row) if with_bytes else b""
            media.append(replace(described, content=data, content_type=row.content_type, size=row.size, url=url))
    return content.message_for(approved, target, key=str(key), media=media)


def _opened(row: Media) -> Callable[[], BinaryIO]:
    """A video's bytes are too many to hash in the second of their publication (`videos.intact` does it before): that a
    file of its name, which is the hash, and of its size lies there must do."""
    if not videos.lies_there(row):
        raise ValueError("the video is not the file that was approved")
    return lambda: row.file.storage.open(row.file.name, "rb")


def _cover_of(row: Media, entry: Mapping[str, Any], *, with_bytes: bool, url: str) -> Image:
    """The picture that stands for a video before it plays, as it was approved with it."""
    data = b""
    if with_bytes:
        with pictures.still(row) as file:
            data = _approved(file.read(), entry["poster_sha256"])
    return Image(data, "image/jpeg", entry["poster_sha256"], entry["alt"], url=url, size=len(data))


def pictures_for(rows: Iterable[Delivery]) -> Pictures:
    return pictures_of({(row.unit_id, m["sha256"]) for row in rows for m in row.revision.content["media"]})


def pictures_of(wanted: Collection[tuple[int, str]]) -> Pictures:
    """Pictures by unit id and hash."""
    if not wanted:
        return {}
    found = Media.objects.filter(unit__in={u for u, _s in wanted}, sha256__in={s for _u, s in wanted})
    return {(media.unit_id, media.sha256): media for media in found}


def bytes_of(media: Media) -> bytes:
    """The picture's bytes; ValueError when they are not those that were approved."""
    with media.file.open("rb") as file:
        return _approved(file.read(), media.sha256)


def _approved(data: bytes, sha256: str) -> bytes:
    if hashlib.sha256(data).hexdigest() != sha256:
        raise ValueError("picture bytes differ from their hash")
    return data


def ask(
    platform: str, rows: list[Delivery], call: Callable[[Delivery, Account], Call]
) -> Iterable[tuple[Delivery, Any]]:
    """Asks the platform about all rows at once and yields each row with the answer or the connector's error."""
    answers = Answers()
    calls, by_pk = [], {}
    for row in rows:
        try:
            account = account_of(row.channel)
            calls.append(Errand(row.pk, call(row, account)))
        except Unsealable:
            yield row, AccessLost("the stored credentials cannot be opened")
            continue
        except KeyError as missing:
            yield row, OutcomeUnknown(f"nothing to compare with: {missing}")
            continue
        by_pk[row.pk] = row
    if not calls:
        return
    wire().send(platform, calls, answers, held_for=60)
    while answers.outstanding:
        for pk, answer in answers.take(timeout=1):
            if isinstance(answer, Exception) and not isinstance(answer, ConnectorError):
                answer = unexpected(answer)
            yield by_pk[pk], answer
