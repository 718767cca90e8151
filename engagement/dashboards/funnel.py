"""Count how far kits came: issued to how many units, opened, drafted, approved and published by how
many. Two statements, whatever the number of kits.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q

from accounts.models import User
from accounts.permissions import Permission
from campaigns.kits.models import Adoption, Kit
from campaigns.kits.queries import find_units
from publishing.models import Delivery
from units.models import Unit

STEPS = ("issued", "opened", "drafted", "approved", "published")


@dataclass(frozen=True)
class Funnel:
    """The units of the reader's scope at each step of a kit; who is at one has been at those
    before.
    """

    kit: Kit
    issued: int
    opened: int = 0
    drafted: int = 0
    approved: int = 0
    published: int = 0

    def steps(self) -> list[int]:
        return [getattr(self, step) for step in STEPS]


def count_funnels(user: User, kits: Sequence[Kit]) -> list[Funnel]:
    issued = {kit: kit.current for kit in kits if kit.current is not None}
    if not issued:
        return []
    reach = user.reach(Permission.POST_VIEW)
    counts = {}
    for kit, version in issued.items():
        version.kit = kit
        counts[f"kit_{kit.pk}"] = Count("pk", filter=Q(pk__in=find_units(version).values("pk")))
    audience = Unit.objects.within(reach).aggregate(**counts)
    out = Delivery.objects.filter(post__adoption=OuterRef("pk"), published_at__isnull=False)
    is_out = Q(is_out=True)
    rows = Adoption.objects.filter(kit__in=issued).within(reach).annotate(is_out=Exists(out))
    grouped = (
        rows.order_by()
        .values("kit")
        .annotate(
            opened=Count("pk", filter=Q(opened_at__isnull=False) | Q(adopted_at__isnull=False)),
            drafted=Count("adopted_at"),
            approved=Count("pk", filter=is_out | Q(post__approved_revision__isnull=False)),
            published=Count("pk", filter=is_out),
        )
    )
    by_kit = {kit: steps for kit, *steps in grouped.values_list("kit", *STEPS[1:])}
    return [Funnel(kit, audience[f"kit_{kit.pk}"], *by_kit.get(kit.pk, [])) for kit in issued]
