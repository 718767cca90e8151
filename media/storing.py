"""Uploads of officers: a picture or a video, told apart by the content."""

from typing import BinaryIO

from django.core.files import File
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import Permission
from accounts.queries import require
from audit.services import record
from core import quotas
from core.errors import Refused
from media import pictures, videos
from media.models import Logo, Media
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


def change_logo(unit: Unit, upload: BinaryIO | File, *, by: User) -> Logo:
    """Store the uploaded picture and make it the unit's logo. Raise NotAllowed, Refused, Busy,
    QuotaExceeded.
    """
    require(by, Permission.UNIT_FACTS, unit=unit)
    quotas.use("upload", by=by)
    return _set_logo(unit, pictures.store(upload, unit=unit, by=by), by=by)


@transaction.atomic
def _set_logo(unit: Unit, media: Media, *, by: User) -> Logo:
    authority = require(by, Permission.UNIT_FACTS, unit=unit)
    if not Media.objects.select_for_update(of=("self",)).filter(pk=media.pk).exists():
        raise Refused(_("The picture was removed meanwhile. Upload it again."))
    logo, _is_new = Logo.objects.update_or_create(
        unit=unit, defaults={"media": media, "changed_at": timezone.now()}
    )
    record("unit.logo_changed", unit, by=by, position=authority.position)
    return logo


@transaction.atomic
def remove_logo(unit: Unit, *, by: User) -> None:
    """Leave the unit without a logo; doing it twice is harmless."""
    authority = require(by, Permission.UNIT_FACTS, unit=unit)
    if Logo.objects.filter(unit=unit).delete()[0]:
        record("unit.logo_removed", unit, by=by, position=authority.position)
