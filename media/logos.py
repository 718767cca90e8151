"""The picture that stands for a unit. Its leader chooses it; posts and public pages may show it."""

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
from media import pictures
from media.models import Logo, Media
from units.models import Unit


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
