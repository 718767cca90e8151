"""Find kits, whom they are for, and what of them is hashed."""

import hashlib
from collections.abc import Collection
from datetime import date
from typing import Any, NamedTuple

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.models import User
from accounts.permissions import GRANTS, Permission
from campaigns.kits.models import Adoption, Kit, KitQuerySet, KitVersion, Passing
from campaigns.kits.placeholders import hash_core, to_canonical_json
from campaigns.kits.seals import is_sealed
from campaigns.kits.states import APPROVED_ONCE, OPEN, VersionState
from core.scope import list_ancestors
from units.models import Level, Unit, UnitQuerySet


def find_units(version: KitVersion) -> UnitQuerySet:
    """Return the open units that the version is for, whether or not their province has passed it
    on.
    """
    below = Unit.objects.current(timezone.localdate()).under(version.kit.unit)
    below = below.filter(has_police_body=True).exclude(pk=version.kit.unit_id)
    if version.all_below:
        return below
    listed = version.for_units.values("pk")
    aims = Q(level__in=version.for_levels) | Q(kind__in=version.for_kinds)
    return below.filter(aims | Q(pk__in=listed))


def find_provinces_asked(version: KitVersion) -> UnitQuerySet:
    """Return the provinces that are asked to pass the version on: those with units it is for."""
    parents = find_units(version).filter(level=Level.COMMUNE).values("parent")
    return Unit.objects.filter(pk__in=parents, level=Level.PROVINCE, valid_to=None)


def find_provinces_to_remind(kit: Kit) -> UnitQuerySet:
    """Return the provinces that are asked to pass the kit on and have not done so."""
    if kit.current is None or not kit.current.by_provinces:
        return Unit.objects.none()
    return find_provinces_asked(kit.current).exclude(pk__in=kit.passings.values("unit"))


def find_open_kits(unit: Unit, *, on: date | None = None) -> KitQuerySet:
    """Return the kits that ``unit`` may adopt, those that end first at the top."""
    kits = Kit.objects.open_to(unit, on=on)
    return kits.select_related("unit", "campaign", "topic", "current").order_by(
        "current__window_until", "-current__issued_at", "-pk"
    )


def find_readable_kits(user: User) -> KitQuerySet:
    """Return the kits whose pages ``user`` may open: those of their own scope, drafts too, and the
    issued ones of the units above a province, which it may pass on. Communes read kits on the
    pages where they take them up.
    """
    own = Kit.objects.visible_to(user)
    above = {
        path
        for appointment in user.current_appointments
        if appointment.unit.level == Level.PROVINCE
        and any(part.covers(appointment.unit.path) for part in user.reach(Permission.CAMPAIGN_VIEW))
        for path in list_ancestors(appointment.unit.path)[:-1]
    }
    return own | Kit.objects.filter(unit__path__in=above, current__isnull=False)


def find_editable_kits(user: User) -> KitQuerySet:
    """Return the kits of the very units where ``user`` may write kits: nobody writes another
    issuer's.
    """
    paths = [part.path for part in user.reach(Permission.KIT_WRITE)]
    return Kit.objects.filter(unit__path__in=paths).exclude(unit__level=Level.COMMUNE)


class Counts(NamedTuple):
    """Count the units that took a kit up or declined, and the provinces that passed it on."""

    adopted: int = 0
    declined: int = 0
    passed: int = 0


def count_adoption(kits: Collection[Kit]) -> dict[int, Counts]:
    """Count for the kits of a page, in two queries."""
    rows = Adoption.objects.filter(kit__in=kits).order_by().values("kit")
    decided = rows.annotate(adopted=Count("adopted_at"), declined=Count("declined_at"))
    by_kit = {row["kit"]: (row["adopted"], row["declined"]) for row in decided}
    passings = Passing.objects.filter(kit__in=kits).order_by().values("kit").annotate(n=Count("pk"))
    passed = {row["kit"]: row["n"] for row in passings}
    return {
        kit.pk: Counts(*by_kit.get(kit.pk, (0, 0)), passed=passed.get(kit.pk, 0)) for kit in kits
    }


def find_open_versions(kits: Collection[Kit]) -> dict[int, KitVersion]:
    """Return by kit the version that is not issued yet."""
    kit_versions = KitVersion.objects.filter(kit__in=kits, state__in=OPEN).select_related(
        "last_editor"
    )
    return {version.kit_id: version for version in kit_versions}


def find_open_version(kit: Kit) -> KitVersion | None:
    """Return the version that is being written, reviewed, or waits to be issued."""
    return kit.versions.filter(state__in=OPEN).first()


