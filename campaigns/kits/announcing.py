"""Notices to the units that a kit concerns: one to each person who writes there.

3,319 units at once are too many for one transaction. Units go in batches, in the order of their
keys, and each batch commits with the key that it reached: a run that dies is continued by the next.
"""

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.notices import notify
from accounts.permissions import Permission
from accounts.queries import holders_in
from campaigns.kits.models import Announced, Kit, KitVersion, Passing
from campaigns.kits.queries import find_provinces_asked, find_units
from units.models import Unit

BATCH = 200  # units; some 800 people


def announce_kits() -> int:
    """Notify all who do not know yet; return how many batches that took."""
    versions = KitVersion.objects.filter(
        state="issued", announced_at=None, kit__withdrawn_at__isnull=True
    )
    passings = Passing.objects.filter(announced_at=None, kit__withdrawn_at__isnull=True)
    withdrawn = Kit.objects.filter(announced_at=None, withdrawn_at__isnull=False)
    batches = 0
    for rows, step in (
        (versions, _describe_issue),
        (passings, _describe_passing_on),
        (withdrawn, _describe_withdrawal),
    ):
        for row in list(rows.order_by("pk")):
            while _notify_batch(row, step):
                batches += 1
    return batches


Step = Callable[[Any], tuple[QuerySet[Unit], Permission, str, str]]


@transaction.atomic
def _notify_batch(row: Announced, step: Step) -> bool:
    """Notify the next units; return whether there may be more. Six statements, however many."""
    rows = type(row)._base_manager.select_for_update(of=("self",), skip_locked=True)
    locked = rows.filter(pk=row.pk, announced_at=None).first()
    if locked is None:  # another process does it, or has done it
        return False
    units, permission, kind, address = step(row)
    reached = units.filter(pk__gt=locked.announced_upto).order_by("pk")
    keys = list(reached.values_list("pk", flat=True)[:BATCH])
    if keys:
        people = User.objects.filter(pk__in=holders_in(permission, units=keys))
        title = row if isinstance(row, Kit) else row.kit  # type: ignore[attr-defined]
        notify(people, kind, address=address, mail=False, title=title, unit=title.unit)
        locked.announced_upto = keys[-1]
    if len(keys) < BATCH:
        locked.announced_at = timezone.now()
    locked.save(update_fields=["announced_upto", "announced_at"])
    return locked.announced_at is None


def _describe_issue(version: KitVersion) -> tuple[QuerySet[Unit], Permission, str, str]:
    if version.by_provinces and version.number == 1:
        address = reverse("kits:kit", args=[version.kit.public_id])
        return find_provinces_asked(version), Permission.KIT_WRITE, "kit_to_pass_on", address
    kind = "kit_issued" if version.number == 1 else "kit_changed"
    units = find_units(version)
    if version.by_provinces:
        units = units.filter(parent__in=version.kit.passings.values("unit"))
    return units, Permission.POST_WRITE, kind, _get_unit_page(version.kit)


def _describe_passing_on(passing: Passing) -> tuple[QuerySet[Unit], Permission, str, str]:
    kit = passing.kit
    units = find_units(kit.current).under(passing.unit) if kit.current else Unit.objects.none()
    return units, Permission.POST_WRITE, "kit_issued", _get_unit_page(kit)


def _describe_withdrawal(kit: Kit) -> tuple[QuerySet[Unit], Permission, str, str]:
    adopted = kit.adoptions.filter(adopted_at__isnull=False).values("unit")
    units = Unit.objects.filter(pk__in=adopted)
    return units, Permission.POST_WRITE, "kit_withdrawn", _get_unit_page(kit)


def _get_unit_page(kit: Kit) -> str:
    return reverse("posts:kit", args=[kit.public_id])
