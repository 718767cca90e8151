"""Figures of what was published: the one way to ask for them.

    Figures(units, [period]).by("day", "platform")
    Figures(units, [period, before], {"topic": 3}).by("unit", sums=("publications",))

They are those of the moment: the database's views (engagement/migrations/*.sql) read the sums that
are stored, and of days that changed since these were made the rows themselves.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

from django.db.models import Model, Q, QuerySet, Sum

from core.periods import Period
from engagement.models import MEASURES
from engagement.rollups.models import (
    CurrentNationPlatformDay,
    CurrentNationTopicDay,
    CurrentPageDay,
    CurrentPlatformDay,
    CurrentPostDay,
    CurrentTopicDay,
    Publication,
)
from units.models import Level

# What rows are grouped by. An office is its own province.
BY_UNIT, BY_PROVINCE, BY_CHANNEL = "unit", "province", "channel"
SUMS = ("publications", *MEASURES)
# Of how many publications three of the sums speak.
MEASURED_COUNTS = ("views_of", "reach_of", "reactions_of")


def add_up(
    rows: QuerySet[Any, Any], by: Sequence[str], sums: Sequence[str]
) -> list[dict[str, Any]]:
    """Add up the columns ``sums`` by the columns ``by``, in the order of these. A sum of nothing
    measured is None.
    """
    totals = {f"sum_{name}": Sum(name) for name in sums}
    keys = [rows.model._meta.get_field(name).attname for name in by]
    grouped = rows.order_by(*keys).values_list(*keys).annotate(**totals)
    return [dict(zip((*by, *sums), row, strict=True)) for row in grouped]


def find_province(unit: int, level: str, parent: int | None) -> int:
    """Return the key of a unit's province; a unit that belongs to none is its own."""
    return parent if level == Level.COMMUNE and parent else unit


@dataclass(frozen=True)
class Area:
    """A province with all below it or, without one, the nation: its sums are stored."""

    province: int | None = None

    def rows(self, of_province: type[Model], of_nation: type[Model]) -> QuerySet[Any, Any]:
        if self.province is None:
            return of_nation._default_manager.all()
        return of_province._default_manager.filter(province=self.province)


@dataclass(frozen=True)
class Figures:
    """The publications of ``units`` (their keys; None: all) in any of ``periods``, with the
    ``values`` of the columns topic, kit, channel and platform. An ``area`` holds just these units.
    """

    units: QuerySet[Any, Any] | None
    periods: Sequence[Period]
    values: Mapping[str, Any] = field(default_factory=dict)
    area: Area | None = None

    def narrow(self, **values: Any) -> Self:
        return replace(self, values={**self.values, **values})

    def by(self, *columns: str, sums: Sequence[str] = SUMS) -> list[dict[str, Any]]:
        """Add up ``sums`` by the columns day, platform, topic, kit, channel, unit or post."""
        return add_up(self.select(*columns), columns, sums)

    def select(self, *columns: str) -> QuerySet[Any, Any]:
        """Select rows that have these columns: of the coarsest sums there are."""
        used = {*columns, *(name.partition("__")[0] for name in self.values)}
        within = Q(pk__in=[])
        for period in self.periods:
            within |= Q(day__gte=period.first, day__lte=period.last)
        if self.area and used <= {"day", "platform"}:
            rows = self.area.rows(CurrentPlatformDay, CurrentNationPlatformDay)
        elif self.area and used <= {"day", "topic"}:
            rows = self.area.rows(CurrentTopicDay, CurrentNationTopicDay)
        else:
            model: type[Model] = CurrentPageDay
            if "post" in used:  # no sums of posts are made by channel
                model = Publication if used & {"channel", "platform"} else CurrentPostDay
            rows = model._default_manager.all()
            if self.units is not None:
                # As an array, which each of the tables behind a view looks for in its index.
                rows = rows.filter(unit__pk__among=self.units)
        return rows.filter(within, **self.values)
