"""Find kits for a unit, and what it did with them."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from campaigns.kits.models import Adoption, Kit
from campaigns.kits.presenters import Difference, compare_versions
from campaigns.kits.queries import find_open_kits
from posts.kit_placeholders import UnitKit
from posts.models import Post
from units.models import Unit

# Days before the end of its window on which a kit is marked as ending.
ENDS_SOON = 3


@dataclass(frozen=True, slots=True)
class KitCard:
    """A kit that is open to a unit, with the unit's own part of it."""

    kit: Kit
    adoption: Adoption | None = None
    post: Post | None = None
    text: str = ""  # with the unit's facts

    @property
    def is_declined(self) -> bool:
        return bool(self.adoption and self.adoption.declined_at)

    @property
    def is_new(self) -> bool:
        """Check whether nobody there has opened it."""
        return self.adoption is None or self.adoption.opened_at is None

    @property
    def days_left(self) -> int | None:
        until = self.kit.current.window_until if self.kit.current else None
        return (until - timezone.localdate()).days if until else None

    @property
    def ends_soon(self) -> bool:
        return self.days_left is not None and self.days_left <= ENDS_SOON


def open_kits(unit: Unit) -> QuerySet[Kit]:
    """Return the kits that the unit may adopt, the newest first."""
    return find_open_kits(unit).order_by("-current__issued_at", "-pk")


def undecided_kits(unit: Unit) -> QuerySet[Kit]:
    """Return those of the open kits that the unit has neither adopted nor declined."""
    decided = Adoption.objects.filter(kit=OuterRef("pk"), unit=unit).exclude(
        adopted_at=None, declined_at=None
    )
    return open_kits(unit).exclude(Exists(decided))


def kits_for_today(unit: Unit, *, on: date, most: int = 3) -> list[Kit]:
    """Return the kits to begin with today: within their windows, not decided on yet."""
    return [
        kit
        for kit in undecided_kits(unit)[: most * 2]
        if kit.current and (kit.current.window_from is None or kit.current.window_from <= on)
    ][:most]


def cards_of(kits: list[Kit], unit: Unit) -> list[KitCard]:
    """Return the kits with what the unit did with each. Three queries."""
    adoptions = {a.kit_id: a for a in Adoption.objects.filter(kit__in=kits, unit=unit)}
    posts = {
        post.adoption_id: post
        for post in Post.objects.filter(adoption__in=adoptions.values()).defer("body", "search")
    }
    cards = []
    known: dict[str, str] | None = None
    for kit in kits:
        adoption = adoptions.get(kit.pk)
        assert kit.current
        unit_kit = UnitKit(kit.current, unit)
        if known is not None:
            unit_kit.unit_values = known
        known = unit_kit.unit_values
        pieces = unit_kit.pieces(kit.current.text, adoption.values if adoption else {})
        text = "".join(piece.text for piece in pieces)
        post = posts.get(adoption.pk) if adoption else None
        cards.append(KitCard(kit, adoption, post, text))
    return cards


def kit_for(unit: Unit, public_id: UUID) -> Kit | None:
    """Return a kit that the unit may adopt, or has adopted or declined before it closed."""
    known = Adoption.objects.filter(unit=unit, kit=OuterRef("pk"))
    seen = Kit.objects.filter(Exists(known), current__isnull=False)
    kits = Kit.objects.open_to(unit).filter(public_id=public_id) | seen.filter(public_id=public_id)
    related = ("unit", "campaign", "topic", "current__kit", "withdrawn_by")
    return kits.select_related(*related).first()


def changes_of_kit(kit: Kit, adoption: Adoption) -> list[Difference]:
    """Compare the version that the unit adopted with the issued one; empty where it is that one, or
    the kit was withdrawn.
    """
    if kit.current is None or kit.is_withdrawn or kit.current_id == adoption.version_id:
        return []
    return compare_versions(kit.current, adoption.version)
