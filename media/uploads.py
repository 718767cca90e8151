"""Pictures and videos on their way up, piece by piece: what arrived stays, whatever happens to the
line, the page or the process.

The database says how far a file has come, the file holds its bytes. A piece is written and counted
in one short transaction, once it is here: what a dying process wrote without counting is written
over.
"""

import fcntl
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import Permission
from accounts.queries import require
from core import quotas
from core.errors import Refused
from core.locks import hold_until_commit
from media import incoming, pictures, videos
from media.models import Media, Upload
from units.models import Unit

LARGEST_PIECE = 8 * 1024 * 1024
IDLE = timedelta(minutes=15)  # after which a file makes room for the next one of the same person


class WrongOffset(Exception):
    """A piece does not begin where the last one ended: the browser has to ask for the offset."""


class BeingChecked(Exception):
    """Another request is checking this file now."""


def begin(
    *,
    unit: Unit,
    purpose: str,
    purpose_id: UUID | None,
    size: int,
    mark: str,
    by: User,
    now: datetime,
    right: Permission = Permission.POST_WRITE,
) -> Upload:
    """Begin the upload of a file of ``size`` bytes, or return the one begun before, where the
    browser recognises the file by its ``mark``. Raise Refused.

    ``purpose`` and ``purpose_id`` name what it is for: a word and a public id of the app that asks,
    None where the unit alone says enough.
    """
    require(by, right, unit=unit)
    if size > settings.VIDEO_MAX_BYTES:
        raise videos.too_large_error()
    if size < 1:
        raise Refused(_("The file is empty. Choose another one."))
    mark = mark and hashlib.sha256(mark.encode()).hexdigest()
    if (known := _find_same(unit, purpose, purpose_id, size=size, mark=mark, by=by)) is not None:
        return known
    if not incoming.has_room_for(size):
        raise videos.no_room_error()
    quotas.use("upload", by=by)
    with transaction.atomic():
        # A browser repeats a request whose line broke while the first one is still under way.
        hold_until_commit([f"uploads-{by.pk}"])
        if (
            known := _find_same(unit, purpose, purpose_id, size=size, mark=mark, by=by)
        ) is not None:
            return known
        _make_room(by, now=now)
        return Upload.objects.create(
            unit=unit,
            purpose=purpose,
            purpose_id=purpose_id,
            user=by,
            size=size,
            mark=mark,
            created_at=now,
            touched_at=now,
        )


def _find_same(
    unit: Unit, purpose: str, purpose_id: UUID | None, *, size: int, mark: str, by: User
) -> Upload | None:
    """Return the person's upload of the same file for the same purpose, if there is one."""
    if not mark:
        return None
    owned = Upload.objects.filter(user=by, unit=unit, purpose=purpose, purpose_id=purpose_id)
    return owned.filter(size=size, mark=mark).first()


def _make_room(by: User, *, now: datetime) -> None:
    """Forget the person's oldest idle upload where they have as many as allowed. Raise Refused
    where none is idle.
    """
    under_way = Upload.objects.filter(user=by, media=None).order_by("touched_at")
    if len(under_way) < settings.UPLOADS_A_PERSON:
        return
    oldest = under_way[0]
    if oldest.touched_at > now - IDLE:
        raise Refused(
            _(
                "%(n)s files of yours are on their way already. Wait until one has "
                "arrived, or stop one."
            )
            % {"n": len(under_way)}
        )
    discard(oldest)


@transaction.atomic
def append(upload: Upload, data: bytes, *, offset: int, now: datetime) -> None:
    """Append the next bytes of the file. Raise WrongOffset unless they begin at ``offset``, and
    Refused for what is neither a picture nor a video.
    """
    row = Upload.objects.select_for_update().get(pk=upload.pk)
    path = _path_of(row)
    if row.received and (not path.exists() or path.stat().st_size < row.received):
        # The folder lost what the database remembers: from the beginning.
        Upload.objects.filter(pk=row.pk).update(received=0)
        upload.received = 0
        return
    if offset != row.received or offset + len(data) > row.size:
        raise WrongOffset
    if not offset and len(data) >= min(videos.HEAD, row.size):
        _refuse_unusable(data[: videos.HEAD], size=row.size)
    with path.open("r+b" if path.exists() else "w+b") as file:
        file.seek(offset)
        file.write(data)
        file.truncate()
    upload.received, upload.touched_at = row.received + len(data), now
    upload.save(update_fields=["received", "touched_at"])


def _refuse_unusable(head: bytes, *, size: int) -> None:
    """Raise Refused for a file that is no picture or video, or too large a picture, before more of
    it comes.
    """
    if videos.kind_of(head):
        return
    if not pictures.may_be_picture(head):
        raise Refused(
            _("This file is neither a picture (JPEG, PNG, WebP) nor a video (MP4, MOV, WebM).")
        )
    if size > settings.IMAGE_MAX_BYTES:
        raise pictures.too_large_error()


def finish(upload: Upload, *, by: User, right: Permission = Permission.POST_WRITE) -> Media:
    """Check a complete upload and return its media; called again, return the same. Raise
    BeingChecked while another request checks it, Busy while others are checked, and Refused.
    """
    with _lock_upload(upload):
        upload.refresh_from_db()
        if upload.media is None:
            unit = upload.unit
            path = _path_of(upload)
            with path.open("rb") as file:
                is_picture = pictures.may_be_picture(file.read(videos.HEAD))
            kind = pictures if is_picture else videos
            upload.media = kind.store(path, unit=unit, by=by, right=right)
            upload.save(update_fields=["media"])
            _path_of(upload).unlink(missing_ok=True)
        return upload.media


def count_unfinished(*, unit: Unit, purpose: str, purpose_id: UUID | None, by: User) -> int:
    """Count the person's files of which a part is here: chosen again, they go on from there."""
    begun = Upload.objects.filter(user=by, media=None, received__gt=0)
    return begun.filter(unit=unit, purpose=purpose, purpose_id=purpose_id).count()


def discard(upload: Upload) -> None:
    upload.delete()
    _path_of(upload).unlink(missing_ok=True)


def _path_of(upload: Upload) -> Path:
    return incoming.folder() / f"upload-{upload.public_id}"


@contextmanager
def _lock_upload(upload: Upload) -> Iterator[None]:
    """Lock the upload for this request alone. The system releases the lock
    when the process dies.
    """
    path = _path_of(upload)
    if upload.media_id or not path.exists():
        yield
        return
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BeingChecked from None
        yield
