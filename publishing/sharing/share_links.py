"""Share published posts, and kits before the unit's own post stands, and revoke that."""

import secrets
from collections.abc import Collection
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
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
from posts.models import Post
from publishing.models import ShareLink
from publishing.sharing.queries import (
    is_shareable,
    kits_for,
    link_target,
    permalink_of,
    shareable_source,
    unrevoked_posts,
)
from units.models import Unit

LONGEST_DAYS = 90  # that a share link stays active
MOST_PARTNERS = 20  # in one go
JUST_MADE = timedelta(minutes=1)  # an address that somebody is still about to pass on


def share_post(
    post: Post,
    *,
    partners: Collection[Partner],
    until: date,
    by: User,
    replaces: ShareLink | None = None,
) -> list[tuple[ShareLink, str]]:
    """Make a share link of the post for each partner; return them with their secrets, which nobody
    can read again. A partner's earlier link of the post ends, unless somebody else made it just
    now. ``replaces``: the one that is renewed. Raise NotAllowed, Refused.
    """
    position = require(by, Permission.PARTNER_WRITE, unit=post.unit).position
    _require_partners(partners, unit=post.unit, until=until)
    quotas.use("share", by=by)
    with transaction.atomic():
        locked = Post.objects.select_for_update(of=("self",)).select_related("unit").get(pk=post.pk)
        now, revision = timezone.now(), locked.approved_revision
        if revision is None or not is_shareable(locked, now=now):
            raise Refused(_("Only a post that stands on the unit's page is shared."))
        if replaces:
            _refuse_replaced(replaces)
        # The platform itself gave the address, or somebody who posted by hand and was checked.
        target = permalink_of(locked, now=now)
        return [
            _make(
                partner,
                unit=locked.unit,
                post=locked,
                revision=revision,
                target=target,
                until=until,
                by=by,
                position=position,
            )
            for partner in partners
        ]


def share_kit(
    kit: Kit, *, unit: Unit, partners: Collection[Partner], until: date, by: User
) -> list[tuple[ShareLink, str]]:
    """Make a share link of the kit for each partner, as `share_post` does. Raise NotAllowed,
    Refused.
    """
    position = require(by, Permission.PARTNER_WRITE, unit=unit).position
    _require_partners(partners, unit=unit, until=until)
    quotas.use("share", by=by)
    with transaction.atomic():
        locked = Kit.objects.select_for_update(of=("self",)).select_related("unit").get(pk=kit.pk)
        if not kits_for(unit).filter(pk=locked.pk).exists():
            raise Refused(
                _("This kit is not open to your unit any more. The list shows those that are.")
            )
        version, values = shareable_source(locked, unit)
        # The kit's own address was looked at, and the page is the unit's.
        target = link_target(version, unit)
        return [
            _make(
                partner,
                unit=unit,
                kit=locked,
                version=version,
                values=dict(values),
                target=target,
                until=min(until, version.window_until or until),
                by=by,
                position=position,
            )
            for partner in partners
        ]


def _refuse_replaced(row: ShareLink) -> None:
    """Raise Refused for a link that was renewed already: its new address is being passed on."""
    newer = ShareLink.objects.filter(partner=row.partner_id, post=row.post_id, pk__gt=row.pk)
    if newest := newer.select_related("made_by").first():
        message = _(
            "%(who)s made a new address for %(partner)s meanwhile, which is in use. To make "
            "another one, look at the list anew and renew it there."
        )
        raise Refused(message % {"who": newest.made_by, "partner": row.partner})


def _refuse_just_made(earlier: QuerySet[ShareLink], *, by: User) -> None:
    """Raise Refused where somebody else made one of ``earlier`` a moment ago: a new one would end
    it while its address is being passed on.
    """
    recent = earlier.filter(revoked_at=None, made_at__gt=timezone.now() - JUST_MADE)
    if just_made := recent.exclude(made_by=by).select_related("made_by", "partner").first():
        message = _(
            "%(who)s made an address for %(partner)s a moment ago. Use that one, or make "
            "another one in a minute: it closes the first."
        )
        raise Refused(message % {"who": just_made.made_by, "partner": just_made.partner})


