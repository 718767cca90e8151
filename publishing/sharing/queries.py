"""Find what is shared with partners, whether its share link is active, and what it shows."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import Permission
from campaigns.kits.models import Kit, KitVersion
from campaigns.kits.seals import is_sealed
from campaigns.partners.models import Partner
from channels.models import Channel
from channels.states import Lifecycle
from core.errors import Refused
from links.targets import is_permitted
from media.models import Media
from posts.kit_placeholders import UnitKit, find_approved_kit, join_labels
from posts.models import Post
from publishing.models import Delivery, ShareLink
from publishing.states import State
from units.models import Unit

# What `statuses`, pages and records read of a share link of either subject.
RELATED = ("unit__parent", "partner__unit", "post", "kit__unit", "version__kit", "link")


class Status(StrEnum):
    """Status of a share link: active, or why not. The first that fits counts."""

    ACTIVE = "active"
    AGREEMENT_OVER = "agreement_over"
    REVOKED = "revoked"
    EXPIRED = "expired"
    CORRECTED = "corrected"  # the post
    GONE = "gone"  # the post: recalled, replaced, or no longer valid
    WITHDRAWN = "withdrawn"  # the kit: so, or not proved to be approved
    REPLACED = "replaced"  # the kit
    EARLY = "early"  # the kit


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


def permalink_of(post: Post, *, now: datetime) -> str:
    """Return the address of the live post, of its first page that gives one."""
    live = live_deliveries(now).filter(post=post).exclude(permalink="")
    return live.order_by("published_at").values_list("permalink", flat=True).first() or ""


def correction_of(post: Post) -> str:
    """Return the address of the published correction of the post, or nothing."""
    published = Delivery.objects.filter(post__corrects=post, state=State.PUBLISHED)
    links = published.exclude(permalink="").order_by("-published_at")
    return links.values_list("permalink", flat=True).first() or ""


class Source(NamedTuple):
    """The version of a kit that a unit may share now, and its values."""

    version: KitVersion
    values: Mapping[str, str]


def kits_for(unit: Unit) -> QuerySet[Kit]:
    """Return the issued kits that the unit may share: its own, and those that it may adopt."""
    open_kits = Kit.objects.open_to(unit).order_by().values("pk")
    kits = Kit.objects.issued().filter(Q(unit=unit) | Q(pk__in=open_kits))
    return kits.select_related("unit", "campaign", "topic", "current")


def shareable_source(kit: Kit, unit: Unit) -> Source:
    """Return what the unit shares: with facts of its own page, and values that its leader has
    approved for its post of the kit. Raise Refused where one is missing: nobody has approved
    another.
    """
    version = kit.current
    if version is None or kit.is_withdrawn or not is_sealed(version):
        raise Refused(_("Only a kit that is issued is shared."))
    version.kit = kit
    last = version.window_until
    if last and last < timezone.localdate():
        raise Refused(_("The time of this kit is over."))
    unit_kit, post = UnitKit(version, unit), post_of(kit, unit)
    values = {**unit_kit.first_values(), **_approved_values(version, post)}
    if missing := unit_kit.open_placeholders(values):
        if post and (older := find_outdated_values(post)):
            raise Refused(_outdated_text(older))
        raise Refused(
            _(
                "The kit asks for words of your unit: %(labels)s. Take it up, have your post "
                "approved, then share it: the page takes the approved words."
            )
            % {"labels": join_labels(missing)}
        )
    return Source(version, values)


def post_of(kit: Kit, unit: Unit) -> Post | None:
    """Return the unit's post of the kit, once its leader has approved it."""
    posts = Post.objects.filter(unit=unit, adoption__kit=kit).exclude(approved_revision=None)
    return posts.select_related("unit", "approved_revision").first()


def _approved_values(version: KitVersion, post: Post | None) -> Mapping[str, str]:
    if post is None or post.approved_revision is None:
        return {}
    approved = find_approved_kit(post.approved_revision.content, post.unit)
    if approved is None:
        return {}
    unit_kit, values = approved
    return values if unit_kit.version.pk == version.pk else {}


class OutdatedValues(NamedTuple):
    """A post whose approved values are for a version of its kit that was replaced since."""

    post: Post
    kit: Kit
    number: int  # of the version that was approved
    current: int


def find_outdated_values(post: Post) -> OutdatedValues | None:
    """Return for which version of its kit the post was approved, where a newer one is issued; else
    None. ``post`` bears its unit. Two queries at most.
    """
    revision = post.approved_revision
    approved = find_approved_kit(revision.content, post.unit) if revision else None
    if approved is None:
        return None
    shared = approved[0].version
    newest = shared.kit.current
    if newest is None or newest.pk == shared.pk or shared.kit.is_withdrawn:
        return None
    return OutdatedValues(post, shared.kit, shared.number, newest.number)


