"""Find what of a kit a unit may share with its partners, and whether a page of it is open."""

from collections.abc import Collection, Mapping
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import Permission
from campaigns.kits.models import Kit, KitVersion
from campaigns.kits.seals import is_sealed
from channels.models import Channel
from channels.states import Lifecycle
from core.errors import Refused
from links.targets import is_permitted
from posts.kit_words import Filling, approved_filling, join_labels
from posts.models import Post
from publishing.models import KitShare
from publishing.sharing.queries import OutdatedKitWords, Shown, outdated_kit_words
from units.models import Unit


class PageState(StrEnum):
    """State of a page: open, or why not. The first that fits counts."""

    OPEN = "open"
    REVOKED = "revoked"
    AGREEMENT_OVER = "agreement_over"
    EXPIRED = "expired"
    GONE = "gone"  # withdrawn, or not proved to be approved
    REPLACED = "replaced"
    EARLY = "early"


class Source(NamedTuple):
    """The version that a unit may share now, and the words in its gaps."""

    version: KitVersion
    values: Mapping[str, str]


def kits_for(unit: Unit) -> QuerySet[Kit]:
    """Return the issued kits that the unit may share: its own, and those that it may take up."""
    open_kits = Kit.objects.open_to(unit).order_by().values("pk")
    kits = Kit.objects.issued().filter(Q(unit=unit) | Q(pk__in=open_kits))
    return kits.select_related("unit", "campaign", "topic", "current")


def shareable_source(kit: Kit, unit: Unit) -> Source:
    """Return what the unit shares: gaps hold facts of its own page, and words that its leader has
    approved for its post of the kit. Raise Refused where one is open: nobody has approved other
    words.
    """
    version = kit.current
    if version is None or kit.is_withdrawn or not is_sealed(version):
        raise Refused(_("Only a kit that is issued is shared."))
    version.kit = kit
    last = version.window_until
    if last and last < timezone.localdate():
        raise Refused(_("The time of this kit is over."))
    filling, post = Filling(version, unit), post_of(kit, unit)
    values = {**filling.first_values(), **_approved_values(version, post)}
    if gaps := filling.open_slots(values):
        if post and (older := outdated_kit_words(post)):
            raise Refused(_outdated_text(older))
        raise Refused(
            _(
                "The kit asks for words of your unit: %(labels)s. Take it up, have your post "
                "approved, then share it: the page takes the approved words."
            )
            % {"labels": join_labels(gaps)}
        )
    return Source(version, values)


def post_of(kit: Kit, unit: Unit) -> Post | None:
    """Return the unit's post of the kit, once its leader has approved it."""
    posts = Post.objects.filter(unit=unit, adoption__kit=kit).exclude(approved_revision=None)
    return posts.select_related("unit", "approved_revision").first()


def _outdated_text(older: OutdatedKitWords) -> str:
    return _(
        "Your approved post is of version %(number)s of the kit, and version %(current)s counts "
        "now. Open the post, choose “Take back for editing”, then “Take the new version over”. "
        "Once it is approved again, the page takes its words."
    ) % {"number": older.number, "current": older.current}


def _approved_values(version: KitVersion, post: Post | None) -> Mapping[str, str]:
    if post is None or post.approved_revision is None:
        return {}
    cut = approved_filling(post.approved_revision.content, post.unit)
    return cut[1] if cut and cut[0].version.pk == version.pk else {}


def link_target(version: KitVersion, unit: Unit) -> str:
    """Return the official address to which a partner's link leads: the kit's own, or the unit's
    first page; nothing where there is neither.
    """
    if version.link and is_permitted(version.link, unit=unit):
        return version.link
    pages = Channel.objects.usable().filter(unit=unit, lifecycle=Lifecycle.ACTIVE)
    pages = pages.filter(confirmed_at__isnull=False).exclude(address="").order_by("pk")
    return pages.values_list("address", flat=True).first() or ""


def page_state(share: KitShare, *, now: datetime) -> PageState:
    """Return whether a page is open. ``share`` bears its partner, kit and version. No query."""
    today, version = timezone.localdate(now), share.version
    if not share.partner.holds(today):
        return PageState.AGREEMENT_OVER
    if share.revoked_at:
        return PageState.REVOKED
    if share.expires_on < today:
        return PageState.EXPIRED
    if share.kit.is_withdrawn or not is_sealed(version):
        return PageState.GONE
    if share.kit.current_id != version.pk:
        return PageState.REPLACED
    if version.window_from and today < version.window_from:
        return PageState.EARLY
    return PageState.OPEN


def media_of(share: KitShare) -> list[Shown]:
    """Return the pictures and videos of the kit that may still be shown, in their order."""
    rows = share.version.media.select_related("media__card").order_by("position", "pk")
    today = timezone.localdate()
    return [
        Shown(row.media, row.alt_text or row.media.alt_text)
        for row in rows
        if row.media.blurred_at is None
        and row.media.archived_at is None
        and not row.media.is_expired(today)
    ]


RELATED = ("unit__parent", "partner__unit", "kit__unit", "version__kit", "link")


def shares_of(kit: Kit, unit: Unit) -> QuerySet[KitShare]:
    """Return the pages of the kit that the unit opened, the newest first."""
    return KitShare.objects.filter(kit=kit, unit=unit).select_related(*RELATED)


def open_shares(partners: Collection[int]) -> QuerySet[KitShare]:
    return KitShare.objects.filter(partner__in=partners, revoked_at=None)


def shared_by(user: User) -> QuerySet[KitShare]:
    """Return the pages of units where the person may share."""
    rows = KitShare.objects.within(user.reach(Permission.PARTNER_WRITE))
    return rows.select_related(*RELATED)
