"""Where bytes wait until they are known to be a picture or a film.

A folder of the media's own file system: a film is moved into place by renaming it, and never lies in memory, as it
would under the containers' /tmp.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadedfile import TemporaryUploadedFile, UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, TemporaryFileUploadHandler

KEPT = timedelta(days=1)


def folder() -> Path:
    place = Path(settings.MEDIA_ROOT) / "incoming"
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    return place


def room_for(size: int) -> bool:
    """Whether a film of so many bytes can be taken in and copied with enough left for everybody else."""
    return shutil.disk_usage(folder()).free > 2 * size + settings.MEDIA_ROOM_BYTES


@contextmanager
def workshop() -> Iterator[Path]:
    """A folder for the work on one film, gone with all that is left in it."""
    with tempfile.TemporaryDirectory(prefix="film-", dir=folder(), ignore_cleanup_errors=True) as place:
        yield Path(place)


def sweep(*, now: datetime) -> int:
    """Removes what nobody touched for a day: left by a browser that never came back, or by a process that died."""
    gone = 0
    for left in folder().iterdir():
        with suppress(FileNotFoundError):  # its owner was faster
            if left.stat().st_mtime < (now - KEPT).timestamp():
                shutil.rmtree(left, ignore_errors=True) if left.is_dir() else left.unlink()
                gone += 1
    return gone


class _Waiting(TemporaryUploadedFile):
    def __init__(self, *about: Any) -> None:
        file = tempfile.NamedTemporaryFile(prefix="form-", dir=folder())  # noqa: SIM115 - closed with the request
        UploadedFile.__init__(self, file, *about)


class ToDisk(TemporaryFileUploadHandler):
    """A form's larger files, straight to where they wait. Strangers may send no more than a picture: a form is read
    before anybody asks who sent it."""

    def handle_raw_input(self, input_data: Any, meta: Any, content_length: int, *args: Any, **kwargs: Any) -> None:
        known = self.request is not None and self.request.user.is_authenticated
        most = settings.IMAGE_MAX_BYTES + (settings.VIDEO_MAX_BYTES if known else 0)
        if content_length > most + settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            raise RequestDataTooBig(f"a form of {content_length} bytes")

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        FileUploadHandler.new_file(self, *args, **kwargs)
        self.file = _Waiting(self.file_name, self.content_type, 0, self.charset, self.content_type_extra)
