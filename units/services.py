"""Changes of the tree of units. A unit is never deleted: it is renamed, merged or closed, and its
key stays.
"""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Protocol

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.models import Entry
from audit.services import make_entry, record, record_entries
from core.errors import NotAllowed, Refused
from core.permissions import Permission
from units.models import LEVEL_BELOW, FormerName, Level, Unit
from units.signals import unit_ended

IN_FORCE_SINCE = date(2025, 7, 1)  # the two-tier local government, without districts
COLUMNS = (
    "province_code",
    "province_name",
    "province_kind",
    "commune_code",
    "commune_name",
    "commune_kind",
    "has_police_body",
)


class Authority(Protocol):
    @property
    def position(self) -> str: ...


class Administrator(Protocol):
    """A user, as far as accounts above this app let one arrange units."""

    def authority(self, permission: Permission, *, unit: Unit) -> Authority | None: ...


@dataclass
class Loaded:
    """The result of a run of `load_units`."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0
    missing: list[str] = field(
        default_factory=list
    )  # units of the tree that the list no longer names
    closed: list[str] = field(
        default_factory=list
    )  # units of the list that were closed in the portal

    def __str__(self) -> str:
        if self.created or self.changed:
            parts = [
                f"{self.created} units created, {self.changed} changed, {self.unchanged} unchanged."
            ]
        else:
            parts = [f"Nothing to change: {self.unchanged} units stand as in the list."]
        if self.missing:
            parts.append(
                f"{len(self.missing)} not in the list, left as they are: {', '.join(self.missing)}."
            )
        if self.closed:
            parts.append(
                f"{len(self.closed)} in the list but closed here, left closed: "
                f"{', '.join(self.closed)}."
            )
        return " ".join(parts)


def make_police_name(place: str) -> str:
    """Name the police of a place: 'Phường Ba Đình' → 'Công an phường Ba Đình'."""
    return f"Công an {place[0].lower()}{place[1:]}"


def _read_rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        if missing_columns := set(COLUMNS) - set(reader.fieldnames or ()):
            raise Refused(f"{path.name} lacks the columns {', '.join(sorted(missing_columns))}.")
        return list(reader)


@transaction.atomic
def load_units(path: Path) -> Loaded:
    """Bring ministry, provinces and communes in line with the national list. Safe to repeat;
    deletes nothing.

    A unit is recognised by its official code. Its name follows the list only when the place's name
    changed there, so that a name given by hand in the portal stays.
    """
    rows = _read_rows(path)
    ministry, is_new = Unit.objects.get_or_create(
        level=Level.MINISTRY,
        defaults={
            "kind": "bộ",
            "place": "Bộ Công an",
            "name": "Bộ Công an",
            "valid_from": IN_FORCE_SINCE,
        },
    )
    done = Loaded(created=int(is_new), unchanged=int(not is_new))
    trail: list[Entry] = []
    provinces = _update_level(
        Level.PROVINCE,
        {
            r["province_code"]: {
                "place": r["province_name"],
                "kind": r["province_kind"],
                "parent": ministry,
            }
            for r in rows
        },
        done,
        trail,
    )
    _update_level(
        Level.COMMUNE,
        {
            r["commune_code"]: {
                "place": r["commune_name"],
                "kind": r["commune_kind"],
                "has_police_body": r["has_police_body"] == "yes",
                "parent": provinces[r["province_code"]],
            }
            for r in rows
            if r["province_code"] in provinces
        },
        done,
        trail,
    )
    if done.created or done.changed:
        trail.append(
            make_entry("unit.loaded", ministry, created=done.created, changed=done.changed)
        )
        record_entries(trail)
    return done


def _update_level(
    level: Level, listed: dict[str, dict[str, Any]], done: Loaded, trail: list[Entry]
) -> dict[str, Unit]:
    """Change the units of one level to what is ``listed`` and return them by code; count into
    ``done``, add renamed ones to ``trail``.
    """
    known = {
        u.code: u for u in Unit.objects.filter(level=level, valid_to=None).select_related("parent")
    }
    closed = set(
        Unit.objects.filter(level=level, valid_to__isnull=False).values_list("code", flat=True)
    ) - set(known)
    new, changed = [], []
    for code, facts in listed.items():
        if (unit := known.get(code)) is None and code in closed:
            done.closed.append(f"{make_police_name(facts['place'])} ({code})")
        elif unit is None:
            unit = Unit(
                level=level,
                code=code,
                name=make_police_name(facts["place"]),
                valid_from=IN_FORCE_SINCE,
                **facts,
            )
            new.append(unit)
            unit.place_in_tree()
            known[code] = unit
        if unit is None or unit.pk is None:
            continue
        was = {name: getattr(unit, name) for name in (*facts, "name", "path", "search")}
        if unit.place != facts["place"]:
            unit.name = make_police_name(facts["place"])
        for name, value in facts.items():
            setattr(unit, name, value)
        unit.place_in_tree()
        differing = sorted(name for name, value in was.items() if getattr(unit, name) != value)
        if differing:
            changed.append(unit)
            trail.append(
                make_entry("unit.changed_by_list", unit, was=was["name"], fields=differing)
            )
        else:
            done.unchanged += 1
    Unit.objects.bulk_create(new)
    Unit.objects.bulk_update(
        changed,
        ["place", "kind", "name", "has_police_body", "parent", "path", "search"],
        batch_size=500,
    )
    done.created += len(new)
    done.changed += len(changed)
    done.missing += [
        f"{u.name} ({code})" for code, u in known.items() if code and code not in listed
    ]
    return known


def _require_position(by: Administrator, unit: Unit | None) -> str:
    """Return the position by which ``by`` may arrange ``unit`` and what is below it. Raise
    NotAllowed.
    """
    authority = by.authority(Permission.UNIT_MANAGE, unit=unit) if unit else None
    if authority is None:
        raise NotAllowed(_("You do not have the right to do this. Ask your unit's administrator."))
    return authority.position


def _require_free_code(level: str, code: str, *, besides: Iterable[int] = ()) -> None:
    taken = (
        Unit.objects.filter(level=level, code=code, valid_to=None)
        .exclude(pk__in=list(besides))
        .first()
    )
    if code and taken:
        raise Refused(
            _("%(unit)s already bears the code %(code)s.") % {"unit": taken.label, "code": code}
        )


@transaction.atomic
def create_unit(
    *,
    parent: Unit,
    kind: str,
    place: str,
    name: str,
    code: str,
    valid_from: date,
    by: Administrator,
    has_police_body: bool = True,
    reason: str = "",
) -> Unit:
    """Create a unit below ``parent``: a province below the ministry, a commune below a province.

    Without a name it bears the one that follows from its place.
    """
    position = _require_position(by, parent)
    level = LEVEL_BELOW.get(Level(parent.level))
    if level is None:
        raise Refused(_("A commune has no units below it."))
    _require_free_code(level, code)
    unit = Unit.objects.create(
        level=level,
        kind=kind,
        place=place,
        name=name or make_police_name(place),
        code=code,
        parent=parent,
        has_police_body=has_police_body,
        valid_from=valid_from,
    )
    record("unit.created", unit, by=by, position=position, reason=reason)
    return unit


@transaction.atomic
def rename_unit(
    unit: Unit, *, name: str, place: str, code: str, on: date, by: Administrator, reason: str
) -> None:
    """Give a unit a new name or official code from ``on``. The key stays, and the former ones are
    kept with their last day.
    """
    position = _require_position(by, unit)
    unit = Unit.objects.select_for_update(of=("self",)).get(pk=unit.pk)
    was = {"name": unit.name, "place": unit.place, "code": unit.code}
    if was == {"name": name, "place": place, "code": code}:
        raise Refused(_("Nothing was changed: the name and the code are the same."))
    if on > timezone.localdate() or on < unit.valid_from:
        raise Refused(_("The date must lie between the unit's founding and today."))
    _require_free_code(unit.level, code, besides=[unit.pk])
    FormerName.objects.create(unit=unit, until=on, search=unit.search, **was)
    unit.name, unit.place, unit.code = name, place, code
    unit.save()
    if unit.level == Level.PROVINCE:
        _rebuild_paths(unit.children.all(), unit)  # their search words carry the province's name
    record(
        "unit.renamed",
        unit,
        by=by,
        position=position,
        reason=reason,
        on=on.isoformat(),
        was=was["name"],
        code=was["code"],
    )


def _rebuild_paths(children: Iterable[Unit], parent: Unit) -> None:
    children = list(children)
    for child in children:
        child.parent = parent
        child.place_in_tree()
    Unit.objects.bulk_update(children, ["parent", "path", "search"], batch_size=500)


def _end_unit(
    unit: Unit,
    *,
    on: date,
    successor: Unit | None,
    by: Administrator,
    position: str,
    reason: str,
    move_people: bool,
) -> None:
    unit.successor = successor
    unit.save()
    unit_ended.send(
        Unit,
        unit=unit,
        successor=successor,
        on=on,
        by=by,
        position=position,
        move_people=move_people,
    )
    record(
        "unit.merged" if successor else "unit.closed",
        unit,
        by=by,
        position=position,
        reason=reason,
        on=on.isoformat(),
        into=successor.name if successor else "",
    )


def _lock_units(units: Sequence[Unit], *, on: date) -> list[Unit]:
    """Lock and return the units that shall end on ``on``; raise Refused for one that cannot."""
    rows = list(Unit.objects.select_for_update(of=("self",)).filter(pk__in=[u.pk for u in units]))
    for unit in rows:
        if not unit.is_current:
            raise Refused(_("%(unit)s is closed already.") % {"unit": unit.name})
        if on <= unit.valid_from:
            raise Refused(_("%(unit)s did not yet exist on that day.") % {"unit": unit.name})
    return rows


@transaction.atomic
def merge_units(
    units: Sequence[Unit],
    *,
    into: Unit | Mapping[str, Any],
    on: date,
    by: Administrator,
    reason: str,
    move_people: bool = True,
) -> Unit:
    """End ``units`` on the day ``on`` in favour of ``into``: a unit that exists, or the fields of a
    new one.

    ``on`` is the first day of the new order. Communes of a merged province move to its successor.
    With ``move_people`` those in office get the same post in the successor from that day; otherwise
    their posts end.
    """
    rows = _lock_units(units, on=on)
    if not rows:
        raise Refused(_("Choose at least one unit to merge."))
    positions = {_require_position(by, unit.parent) for unit in rows}
    if len({unit.level for unit in rows}) > 1:
        raise Refused(_("Only units of the same level can be merged."))
    below = Unit.objects.filter(parent__in=rows, valid_to=None)
    if on > timezone.localdate() and below.exists():
        raise Refused(_("Provinces are merged on the day itself: their communes move at once."))
    Unit.objects.filter(pk__in=[u.pk for u in rows]).update(
        valid_to=on
    )  # first, so that a new unit may take a code over
    if not isinstance(into, Unit):
        parent = rows[0].parent
        assert parent is not None  # `_require_position` refused the ministry, which has none
        into = create_unit(parent=parent, valid_from=on, by=by, reason=reason, **into)
    _require_position(by, into.parent)
    if into.pk in {u.pk for u in rows}:
        raise Refused(_("A unit cannot be merged into itself."))
    if into.level != rows[0].level or not into.is_current:
        raise Refused(_("The successor must be an open unit of the same level."))
    _rebuild_paths(below, into)
    Unit.objects.filter(pk__in=[u.pk for u in rows]).update(
        successor=into
    )  # all: who follows asks what it takes in
    for unit in rows:
        unit.valid_to = on
        _end_unit(
            unit,
            on=on,
            successor=into,
            by=by,
            position=max(positions),
            reason=reason,
            move_people=move_people,
        )
    return into


@transaction.atomic
def close_unit(unit: Unit, *, on: date, by: Administrator, reason: str) -> None:
    """End a unit without a successor; ``on`` is the first day on which it no longer exists."""
    position = _require_position(by, unit.parent)
    (row,) = _lock_units([unit], on=on)
    if row.children.filter(valid_to=None).exists():
        raise Refused(_("Units below it are still open. Close or merge them first."))
    row.valid_to = on
    _end_unit(
        row, on=on, successor=None, by=by, position=position, reason=reason, move_people=False
    )
    unit.refresh_from_db()
