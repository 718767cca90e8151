"""Films on their way in: known by their content, looked into and copied by a program of its own, and stored once.

What is stored is not the uploaded file. A telephone writes into a film where it was taken, when, and with what; cameras
add a track of positions. A post about a victim's street must not carry their address, and nobody can see that it does.
So the picture and the sound are copied, packet by packet and without loss, into a fresh file that holds nothing else.
"""

import hashlib
import json
import subprocess
import sys
import threading
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
from core.errors import Refused
from posts import incoming, pictures
from posts.models import Media
from units.models import Unit

HEAD = 64  # bytes that tell what a file is
PATIENCE = 180  # seconds that one film may take
WAIT = 60  # seconds that one waits for its turn
_PROGRAM = Path(__file__).with_name("film.py")
_ENDINGS = {"mov": ("mp4", "video/mp4"), "webm": ("webm", "video/webm")}
_STILL = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"avif", b"avis"}
_QUICKTIME = {b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"}  # before there was ftyp
# The program may use a gigabyte: a process starts one at a time, however many threads are asked.
_one_at_a_time = threading.Lock()


class Busy(Refused):
    """Another film is being looked into: the same call may succeed in a minute."""


class Film(NamedTuple):
    kind: str
    width: int
    height: int
    seconds: float
    fps: float
    codec: str
    poster: bytes


def kind_of(head: bytes) -> str:
    """``mov`` (also MP4), ``webm``, or empty for what is no film, by a file's first ``HEAD`` bytes."""
    if head[4:8] == b"ftyp":
        return "" if head[8:12] in _STILL else "mov"
    if head[4:8] in _QUICKTIME:
        return "mov"
    return "webm" if head[:4] == b"\x1a\x45\xdf\xa3" and b"webm" in head[:HEAD] else ""


def store(file: BinaryIO | File | Path, *, unit: Unit, by: User) -> Media:
    """The uploaded film as the unit's own, without its metadata; the same film twice is one row. Raises Refused in the
    officer's words, and Busy when it should be asked again."""
    require(by, Permission.POST_WRITE, unit=unit)
    with incoming.workshop() as place:
        source = _on_disk(file, place)
        film = look_into(source, place)
        copy = place / "copy"
        with copy.open("rb") as read:
            sha256 = _digest(read)
        if known := Media.objects.filter(unit=unit, sha256=sha256).first():
            return known
        ending, content_type = _ENDINGS[film.kind]
        size = copy.stat().st_size
        poster_sha256 = hashlib.sha256(film.poster).hexdigest()
        _put(pictures.poster_name(poster_sha256), ContentFile(film.poster), len(film.poster))
        name = _put(f"media/{sha256}.{ending}", _Moved(copy), size)
    media, _created = Media.objects.get_or_create(
        unit=unit,
        sha256=sha256,
        defaults={
            "file": name,
            "content_type": content_type,
            "width": film.width,
            "height": film.height,
            "size": size,
            "seconds": film.seconds,
            "fps": film.fps,
            "codec": film.codec,
            "poster_sha256": poster_sha256,
            "uploaded_by": by,
        },
    )
    return media


def look_into(source: Path, place: Path) -> Film:
    """What the film is, by the program of its own; leaves its ``copy`` in ``place``. Raises Refused."""
    size = source.stat().st_size
    if size > settings.VIDEO_MAX_BYTES:
        raise too_large()
    with source.open("rb") as read:
        kind = kind_of(read.read(HEAD))
    if not kind:
        raise Refused(_("This file is not an MP4, MOV or WebM video."))
    if not incoming.room_for(size):
        raise no_room()
    facts = _asked(kind, source, place, most_bytes=size + size // 10 + 16 * 1024 * 1024)
    if refused := facts.get("refused"):
        raise _refusal(str(refused))
    try:
        return Film(
            kind=kind,
            width=_within(facts["width"], 1, 65_535),
            height=_within(facts["height"], 1, 65_535),
            seconds=_within(facts["seconds"], 0, settings.VIDEO_MAX_SECONDS),
            fps=_within(facts["fps"], 0, 1000),
            codec=str(facts["codec"])[:20],
            poster=_poster(place / "frame.png"),
        )
    except (KeyError, TypeError, ValueError, OSError, Refused):
        raise _refusal("broken") from None


def _asked(kind: str, source: Path, place: Path, *, most_bytes: int) -> dict[str, Any]:
    """The program's answer; a film on which it fails, or takes too long, is a broken one."""
    limits = {
        "bytes": most_bytes,
        "pixels": settings.IMAGE_MAX_PIXELS,
        "seconds": settings.VIDEO_MAX_SECONDS,
    }
    if not _one_at_a_time.acquire(timeout=WAIT):
        raise Busy(_("Other videos are being looked into. Try again in a minute."))
    try:
        # -I and an empty environment: what the decoder could be tricked into knows no key, password or address.
        subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "-I", str(_PROGRAM), kind, str(source), str(place), json.dumps(limits)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={"LC_ALL": "C.UTF-8"},
            cwd=place,
            timeout=PATIENCE,
            check=True,
        )
        with (place / "facts.json").open("rb") as said:
            facts = json.loads(said.read(4096))
    except (subprocess.SubprocessError, OSError, ValueError):
        return {"refused": "broken"}
    finally:
        _one_at_a_time.release()
    return facts if isinstance(facts, dict) else {"refused": "broken"}


def _poster(frame: Path) -> bytes:
    with frame.open("rb") as file:
        return pictures.redraw(file, keep_png=False).data


def _within(value: Any, least: float, most: float) -> Any:
    if not isinstance(value, int | float) or not least <= value <= most:
        raise ValueError(value)
    return value


def _refusal(why: str) -> Refused:
    match why:
        case "empty":
            return Refused(_("There is no moving picture in this file. Choose a video."))
        case "codec":
            return Refused(
                _("The platforms cannot play this kind of video. Save it as MP4 with H.264 video and AAC sound.")
            )
        case "sound":
            return Refused(
                _("The platforms cannot play the sound of this video. Save it as MP4 with H.264 video and AAC sound.")
            )
        case "pixels":
            limit = settings.IMAGE_MAX_PIXELS // 1_000_000
            return Refused(
                _("Each frame has more than %(n)s million pixels. Save the video smaller, for example 1920 × 1080.")
                % {"n": limit}
            )
        case "hidden":
            return Refused(
                _(
                    "This video was only trimmed: what was cut away at its beginning is still in the file. "
                    "Save it anew as MP4, then choose that file."
                )
            )
        case "long":
            limit = settings.VIDEO_MAX_SECONDS // 60
            return Refused(_("The video is longer than %(n)s minutes. Cut it first.") % {"n": limit})
    return Refused(_("The video is damaged or incomplete. Choose another copy of it, or save it anew as MP4."))


def too_large() -> Refused:
    limit = settings.VIDEO_MAX_BYTES // (1024 * 1024)
    return Refused(_("The video is larger than %(n)s MB. Cut it, or save it in a lower quality.") % {"n": limit})


def no_room() -> Refused:
    return Refused(_("There is too little room for this video on the server now. Tell those who run the portal."))


# --- In the store -----------------------------------------------------------------------------------------------------


class _Moved(File):
    """A file that the store may take away instead of copying it."""

    def __init__(self, path: Path) -> None:
        super().__init__(path.open("rb"), name=path.name)
        self.path = path

    def temporary_file_path(self) -> str:
        return str(self.path)


def _on_disk(file: BinaryIO | File | Path, place: Path) -> Path:
    if isinstance(file, Path):
        return file
    if hasattr(file, "temporary_file_path"):
        return Path(file.temporary_file_path())
    path, written = place / "source", 0
    with path.open("wb") as out:
        while data := file.read(1024 * 1024):
            written += len(data)
            if written > settings.VIDEO_MAX_BYTES:
                raise too_large()
            out.write(data)
    return path


def _put(name: str, content: File, size: int) -> str:
    """Stores bytes under the name that their hash gives them. Another unit may have them: one file serves both. Half a
    file, left by a process that died over a copy, is replaced."""
    if default_storage.exists(name):
        if default_storage.size(name) == size:
            return name
        default_storage.delete(name)
    stored = default_storage.save(name, content)
    if stored != name:  # somebody was faster with the same bytes
        default_storage.delete(stored)
    return name


def _digest(file: BinaryIO | File) -> str:
    found = hashlib.sha256()
    while data := file.read(1024 * 1024):
        found.update(data)
    return found.hexdigest()


# --- Before it is sent ------------------------------------------------------------------------------------------------


def lies_there(media: Media) -> bool:
    """Whether a file of the film's name and size is in the store: all that the second of publication has time for. The
    name is the hash of what was approved."""
    stem = media.file.name.rsplit("/", 1)[-1].split(".")[0]
    try:
        return stem == media.sha256 and default_storage.size(media.file.name) == media.size
    except OSError:
        return False


def intact(media: Media) -> bool:
    """Whether the stored film is, byte by byte, the one that was approved. Reads it all: to be asked ahead of time,
    before the first byte goes to a platform. A file that did not change since is not read again by this process."""
    if not lies_there(media):
        return False
    name = media.file.name
    try:
        return _sha256_of(name, default_storage.get_modified_time(name).timestamp(), media.size) == media.sha256
    except OSError:
        return False


@lru_cache(maxsize=512)
def _sha256_of(name: str, modified: float, size: int) -> str:
    with default_storage.open(name) as file:
        return _digest(file)
