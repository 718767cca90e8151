"""Pictures that come with a sheet, as separate files or in a zip: set down, matched by name, and
stored one by one.

Only those are read that the sheet names. Nothing of an archive is believed before it is counted.
"""

import shutil
import uuid
import zipfile
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import IO, NamedTuple

from django.conf import settings
from django.core.files import File
from django.core.files.base import ContentFile
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from accounts.models import User
from core.errors import Busy, Refused
from core.text import fold
from media import incoming, pictures, storing, videos
from media.models import Media
from units.models import Unit

MOST_ARCHIVE = 200 * 1024 * 1024
MOST_ENTRIES = 1_000
MOST_UNPACKED = 600 * 1024 * 1024  # of what the sheet names, by what the archive declares
MOST_PICTURES = 100
_TRIES = 3


class Place(NamedTuple):
    """A picture that waits: in a file, or in an archive under ``entry``."""

    path: Path
    entry: str = ""


def store_uploads(uploads: Iterable[File]) -> list[list[str]]:
    """Keep the uploaded files until they are read, and return their places and names. Raise
    Refused for an archive that is not one, or far larger inside than outside.
    """
    kept: list[list[str]] = []
    try:
        for upload in uploads:
            path = incoming.folder() / f"plan-{uuid.uuid4().hex}"
            kept.append([path.name, str(upload.name)[:200]])
            _copy(upload, path)
            if zipfile.is_zipfile(path):
                _refuse_bombs(path)
    except Refused:
        remove_uploads(kept)
        raise
    return kept


def remove_uploads(files: Iterable[list[str]]) -> None:
    for name, _own in files:
        (incoming.folder() / name).unlink(missing_ok=True)


def _copy(upload: File, path: Path) -> None:
    upload.seek(0)
    is_archive = upload.read(4).startswith(b"PK")
    upload.seek(0)
    most = MOST_ARCHIVE if is_archive else settings.IMAGE_MAX_BYTES
    if upload.size > most:
        message = _("“%(name)s” is larger than %(n)s MB. Make it smaller, or split it.")
        raise Refused(message % {"name": str(upload.name)[:80], "n": most // (1024 * 1024)})
    with path.open("wb") as out:
        shutil.copyfileobj(upload, out, 1024 * 1024)


def _refuse_bombs(path: Path) -> None:
    """Refuse, before unpacking, an archive that holds more than pictures of a sheet ever do."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        raise Refused(_("This zip file is damaged. Make it anew, then try again.")) from None
    if len(entries) > MOST_ENTRIES or sum(entry.file_size for entry in entries) > MOST_UNPACKED:
        raise Refused(
            _(
                "This zip file holds more than %(n)s files, or is larger than %(mb)s MB inside. "
                "Put only the pictures of this sheet into it."
            )
            % {
                "n": number_format(MOST_ENTRIES, force_grouping=True),
                "mb": MOST_UNPACKED // (1024 * 1024),
            }
        )


def find_places(files: Iterable[list[str]], wanted: Collection[str]) -> dict[str, list[Place]]:
    """Find where the pictures are that the sheet names, by folded name.

    A name without an ending finds the picture with any.
    """
    places: dict[str, list[Place]] = defaultdict(list)
    for kept, own in files:
        path = incoming.folder() / kept
        if zipfile.is_zipfile(path):
            with suppress(zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
                for name, entry in _list_pictures(path):
                    places[fold(name)].append(Place(path, entry))
        elif path.exists():
            places[fold(own)].append(Place(path))
    for name in list(places):
        stem = PurePosixPath(name).stem
        if stem not in places or stem in wanted:
            places[stem] += places[name] if stem != name else []
    return {name: places[name] for name in wanted if places.get(name)}


def _list_pictures(path: Path) -> Iterator[tuple[str, str]]:
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            name = PurePosixPath(_readable_name(member)).name
            if not member.is_dir() and not name.startswith("._"):
                yield name, member.filename


def _readable_name(entry: zipfile.ZipInfo) -> str:
    """Return an entry's name; some programs write UTF-8 and do not say so."""
    if entry.flag_bits & 0x800:
        return entry.filename
    try:
        return entry.filename.encode("cp437").decode()
    except UnicodeError:
        return entry.filename


def store(places: list[Place], *, unit: Unit, by: User) -> Media | str:
    """Store the picture for the unit; return it, or in words why not."""
    if len(places) > 1:
        return _("Two uploaded files have this name. Give each its own.")
    for left in reversed(range(_TRIES)):
        try:
            with _open_place(places[0]) as file:
                return _store_file(File(file, name="picture"), unit=unit, by=by)
        except Busy as error:  # others upload pictures, too
            if not left:
                return str(error)
        except Refused as error:
            return str(error)
        except (
            zipfile.BadZipFile,
            RuntimeError,
            OSError,
            ValueError,
            NotImplementedError,
            EOFError,
        ):
            return _(
                "This file cannot be taken out of the zip. Make the zip anew, without a password."
            )
    raise AssertionError("unreachable")


def _store_file(file: File, *, unit: Unit, by: User) -> Media:
    head = file.read(videos.HEAD)
    file.seek(0)
    if not pictures.may_be_picture(head):
        raise Refused(
            _("This is no JPEG, PNG or WebP picture. Videos are added to the draft itself.")
        )
    return storing.store(file, unit=unit, by=by)


@contextmanager
def _open_place(place: Place) -> Iterator[IO[bytes]]:
    if not place.entry:
        with place.path.open("rb") as file:
            yield file
        return
    with zipfile.ZipFile(place.path) as archive, archive.open(place.entry) as packed:
        # No more than a picture may have, whatever the archive declares.
        data = packed.read(settings.IMAGE_MAX_BYTES + 1)
    with ContentFile(data) as file:
        yield file
