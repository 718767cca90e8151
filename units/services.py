"""What changes the tree of units. A unit is never deleted: it is renamed, merged or closed, and its key lives on."""

import csv
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from django.db import transaction

from audit.models import Entry
from audit.services import entry
from core.errors import Refused
from units.models import Level, Unit

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


@dataclass
class Loaded:
    """What a run of `load_units` found to do."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0
    missing: list[str] = field(default_factory=list)  # units of the tree that the list no longer names

    def __str__(self) -> str:
        if not (self.created or self.changed):
            done = f"Nothing to change: {self.unchanged} units stand as in the list."
        else:
            done = f"{self.created} units created, {self.changed} changed, {self.unchanged} unchanged."
        if not self.missing:
            return done
        return f"{done} {len(self.missing)} no longer in the list, left as they are: {', '.join(self.missing)}."


def police_name(place: str) -> str:
    """'Phường Ba Đình' → 'Công an phường Ba Đình'."""
    return f"Công an {place[0].lower()}{place[1:]}"


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        if lacking := set(COLUMNS) - set(reader.fieldnames or ()):
            raise Refused(f"{path.name} lacks the columns {', '.join(sorted(lacking))}.")
        return list(reader)


@transaction.atomic
def load_units(path: Path) -> Loaded:
    """Brings ministry, provinces and communes in line with the national list. Safe to repeat; deletes nothing.

    A unit is recognised by its official code. Its name follows the list only when the place's name changed there, so
    that a name given by hand in the portal stays.
    """
    rows = _read(path)
    ministry, is_new = Unit.objects.get_or_create(
        level=Level.MINISTRY,
        defaults={"kind": "bộ", "place": "Bộ Công an", "name": "Bộ Công an", "valid_from": IN_FORCE_SINCE},
    )
    done = Loaded(created=int(is_new), unchanged=int(not is_new))
    trail: list[Entry] = []
    provinces = _bring_in_line(
        Level.PROVINCE,
        {
            r["province_code"]: {"place": r["province_name"], "kind": r["province_kind"], "parent": ministry}
            for r in rows
        },
        done,
        trail,
    )
    _bring_in_line(
        Level.COMMUNE,
        {
            r["commune_code"]: {
                "place": r["commune_name"],
                "kind": r["commune_kind"],
                "has_police_body": r["has_police_body"] == "yes",
                "parent": provinces[r["province_code"]],
            }
            for r in rows
        },
        done,
        trail,
    )
    if done.created or done.changed:
        trail.append(entry("unit.loaded", ministry, created=done.created, changed=done.changed))
        Entry.objects.bulk_create(trail)
    return done


def _bring_in_line(
    level: Level, listed: dict[str, dict[str, Any]], done: Loaded, trail: list[Entry]
) -> dict[str, Unit]:
    """The units of one level by code, as ``listed``; counts into ``done``, and into ``trail`` what was renamed."""
    known = {u.code: u for u in Unit.objects.filter(level=level, valid_to=None).select_related("parent")}
    new, changed = [], []
    for code, facts in listed.items():
        if (unit := known.get(code)) is None:
            unit = Unit(level=level, code=code, name=police_name(facts["place"]), valid_from=IN_FORCE_SINCE, **facts)
            new.append(unit)
            unit.place_in_tree()
            known[code] = unit
            continue
        was = {name: getattr(unit, name) for name in (*facts, "name", "path", "search")}
        if unit.place != facts["place"]:
            unit.name = police_name(facts["place"])
        for name, value in facts.items():
            setattr(unit, name, value)
        unit.place_in_tree()
        differing = sorted(name for name, value in was.items() if getattr(unit, name) != value)
        if differing:
            changed.append(unit)
            trail.append(entry("unit.changed_by_list", unit, was=was["name"], fields=differing))
        else:
            done.unchanged += 1
    Unit.objects.bulk_create(new)
    Unit.objects.bulk_update(
        changed, ["place", "kind", "name", "has_police_body", "parent", "path", "search"], batch_size=500
    )
    done.created += len(new)
    done.changed += len(changed)
    done.missing += [f"{u.name} ({code})" for code, u in known.items() if code and code not in listed]
    return known