def find_versions_to_decide(user: User) -> QuerySet[KitVersion]:
    """Return the versions of the person's own units that they have to decide on, having written
    nothing of them, and those to issue or to mend; the longest waiting first.
    """
    wrote = KitVersion.writers.through.objects.filter(kitversion=OuterRef("pk"), user=user)
    decides = Q(
        state=VersionState.IN_REVIEW, kit__unit__in=_find_issuers(user, Permission.KIT_APPROVE)
    )
    decides &= ~Exists(wrote) & ~Q(author=user) & ~Q(last_editor=user)
    goes_on = Q(state__in=(VersionState.APPROVED, VersionState.RETURNED))
    goes_on &= Q(kit__unit__in=_find_issuers(user, Permission.KIT_WRITE))
    rows = KitVersion.objects.filter(decides | goes_on, kit__withdrawn_at=None)
    return rows.select_related("kit").order_by("changed_at", "pk")


def _find_issuers(user: User, permission: Permission) -> list[int]:
    """Return the units above communes in which the person holds the right itself."""
    return [
        held.unit_id
        for held in user.current_appointments
        if held.unit.level != Level.COMMUNE and permission in GRANTS[held.role]
    ]


def build_content(version: KitVersion) -> dict[str, Any]:
    """Return all that is approved of a version, in one form: what `compute_digest` hashes."""
    media = version.media.select_related("media").order_by("position", "pk")
    plain = {name: getattr(version, "placeholders" if name == "slots" else name) for name in _PLAIN}
    dates = {name: _format_iso_day(getattr(version, name)) for name in _DATES}
    # Only where there is one: versions that were approved before there were posters hash as then.
    poster = {"poster": version.poster} if version.poster else {}
    return {
        **plain,
        **dates,
        **poster,
        "core": hash_core(version),
        "kit": str(version.kit.public_id),
        "number": version.number,
        "name": version.kit.name,
        "topic": version.kit.topic.code,
        "campaign": str(version.kit.campaign.public_id),
        "for_units": sorted(version.for_units.values_list("key", flat=True)),
        "media": [[medium.media.sha256, medium.alt_text] for medium in media],
    }


_DATES = ("legal_from", "legal_until", "window_from", "window_until")
_PLAIN = (
    "title",
    "text",
    "texts",
    "slots",  # the placeholders, by the key of all approved hashes
    "script",
    "link",
    "legal_basis",
    "source",
    "best_from",
    "best_until",
    "platforms",
    "own_lines",
    "note",
    "changes",
    "all_below",
    "for_levels",
    "for_kinds",
    "by_provinces",
    "spread_minutes",
)


def compute_digest(version: KitVersion) -> str:
    """Return the SHA-256 of all that is approved of the version, as hexadecimal."""
    return hashlib.sha256(to_canonical_json(build_content(version)).encode()).hexdigest()


def _format_iso_day(day: date | None) -> str:
    return day.isoformat() if day else ""


def find_changed_parts(version: KitVersion, before: KitVersion) -> list[str]:
    """Name the parts of the content in which two versions differ, for people to look at."""
    now, then = build_content(version), build_content(before)
    apart = {"core", "number", "changes"}
    names = [*now, *(name for name in then if name not in now)]
    return [name for name in names if name not in apart and now.get(name) != then.get(name)]


def find_proved_versions(versions: Collection[str]) -> dict[str, str]:
    """Return, of the versions (public ids), those whose approval is proved, each with the hash of
    what was approved. One query.
    """
    rows = KitVersion.objects.filter(public_id__in=versions, state__in=APPROVED_ONCE)
    return {str(row.public_id): row.content_sha256 for row in rows if is_sealed(row)}


def find_versions(kit: Kit) -> QuerySet[KitVersion]:
    return kit.versions.select_related("kit__unit", "author", "last_editor", "approved_by")


LIST_STATES = ("writing", "in_review", "approved", "issued", "over", "withdrawn")


def filter_by_state(kits: KitQuerySet, state: str, *, on: date | None = None) -> KitQuerySet:
    """Filter kits by what happens to them now; a kit may be issued and have a newer version in the
    works.
    """
    on = on or timezone.localdate()
    is_over = Q(current__window_until__lt=on)
    match state:
        case "writing":
            return kits.filter(
                withdrawn_at=None,
                pk__in=KitVersion.objects.filter(state__in=["draft", "returned"]).values("kit"),
            )
        case "in_review" | "approved":
            return kits.filter(
                withdrawn_at=None, pk__in=KitVersion.objects.filter(state=state).values("kit")
            )
        case "issued":
            return kits.issued().exclude(is_over)
        case "over":
            return kits.issued().filter(is_over)
        case "withdrawn":
            return kits.exclude(withdrawn_at=None)
    return kits
