"""Videos on their way in: known by their content, looked into and copied by a program of its own,
and stored once.

What is stored is not the uploaded file. A telephone writes into a video where it was taken, when,
and with what; cameras add a track of positions. A post about a victim's street must not carry their
address, and nobody can see that it does. So the picture and the sound are copied, packet by packet
and without loss, into a fresh file that holds nothing else.
"""

import hashlib
import json
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from django.conf import settings
from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import Permission
from accounts.queries import require
from core import sandbox, scanner
from core.errors import Busy, Refused
from core.semaphores import SharedSemaphore
from media import incoming, pictures
from media.models import Media
from media.store import get_or_store, poster_name
from units.models import Unit

HEAD = 64  # bytes that tell what a file is
_PROGRAM = Path(__file__).with_name("video_program.py")
_ENDINGS = {"mov": ("mp4", "video/mp4"), "webm": ("webm", "video/webm")}
_STILL = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"avif", b"avis"}
_QUICKTIME = {b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"}  # before there was ftyp
LIMITS = sandbox.Limits(memory=640 * 1024 * 1024, cpu_seconds=60, file_bytes=0, timeout=180)
# One at a time, and nobody waits in the web process: the browser asks again.
_semaphore = SharedSemaphore("videos", limit=1, queue=0, timeout=0)


class VideoFile(NamedTuple):
    kind: str
    width: int
    height: int
    seconds: float
    fps: float
    codec: str
    poster: pictures.EncodedImage


def kind_of(head: bytes) -> str:
    """Return ``mov`` (also MP4), ``webm``, or empty for what is no video, by a file's first
    ``HEAD`` bytes.
    """
    if head[4:8] == b"ftyp":
        return "" if head[8:12] in _STILL else "mov"
    if head[4:8] in _QUICKTIME:
        return "mov"
    return "webm" if head[:4] == b"\x1a\x45\xdf\xa3" and b"webm" in head[:HEAD] else ""


def store(
    file: BinaryIO | File | Path,
    *,
    unit: Unit,
    by: User,
    right: Permission = Permission.POST_WRITE,
    cover: Path | None = None,
) -> Media:
    """Store the uploaded video for the unit, without its metadata; the same video twice is one row.
    ``cover``: a picture that stands for it, instead of one of its first frames. Raise Refused in
    the officer's words, and Busy for a retry.
    """
    require(by, right, unit=unit)
    with incoming.working_folder() as place:
        source = incoming.path_on_disk(
            file, place, most=settings.VIDEO_MAX_BYTES, too_large=too_large_error
        )
        video = read_video(source, place, by=by)
        if cover is not None:
            video = video._replace(poster=_draw_poster(cover))
        copy = place / "copy"
        with copy.open("rb") as read:
            sha256 = _hash_file(read)
        ending, content_type = _ENDINGS[video.kind]
        size = copy.stat().st_size
        poster_sha256 = hashlib.sha256(video.poster.data).hexdigest()

        def put() -> str:
            cover = video.poster.data
            _store_bytes(poster_name(poster_sha256), ContentFile(cover), len(cover))
            return _store_bytes(f"media/{sha256}.{ending}", _MovableFile(copy), size)

        return get_or_store(
            unit=unit,
            sha256=sha256,
            by=by,
            put=put,
            content_type=content_type,
            width=video.width,
            height=video.height,
            size=size,
            seconds=video.seconds,
            fps=video.fps,
            codec=video.codec,
            poster_sha256=poster_sha256,
            dhash=video.poster.dhash,
        )


def read_video(source: Path, place: Path, *, by: User) -> VideoFile:
    """Check the video in a program of its own, which leaves its ``copy`` in ``place``. Raise
    Refused, Busy.
    """
    size = source.stat().st_size
    with source.open("rb") as read:
        kind = kind_of(read.read(HEAD))
    if not kind:
        raise Refused(_("This file is not an MP4, MOV or WebM video."))
    if not incoming.has_room_for(size):
        raise no_room_error()
    facts = _run_program(
        kind, source, place, most_bytes=size + size // 10 + 16 * 1024 * 1024, by=by
    )
    if refused := facts.get("refused"):
        raise _refusal(str(refused))
    try:
        return VideoFile(
            kind=kind,
            width=_require_between(facts["width"], 1, 65_535),
            height=_require_between(facts["height"], 1, 65_535),
            seconds=_require_between(facts["seconds"], 0, settings.VIDEO_MAX_SECONDS),
            fps=_require_between(facts["fps"], 0, 1000),
            codec=str(facts["codec"])[:20],
            poster=_draw_poster(place / "frame.png"),
        )
    except Busy:
        raise
    except (KeyError, TypeError, ValueError, OSError, Refused):
        raise _refusal("broken") from None


def _run_program(
    kind: str, source: Path, place: Path, *, most_bytes: int, by: User
) -> dict[str, Any]:
    """Run the program and return its answer; a video on which it fails, or takes too long, is
    broken.
    """
    bounds = {"pixels": settings.IMAGE_MAX_PIXELS, "seconds": settings.VIDEO_MAX_SECONDS}
    limits = LIMITS._replace(file_bytes=most_bytes)
    try:
        with _semaphore.hold(by.pk):
            scanner.require_clean(source)
            return sandbox.run_program(
                _PROGRAM,
                kind,
                str(source),
                str(place),
                json.dumps(bounds),
                place=place,
                limits=limits,
                reads=[source],
            )
    except sandbox.ProgramFailed:
        return {"refused": "broken"}


def _draw_poster(frame: Path) -> pictures.EncodedImage:
    return pictures.re_encode(frame, keep_png=False)


def _require_between(value: Any, least: float, most: float) -> Any:
    if not isinstance(value, int | float) or not least <= value <= most:
        raise ValueError(value)
    return value


def _refusal(why: str) -> Refused:
    match why:
        case "empty":
            return Refused(_("There is no moving picture in this file. Choose a video."))
        case "codec":
            return Refused(
                _(
                    "The platforms cannot play this kind of video. Save it as MP4 with "
                    "H.264 video and AAC sound."
                )
            )
        case "sound":
            return Refused(
                _(
                    "The platforms cannot play the sound of this video. Save it as MP4 "
                    "with H.264 video and AAC sound."
                )
            )
        case "pixels":
            limit = settings.IMAGE_MAX_PIXELS // 1_000_000
            return Refused(
                _(
                    "Each frame has more than %(n)s million pixels. Save the video "
                    "smaller, for example 1920 × 1080."
                )
                % {"n": limit}
            )
        case "hidden":
            return Refused(
                _(
                    "This video was only trimmed: what was cut away at its beginning is still in "
                    "the file. Save it anew as MP4, then choose that file."
                )
            )
        case "long":
            limit = settings.VIDEO_MAX_SECONDS // 60
            return Refused(
                _("The video is longer than %(n)s minutes. Cut it first.") % {"n": limit}
            )
    return damaged_error()


def damaged_error() -> Refused:
    return Refused(
        _("The video is damaged or incomplete. Choose another copy of it, or save it anew as MP4.")
    )


def too_large_error() -> Refused:
    limit = settings.VIDEO_MAX_BYTES // (1024 * 1024)
    return Refused(
        _("The video is larger than %(n)s MB. Cut it, or save it in a lower quality.")
        % {"n": limit}
    )


def no_room_error() -> Refused:
    return Refused(
        _(
            "There is too little room for this video on the server now. Tell those who "
            "run the portal."
        )
    )


# --- In the store ---------------------------------------------------------------------------------


class _MovableFile(File):
    """A file that the store may move instead of copying it."""

    def __init__(self, path: Path) -> None:
        super().__init__(path.open("rb"), name=path.name)
        self.path = path

    def temporary_file_path(self) -> str:
        return str(self.path)


def _store_bytes(name: str, content: File, size: int) -> str:
    """Store bytes under the name of their hash. Another unit may have them: one file serves both.
    Replace half a file, left by a process that died while it copied.
    """
    if default_storage.exists(name):
        if default_storage.size(name) == size:
            return name
        default_storage.delete(name)
    stored = default_storage.save(name, content)
    if stored != name:  # another request stored the same bytes meanwhile
        default_storage.delete(stored)
    return name


def _hash_file(file: BinaryIO | File) -> str:
    digest = hashlib.sha256()
    while data := file.read(1024 * 1024):
        digest.update(data)
    return digest.hexdigest()


# --- Before it is sent ----------------------------------------------------------------------------


def is_in_store(media: Media) -> bool:
    """Check whether a file of the video's name and size is in the store: all that the second of
    publication has time for. The name is the hash of what was approved.
    """
    name = media.file.name or ""
    stem = name.rsplit("/", 1)[-1].split(".")[0]
    try:
        return stem == media.sha256 and default_storage.size(name) == media.size
    except OSError:
        return False


def is_intact(media: Media) -> bool:
    """Check whether the stored video is, byte by byte, the approved one. It reads the whole file:
    call it ahead of time, before the first byte goes to a platform. This process does not read an
    unchanged file again.
    """
    if not is_in_store(media):
        return False
    name = media.file.name or ""
    try:
        return (
            _sha256_of(name, default_storage.get_modified_time(name).timestamp(), media.size)
            == media.sha256
        )
    except OSError:
        return False


@lru_cache(maxsize=512)
def _sha256_of(name: str, modified: float, size: int) -> str:
    with default_storage.open(name) as file:
        return _hash_file(file)
