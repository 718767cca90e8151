"""Share kits with partners before the unit's own post stands, and revoke that."""

import secrets
from collections.abc import Collection
from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import Permission
from accounts.queries import require
from audit.services import make_entry, record, record_entries
from campaigns.kits.models import Kit
from campaigns.partners.models import Partner
from core import quotas
from core.errors import Refused
from links import services as links
from links.models import LONGEST_TITLE, Link
from publishing.kit_sharing.queries import (
    Source,
    kits_for,
    link_target,
    open_shares,
    shareable_source,
)
from publishing.models import KitShare
from publishing.sharing.shares import refuse_just_made, require_partners
from units.models import Unit


def share(
    kit: Kit, *, unit: Unit, partners: Collection[Partner], until: date, by: User
) -> list[tuple[KitShare, str]]:
    """Open a page of the kit for each partner; return them with their secrets, which nobody can
    read again. A partner's earlier page of the kit closes. Raise NotAllowed, Refused.
    """
    authority = require(by, Permission.PARTNER_WRITE, unit=unit)
    require_partners(partners, unit=unit, until=until)
    quotas.use("share", by=by)
    with transaction.atomic():
        locked = Kit.objects.select_for_update(of=("self",)).select_related("unit")
        row = locked.get(pk=kit.pk)
        if not kits_for(unit).filter(pk=row.pk).exists():
            raise Refused(
                _("This kit is not open to your unit any more. The list shows those that are.")
            )
        found = shareable_source(row, unit)
        made = []
        for partner in partners:
            page, secret = _open_page(found, unit, partner, until=until, by=by)
            made.append((page, secret))
            record(
                "share.made",
                page,
                by=by,
                position=authority.position,
                until=page.expires_on.isoformat(),
            )
    return made


def _open_page(
    found: Source, unit: Unit, partner: Partner, *, until: date, by: User
) -> tuple[KitShare, str]:
    version, now = found.version, timezone.now()
    earlier = KitShare.objects.filter(partner=partner, kit=version.kit)
    refuse_just_made(earlier, by=by)
    target = link_target(version, unit)
    used = Link.objects.filter(pk__in=earlier.values("link"), stopped_at=None, target=target)
    link = (used.first() or _link(found, unit, partner, target, by=by)) if target else None
    earlier.filter(revoked_at=None).update(revoked_at=now)
    secret = secrets.token_urlsafe(32)
    last = min(filter(None, (until, partner.ends_on, version.window_until)))
    row = KitShare.objects.create(
        unit=unit,
        partner=partner,
        kit=version.kit,
        version=version,
        values=dict(found.values),
        link=link,
        secret_hash=KitShare.hash_of(secret),
        made_by=by,
        made_at=now,
        expires_on=last,
    )
    return row, secret


def _link(found: Source, unit: Unit, partner: Partner, target: str, *, by: User) -> Link:
    title = _("Shared by %(partner)s: %(post)s") % {
        "partner": partner,
        "post": found.version.kit,
    }
    # The kit's own address was looked at, and the page is the unit's.
    return links.create_link(
        unit=unit, title=title[:LONGEST_TITLE], target=target, by=by, is_checked=True
    )


@transaction.atomic
def revoke(share: KitShare, *, by: User) -> None:
    """Close a page at once. Raise Refused when it is closed already."""
    authority = require(by, Permission.PARTNER_WRITE, unit=share.unit)
    if not KitShare.objects.filter(pk=share.pk, revoked_at=None).update(revoked_at=timezone.now()):
        raise Refused(_("This page is revoked already."))
    record("share.revoked", share, by=by, position=authority.position)


@transaction.atomic
def close_for(partners: Collection[int]) -> int:
    """Close the pages of partners whose agreements ended; return how many."""
    rows = list(
        open_shares(partners)
        .select_for_update(of=("self",))
        .select_related("unit", "partner", "kit")
        .order_by("pk")
    )
    KitShare.objects.filter(pk__in=[row.pk for row in rows]).update(revoked_at=timezone.now())
    record_entries(make_entry("share.closed", row) for row in rows)
    return len(rows)
