"""Find what is shared with partners, whether its page is open, and what stands on it."""

from collections.abc import Collection
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from accounts.models import User
from accounts.permissions import Permission
from campaigns.kits.models import Kit
from campaigns.partners.models import Partner
from media.models import Media
from posts.kit_words import approved_filling
from posts.models import Post
from publishing.models import Delivery, Share
from publishing.states import State
from units.models import Unit


class PageState(StrEnum):
    """State of a share page: open, or why not. The first that fits counts."""

    OPEN = "open"
    REVOKED = "revoked"
    AGREEMENT_OVER = "agreement_over"
    EXPIRED = "expired"
    CORRECTED = "corrected"
    GONE = "gone"  # recalled, replaced, or no longer valid


def live_deliveries(now: datetime) -> QuerySet[Delivery]:
    """Return what stands on official pages and may: of posts that are recalled, replaced or over,
    nothing.
    """
    return Delivery.objects.still_approved(now).filter(state=State.PUBLISHED)


def is_shareable(post: Post, *, now: datetime) -> bool:
    """Check whether the post's approved revision stands on a page and nobody has corrected it."""
    live = live_deliveries(now).filter(post=post)
    return live.exists() and not _find_corrected([post.pk])


def _find_corrected(posts: Collection[int]) -> set[int | None]:
    published = Delivery.objects.filter(post__corrects__in=posts, state=State.PUBLISHED)
    return set(published.values_list("post__corrects", flat=True))


class OutdatedKitWords(NamedTuple):
    """A post whose approved words are of a version of its kit that was replaced since."""

    post: Post
    kit: Kit
    number: int  # of the version that was approved
    current: int


def outdated_kit_words(post: Post) -> OutdatedKitWords | None:
    """Return of which version of its kit the post's approved words are, where a newer one is
    issued. ``post`` bears its unit. Two queries at most.
    """
    revision = post.approved_revision
    cut = approved_filling(revision.content, post.unit) if revision else None
    if cut is None:
        return None
    shared = cut[0].version
    newest = shared.kit.current
    if newest is None or newest.pk == shared.pk or shared.kit.is_withdrawn:
        return None
    return OutdatedKitWords(post, shared.kit, shared.number, newest.number)


def permalink_of(post: Post, *, now: datetime) -> str:
    """Return the address of the live post, of its first page that gives one."""
    live = live_deliveries(now).filter(post=post).exclude(permalink="")
    return live.order_by("published_at").values_list("permalink", flat=True).first() or ""


def correction_of(post: Post) -> str:
    """Return the address of the published correction of the post, or nothing."""
    published = Delivery.objects.filter(post__corrects=post, state=State.PUBLISHED)
    links = published.exclude(permalink="").order_by("-published_at")
    return links.values_list("permalink", flat=True).first() or ""


def page_states(shares: Collection[Share], *, now: datetime) -> dict[int, PageState]:
    """Return by key whether each page is open. ``shares`` bear their partners. Two queries."""
    posts = {share.post_id for share in shares}
    live = live_deliveries(now).filter(post__in=posts).values_list("revision", flat=True)
    revisions, corrected = set(live), _find_corrected(posts)
    today = timezone.localdate(now)
    return {share.pk: _page_state(share, today, revisions, corrected) for share in shares}


def _page_state(share: Share, today: date, live: set[int], corrected: set[int | None]) -> PageState:
    if not share.partner.holds(today):
        return PageState.AGREEMENT_OVER
    if share.revoked_at:
        return PageState.REVOKED
    if share.expires_on < today:
        return PageState.EXPIRED
    if share.post_id in corrected:
        return PageState.CORRECTED
    return PageState.OPEN if share.revision_id in live else PageState.GONE


class Shown(NamedTuple):
    """A picture or video of the revision, with its description."""

    media: Media
    alt_text: str


def media_of(share: Share) -> list[Shown]:
    """Return the pictures and videos that were published with the revision, in their order."""
    rows = Media.objects.filter(revisions__revision=share.revision).select_related("card")
    by_hash = {row.sha256: row for row in rows}
    return [
        Shown(by_hash[entry["sha256"]], entry.get("alt_text", ""))
        for entry in share.revision.content["media"]
        if entry["sha256"] in by_hash
    ]


def partners_for(unit: Unit, *, on: date) -> QuerySet[Partner]:
    """Return the partners with whom ``unit`` may share now."""
    return Partner.objects.filter(unit=unit).current(on).select_related("unit").order_by("name")


def shares_of(unit: Unit, *, partner: Partner | None = None) -> QuerySet[Share]:
    """Return what the unit shares or shared: each partner's latest page of a post."""
    newer = Share.objects.filter(
        partner=OuterRef("partner"), post=OuterRef("post"), pk__gt=OuterRef("pk")
    )
    rows = Share.objects.filter(~Exists(newer), unit=unit)
    if partner:
        rows = rows.filter(partner=partner)
    return rows.select_related("unit", "partner__unit", "post", "link").defer(
        "post__body", "post__search"
    )


def open_shares(unit: Unit, *, partner: Partner | None = None) -> QuerySet[Share]:
    rows = Share.objects.filter(unit=unit, revoked_at=None)
    return rows.filter(partner=partner) if partner else rows


def shared_by(user: User) -> QuerySet[Share]:
    """Return the shares of units where the person may share."""
    rows = Share.objects.within(user.reach(Permission.PARTNER_WRITE))
    return rows.select_related("unit", "partner__unit", "post")
