"""The folder of bytes that have not been checked yet to be a picture or a video.

A folder of the media's own file system: a video is moved into place by renaming it, and never lies
in memory, as it would under the containers' /tmp.
"""

import shutil
import tempfile
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any, BinaryIO

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files import File
from django.core.files.uploadedfile import TemporaryUploadedFile, UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, TemporaryFileUploadHandler

KEPT = timedelta(days=1)


def folder() -> Path:
    place = Path(settings.MEDIA_ROOT) / "incoming"
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    return place


def has_room_for(size: int) -> bool:
    """Check whether a video of so many bytes can be stored and copied with enough disk left for
    others.
    """
    return shutil.disk_usage(folder()).free > 2 * size + settings.MEDIA_ROOM_BYTES


@contextmanager
def working_folder() -> Iterator[Path]:
    """Make a folder for the work on one picture or video; remove it with all
    its files afterwards.
    """
    with tempfile.TemporaryDirectory(
        prefix="work-", dir=folder(), ignore_cleanup_errors=True
    ) as place:
        yield Path(place)


def path_on_disk(
    file: BinaryIO | File | Path, place: Path, *, most: int, too_large: Callable[[], Exception]
) -> Path:
    """Return the file's path; write a file that is in memory into ``place``. Raise ``too_large()``
    above ``most`` bytes.
    """
    if isinstance(file, Path):
        path = file
    elif hasattr(file, "temporary_file_path"):
        path = Path(file.temporary_file_path())
    else:
        path, written = place / "source", 0
        with path.open("wb") as out:
            while data := file.read(1024 * 1024):
                written += len(data)
                if written > most:
                    raise too_large()
                out.write(data)
    if path.stat().st_size > most:
        raise too_large()
    return path


def find_abandoned(before: datetime) -> Iterator[tuple[str, float]]:
    """Find files that nobody changed since ``before``, with their times: left by a browser that
    never came back, or by a process that died.
    """
    for path in folder().iterdir():
        with suppress(FileNotFoundError):  # its owner removed it meanwhile
            if (changed := path.stat().st_mtime) < before.timestamp():
                yield path.name, changed


def remove_files(names: Collection[str], before: datetime) -> int:
    gone = 0
    for path in (folder() / name for name in names):
        with suppress(FileNotFoundError):
            if path.stat().st_mtime < before.timestamp():
                shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink()
                gone += 1
    return gone


class _UploadedToDisk(TemporaryUploadedFile):
    def __init__(self, *about: Any) -> None:
        file = tempfile.NamedTemporaryFile(prefix="form-", dir=folder())  # noqa: SIM115 - closed with the request
        UploadedFile.__init__(self, file, *about)


class ToDisk(TemporaryFileUploadHandler):
    """Write a form's larger files straight to their folder. Strangers may send no more than a
    picture: a form is read before anybody checks who sent it.
    """

    def handle_raw_input(
        self,
        input_data: IO[bytes],
        META: dict[str, str],
        content_length: int,
        boundary: str,
        encoding: str | None = None,
    ) -> None:
        known = self.request is not None and self.request.user.is_authenticated
        most = settings.IMAGE_MAX_BYTES + (settings.VIDEO_MAX_BYTES if known else 0)
        if content_length > most + settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            raise RequestDataTooBig(f"a form of {content_length} bytes")

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        FileUploadHandler.new_file(self, *args, **kwargs)
        self.file = _UploadedToDisk(
            self.file_name, self.content_type, 0, self.charset, self.content_type_extra
        )