def _require_partners(partners: Collection[Partner], *, unit: Unit, until: date) -> None:
    """Raise Refused unless each is a partner of the unit by an agreement in force, and the last day
    is one that a share link may have.
    """
    today = timezone.localdate()
    if not partners:
        raise Refused(_("Choose at least one partner."))
    if len(partners) > MOST_PARTNERS:
        raise Refused(_("Choose at most %(n)s partners at once.") % {"n": MOST_PARTNERS})
    for partner in partners:
        if partner.unit_id != unit.pk or not partner.holds(today):
            raise Refused(
                _("The agreement with %(partner)s is not in force.") % {"partner": partner}
            )
    if not today <= until <= today + timedelta(days=LONGEST_DAYS):
        raise Refused(
            _("Choose a last day from today on, at most %(n)s days ahead.") % {"n": LONGEST_DAYS}
        )


def _make(
    partner: Partner,
    *,
    unit: Unit,
    until: date,
    target: str,
    by: User,
    position: str,
    **subject: Any,
) -> tuple[ShareLink, str]:
    """Make the partner's share link of ``subject``; it ends with the agreement."""
    shared = subject.get("post") or subject["kit"]
    earlier = ShareLink.objects.filter(
        partner=partner, post=subject.get("post"), kit=subject.get("kit")
    )
    _refuse_just_made(earlier, by=by)
    link = _find_or_create_link(earlier, shared, partner, target, by=by) if target else None
    now, secret = timezone.now(), secrets.token_urlsafe(32)
    earlier.filter(revoked_at=None).update(revoked_at=now)
    row = ShareLink.objects.create(
        unit=unit,
        partner=partner,
        link=link,
        secret_hash=ShareLink.hash_of(secret),
        made_by=by,
        made_at=now,
        expires_on=min(until, partner.ends_on),
        **subject,
    )
    record("share.made", row, by=by, position=position, until=row.expires_on.isoformat())
    return row, secret


def _find_or_create_link(
    earlier: QuerySet[ShareLink], shared: Post | Kit, partner: Partner, target: str, *, by: User
) -> Link:
    """Return the short link by which clicks of this partner's readers are counted; the earlier one
    as long as it leads there.
    """
    used = Link.objects.filter(pk__in=earlier.values("link"), stopped_at=None, target=target)
    if known := used.first():
        return known
    title = _("Shared by %(partner)s: %(post)s") % {"partner": partner, "post": shared}
    return links.create_link(
        unit=partner.unit, title=title[:LONGEST_TITLE], target=target, by=by, is_checked=True
    )


@transaction.atomic
def revoke(share: ShareLink, *, by: User) -> None:
    """Close a page at once. Raise Refused when it is closed already."""
    authority = require(by, Permission.PARTNER_WRITE, unit=share.unit)
    if not ShareLink.objects.filter(pk=share.pk, revoked_at=None).update(revoked_at=timezone.now()):
        raise Refused(_("This page is revoked already."))
    record("share.revoked", share, by=by, position=authority.position)


@transaction.atomic
def revoke_all_posts(unit: Unit, *, by: User, partner: Partner | None = None) -> int:
    """Close the pages of all the unit's posts, or of those for one partner, at once; return how
    many.
    """
    authority = require(by, Permission.PARTNER_WRITE, unit=unit)
    rows = _revoke(unrevoked_posts(unit, partner=partner))
    record_entries(
        make_entry("share.revoked", row, by=by, position=authority.position) for row in rows
    )
    return len(rows)


@transaction.atomic
def revoke_of_partners(partners: Collection[int]) -> int:
    """Close the pages of partners whose agreements ended; return how many."""
    rows = _revoke(ShareLink.objects.filter(partner__in=partners, revoked_at=None))
    record_entries(make_entry("share.closed", row) for row in rows)
    return len(rows)


def _revoke(shares: QuerySet[ShareLink]) -> list[ShareLink]:
    locked = shares.select_for_update(of=("self",)).order_by("pk")
    rows = list(locked.select_related("unit", "partner", "post", "kit"))
    ShareLink.objects.filter(pk__in=[row.pk for row in rows]).update(revoked_at=timezone.now())
    return rows