def _outdated_text(older: OutdatedValues) -> str:
    return _(
        "Your approved post is of version %(number)s of the kit, and version %(current)s counts "
        "now. Open the post, choose “Take back for editing”, then “Take the new version over”. "
        "Once it is approved again, the page takes its words."
    ) % {"number": older.number, "current": older.current}


def link_target(version: KitVersion, unit: Unit) -> str:
    """Return the official address to which a partner's link leads: the kit's own, or the unit's
    first page; nothing where there is neither.
    """
    if version.link and is_permitted(version.link, unit=unit):
        return version.link
    pages = Channel.objects.usable().filter(unit=unit, lifecycle=Lifecycle.ACTIVE)
    pages = pages.filter(confirmed_at__isnull=False).exclude(address="").order_by("pk")
    return pages.values_list("address", flat=True).first() or ""


def statuses(shares: Collection[ShareLink], *, now: datetime) -> dict[int, Status]:
    """Return by key whether each share link is active. ``shares`` bear their partners, and of kits
    the version with its kit. Two queries where posts are shared, none for kits.
    """
    posts = {share.post_id for share in shares if share.post_id}
    live = live_deliveries(now).filter(post__in=posts).values_list("revision", flat=True)
    revisions, corrected = set(live), _find_corrected(posts)
    today = timezone.localdate(now)
    return {share.pk: _status(share, today, revisions, corrected) for share in shares}


def _status(share: ShareLink, today: date, live: set[int], corrected: set[int | None]) -> Status:
    if not share.partner.holds(today):
        return Status.AGREEMENT_OVER
    if share.revoked_at:
        return Status.REVOKED
    if share.expires_on < today:
        return Status.EXPIRED
    if share.version:
        return _kit_status(share.version, today)
    if share.post_id in corrected:
        return Status.CORRECTED
    return Status.ACTIVE if share.revision_id in live else Status.GONE


def _kit_status(version: KitVersion, today: date) -> Status:
    if version.kit.is_withdrawn or not is_sealed(version):
        return Status.WITHDRAWN
    if version.kit.current_id != version.pk:
        return Status.REPLACED
    if version.window_from and today < version.window_from:
        return Status.EARLY
    return Status.ACTIVE


class SharedMedia(NamedTuple):
    """A picture or video of what is shared, with its description."""

    media: Media
    alt_text: str


def media_of(share: ShareLink) -> list[SharedMedia]:
    """Return the pictures and videos that were published with the revision, or those of the kit
    that may still be shown, in their order.
    """
    if share.version:
        uses = share.version.media.select_related("media__card").order_by("position", "pk")
        today = timezone.localdate()
        return [
            SharedMedia(use.media, use.alt_text or use.media.alt_text)
            for use in uses
            if use.media.blurred_at is None
            and use.media.archived_at is None
            and not use.media.is_expired(today)
        ]
    rows = Media.objects.filter(revisions__revision=share.revision).select_related("card")
    by_hash = {row.sha256: row for row in rows}
    return [
        SharedMedia(by_hash[entry["sha256"]], entry.get("alt_text", ""))
        for entry in share.content["media"]
        if entry["sha256"] in by_hash
    ]


def partners_for(unit: Unit, *, on: date) -> QuerySet[Partner]:
    """Return the partners with whom ``unit`` may share now."""
    return Partner.objects.filter(unit=unit).current(on).select_related("unit").order_by("name")


def shared_posts(unit: Unit, *, partner: Partner | None = None) -> QuerySet[ShareLink]:
    """Return the posts that the unit shares or shared: each partner's latest link of a post."""
    newer = ShareLink.objects.filter(
        partner=OuterRef("partner"), post=OuterRef("post"), pk__gt=OuterRef("pk")
    )
    rows = ShareLink.objects.filter(~Exists(newer), unit=unit, kit=None)
    if partner:
        rows = rows.filter(partner=partner)
    return rows.select_related("unit", "partner__unit", "post", "link").defer(
        "post__body", "post__search"
    )


def unrevoked_posts(unit: Unit, *, partner: Partner | None = None) -> QuerySet[ShareLink]:
    rows = ShareLink.objects.filter(unit=unit, kit=None, revoked_at=None)
    return rows.filter(partner=partner) if partner else rows


def links_of_kit(kit: Kit, unit: Unit) -> QuerySet[ShareLink]:
    """Return the share links of the kit that the unit made, the newest first."""
    return ShareLink.objects.filter(kit=kit, unit=unit).select_related(*RELATED)


def shared_by(user: User) -> QuerySet[ShareLink]:
    """Return the share links of units where the person may share."""
    rows = ShareLink.objects.within(user.reach(Permission.PARTNER_WRITE))
    return rows.select_related(*RELATED)
