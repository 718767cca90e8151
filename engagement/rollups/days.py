"""Choices of days and units, each as a condition of a queryset and of raw SQL."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import batched
from typing import Any, Protocol

from django.db.models import Q

from core.periods import get_midnight
from engagement.rollups.sql import Statement

# So many days are asked for by one statement.
_DAYS_PER_STATEMENT = 60


class DayFilter(Protocol):
    """Some days of some units."""

    def as_q(self, moment: str, unit: str = "unit") -> Q:
        """Return the condition that the field ``moment`` lies on a day of the unit of the field
        ``unit``.
        """

    def as_sql(self, day: str, unit: str) -> Statement:
        """Return the same condition of the columns ``day``, a date, and ``unit``, a key."""


@dataclass(frozen=True)
class DateRange:
    """The days from the first to the last, of all units."""

    first: date
    last: date

    def as_q(self, moment: str, unit: str = "unit") -> Q:
        end = get_midnight(self.last + timedelta(days=1))
        return Q(**{f"{moment}__gte": get_midnight(self.first), f"{moment}__lt": end})

    def as_sql(self, day: str, unit: str) -> Statement:
        return f"({day} BETWEEN %s AND %s)", [self.first, self.last]


@dataclass(frozen=True)
class UnitsSince:
    """All days of some units, or those from ``since`` on."""

    unit_ids: Sequence[int]
    since: date = date.min

    def as_q(self, moment: str, unit: str = "unit") -> Q:
        condition = Q(**{f"{unit}__in": self.unit_ids, f"{moment}__isnull": False})
        if self.since > date.min:
            condition &= Q(**{f"{moment}__gte": get_midnight(self.since)})
        return condition

    def as_sql(self, day: str, unit: str) -> Statement:
        units = f"{unit} IN ({', '.join(['%s'] * len(self.unit_ids))})"
        if self.since == date.min:
            return f"({units})", self.unit_ids
        return f"({units} AND {day} >= %s)", [*self.unit_ids, self.since]


@dataclass(frozen=True)
class UnitDays:
    """Single days of single units: by day, the keys of its units."""

    units_of: Mapping[date, Collection[int]]

    @classmethod
    def from_pairs(cls, pairs: Collection[tuple[date, int]]) -> "UnitDays":
        units_of: dict[date, set[int]] = {}
        for day, unit in pairs:
            units_of.setdefault(day, set()).add(unit)
        return cls(units_of)

    def __bool__(self) -> bool:
        return bool(self.units_of)

    @property
    def unit_ids(self) -> Sequence[int]:
        return sorted({unit for units in self.units_of.values() for unit in units})

    def split(self) -> list["UnitDays"]:
        """Split into parts small enough for one statement each."""
        days = sorted(self.units_of.items())
        return [UnitDays(dict(some)) for some in batched(days, _DAYS_PER_STATEMENT)]

    def as_q(self, moment: str, unit: str = "unit") -> Q:
        condition = Q(pk__in=[])
        for day, units in self.units_of.items():
            condition |= DateRange(day, day).as_q(moment) & Q(**{f"{unit}__in": sorted(units)})
        return condition

    def as_sql(self, day: str, unit: str) -> Statement:
        parts, params = ["1 = 0"], list[Any]()
        for each, units in self.units_of.items():
            parts.append(f"({day} = %s AND {unit} IN ({', '.join(['%s'] * len(units))}))")
            params += [each, *sorted(units)]
        return f"({' OR '.join(parts)})", params
