"""Share published posts with partners, and revoke that."""

import secrets
from collections.abc import Collection
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import Permission
from accounts.queries import require
from audit.services import make_entry, record, record_entries
from campaigns.partners.models import Partner
from core import quotas
from core.errors import Refused
from links import services as links
from links.models import LONGEST_TITLE, Link
from posts.models import Post, Revision
from publishing.models import KitShare, Share
from publishing.sharing.queries import is_shareable, open_shares, permalink_of
from units.models import Unit

LONGEST_DAYS = 90  # that a page stays open
MOST_PARTNERS = 20  # in one go
JUST_MADE = timedelta(minutes=1)  # an address that somebody is still about to pass on


def share(
    post: Post,
    *,
    partners: Collection[Partner],
    until: date,
    by: User,
    replaces: Share | None = None,
) -> list[tuple[Share, str]]:
    """Open a page of the post for each partner; return them with their secrets, which nobody can
    read again. A partner's earlier page of the post closes, unless somebody else made it just now.
    ``replaces``: the page that is renewed. Raise NotAllowed, Refused.
    """
    authority = require(by, Permission.PARTNER_WRITE, unit=post.unit)
    now = timezone.now()
    require_partners(partners, unit=post.unit, until=until)
    quotas.use("share", by=by)
    with transaction.atomic():
        locked = Post.objects.select_for_update(of=("self",)).select_related("unit").get(pk=post.pk)
        revision = locked.approved_revision
        if revision is None or not is_shareable(locked, now=now):
            raise Refused(_("Only a post that stands on the unit's page is shared."))
        if replaces:
            _refuse_replaced(replaces)
        made = []
        for partner in partners:
            row, secret = _open_page(revision, partner, until=until, by=by, now=now)
            made.append((row, secret))
            record(
                "share.made",
                row,
                by=by,
                position=authority.position,
                until=row.expires_on.isoformat(),
            )
    return made


def renew(share_page: Share, *, until: date, by: User) -> list[tuple[Share, str]]:
    """Replace the address of a partner's page by a new one. Raise as `share`."""
    partners = [share_page.partner]
    return share(share_page.post, partners=partners, until=until, by=by, replaces=share_page)


def _refuse_replaced(row: Share) -> None:
    """Raise Refused for a page that was renewed already: its new address is being passed on."""
    newer = Share.objects.filter(partner=row.partner_id, post=row.post_id, pk__gt=row.pk)
    if found := newer.select_related("made_by").first():
        message = _(
            "%(who)s made a new address for %(partner)s meanwhile, which is in use. To make "
            "another one, look at the list anew and renew it there."
        )
        raise Refused(message % {"who": found.made_by, "partner": row.partner})


def refuse_just_made(pages: QuerySet[Share] | QuerySet[KitShare], *, by: User) -> None:
    """Raise Refused where somebody else opened one of ``pages`` a moment ago: a new one would close
    it while its address is being passed on.
    """
    recent = pages.filter(revoked_at=None, made_at__gt=timezone.now() - JUST_MADE)
    if found := recent.exclude(made_by=by).select_related("made_by", "partner").first():
        message = _(
            "%(who)s made an address for %(partner)s a moment ago. Use that one, or make "
            "another one in a minute: it closes the first."
        )
        raise Refused(message % {"who": found.made_by, "partner": found.partner})


def require_partners(partners: Collection[Partner], *, unit: Unit, until: date) -> None:
    """Raise Refused unless each is a partner of the unit by an agreement in force, and the last day
    is one that a page may have.
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


def _open_page(
    revision: Revision, partner: Partner, *, until: date, by: User, now: datetime
) -> tuple[Share, str]:
    post = revision.post
    target = permalink_of(post, now=now)
    earlier = Share.objects.filter(partner=partner, post=post)
    refuse_just_made(earlier, by=by)
    link = _link(earlier, post, partner, target, by=by) if target else None
    earlier.filter(revoked_at=None).update(revoked_at=now)
    secret = secrets.token_urlsafe(32)
    row = Share.objects.create(
        unit=post.unit,
        partner=partner,
        post=post,
        revision=revision,
        link=link,
        secret_hash=Share.hash_of(secret),
        made_by=by,
        made_at=now,
        expires_on=min(until, partner.ends_on),
    )
    return row, secret


def _link(earlier: QuerySet[Share], post: Post, partner: Partner, target: str, *, by: User) -> Link:
    """Return the short link by which clicks of this partner's readers are counted; the earlier one
    as long as it leads there.
    """
    used = Link.objects.filter(pk__in=earlier.values("link"), stopped_at=None, target=target)
    if known := used.first():
        return known
    title = _("Shared by %(partner)s: %(post)s") % {"partner": partner, "post": post}
    # The platform itself gave the address, or somebody who posted by hand and was checked.
    return links.create_link(
        unit=post.unit, title=title[:LONGEST_TITLE], target=target, by=by, is_checked=True
    )


@transaction.atomic
def revoke(share: Share, *, by: User) -> None:
    """Close a page at once. Raise Refused when it is closed already."""
    authority = require(by, Permission.PARTNER_WRITE, unit=share.unit)
    if not Share.objects.filter(pk=share.pk, revoked_at=None).update(revoked_at=timezone.now()):
        raise Refused(_("This page is revoked already."))
    record("share.revoked", share, by=by, position=authority.position)


@transaction.atomic
def revoke_all(unit: Unit, *, by: User, partner: Partner | None = None) -> int:
    """Close all pages of the unit, or of one partner, at once; return how many."""
    authority = require(by, Permission.PARTNER_WRITE, unit=unit)
    rows = _close_pages(open_shares(unit, partner=partner))
    record_entries(
        make_entry("share.revoked", row, by=by, position=authority.position) for row in rows
    )
    return len(rows)


@transaction.atomic
def close_pages_of_partners(partners: Collection[int]) -> int:
    """Close the pages of partners whose agreements ended; return how many."""
    rows = _close_pages(Share.objects.filter(partner__in=partners, revoked_at=None))
    record_entries(make_entry("share.closed", row) for row in rows)
    return len(rows)


def _close_pages(rows: QuerySet[Share]) -> list[Share]:
    locked = rows.select_for_update(of=("self",)).order_by("pk")
    found = list(locked.select_related("unit", "partner", "post"))
    Share.objects.filter(pk__in=[row.pk for row in found]).update(revoked_at=timezone.now())
    return found
