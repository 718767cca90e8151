"""Uploads of officers: a picture or a video, told apart by the content."""

from typing import BinaryIO

from django.core.files import File
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import Permission
from core import quotas
from core.errors import Refused
from media import pictures, videos
from media.models import Media
from units.models import Unit

# What a file dialog offers. Telephones give MOV its own type.
ACCEPT = ",".join(
    [
        *(f"image/{form.lower()}" for form in pictures.FORMATS),
        "video/mp4",
        "video/quicktime",
        "video/webm",
    ]
)


def store(
    upload: BinaryIO | File, *, unit: Unit, by: User, right: Permission = Permission.POST_WRITE
) -> Media:
    """Store the uploaded file for the unit; the same file twice is one row. Raise Refused in the
    officer's words, and Busy for a retry. ``by`` needs ``right`` in the unit.
    """
    quotas.use("upload", by=by)
    head = upload.read(videos.HEAD)
    upload.seek(0)
    if videos.kind_of(head):
        return videos.store(upload, unit=unit, by=by, right=right)
    if not pictures.may_be_picture(head):
        raise Refused(
            _("This file is neither a picture (JPEG, PNG, WebP) nor a video (MP4, MOV, WebM).")
        )
    return pictures.store(upload, unit=unit, by=by, right=right)
