"""What officers upload: a picture or a film, told apart by its content."""

from typing import BinaryIO

from django.core.files import File
from django.utils.translation import gettext as _

from accounts.models import User
from core.errors import Refused
from posts import pictures, videos
from posts.models import Media
from units.models import Unit

# What a file dialog offers. Telephones give MOV its own type.
ACCEPT = ",".join(
    [*(f"image/{form.lower()}" for form in pictures.FORMATS), "video/mp4", "video/quicktime", "video/webm"]
)


def store(upload: BinaryIO | File, *, unit: Unit, by: User) -> Media:
    """The uploaded file as the unit's own; the same file twice is one row. Raises Refused in the officer's words."""
    head = upload.read(videos.HEAD)
    upload.seek(0)
    if videos.kind_of(head):
        return videos.store(upload, unit=unit, by=by)
    if not pictures.looks_like_one(head):
        raise Refused(_("This file is neither a picture (JPEG, PNG, WebP) nor a video (MP4, MOV, WebM)."))
    return pictures.store(upload, unit=unit, by=by)
