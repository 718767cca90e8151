"""Make, renew and revoke the secret links of a calendar."""

import secrets

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import Permission
from accounts.queries import can, require
from audit.services import record
from core import quotas
from core.errors import Refused
from publishing.models import CalendarLink
from units.models import Unit

MOST_LINKS = 5  # of one person at a time: phone, office, and some to spare


def create_link(*, unit: Unit, own_posts: bool, by: User) -> tuple[CalendarLink, str]:
    """Make a link; return it with its secret, which nobody can read again. Raise Refused."""
    authority = require(by, Permission.POST_VIEW, unit=unit)
    quotas.use("calendar_link", by=by)
    with transaction.atomic():
        User.objects.select_for_update().get(pk=by.pk)  # two at once do not pass the limit together
        if CalendarLink.objects.filter(user=by, revoked_at=None).count() >= MOST_LINKS:
            raise Refused(
                _("You have %(n)s links already. Revoke one of them first.") % {"n": MOST_LINKS}
            )
        return _create(unit=unit, own_posts=own_posts, by=by, position=authority.position)


def renew_link(link: CalendarLink, *, by: User) -> tuple[CalendarLink, str]:
    """Replace a link of one's own by a new one; the old address stops working. Raise Refused."""
    authority = require(by, Permission.POST_VIEW, unit=link.unit)
    quotas.use("calendar_link", by=by)
    with transaction.atomic():
        revoke_link(link, by=by)
        return _create(unit=link.unit, own_posts=link.own_posts, by=by, position=authority.position)


def _create(*, unit: Unit, own_posts: bool, by: User, position: str) -> tuple[CalendarLink, str]:
    secret = secrets.token_urlsafe(32)
    link = CalendarLink.objects.create(
        user=by,
        unit=unit,
        own_posts=own_posts,
        secret_hash=CalendarLink.hash_of(secret),
        made_at=timezone.now(),
    )
    record("calendar_link.made", link, by=by, position=position, own_posts=own_posts)
    return link, secret


@transaction.atomic
def revoke_link(link: CalendarLink, *, by: User) -> None:
    """Revoke a link of one's own. Raise Refused when that is done already."""
    if not _revoke(link):
        raise Refused(_("This link is revoked already."))
    record("calendar_link.revoked", link, by=by)


@transaction.atomic
def end_without_right(link: CalendarLink) -> bool:
    """Revoke the link for good if its owner may no longer see the unit's posts; return whether."""
    if link.user.is_active and can(link.user, Permission.POST_VIEW, unit=link.unit):
        return False
    if _revoke(link):
        record("calendar_link.ended", link)
    return True


def _revoke(link: CalendarLink) -> bool:
    alive = CalendarLink.objects.filter(pk=link.pk, revoked_at=None)
    return bool(alive.update(revoked_at=timezone.now()))
