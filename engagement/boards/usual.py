"""Find the units or pages that are like the one of a dashboard, and what is usual for them."""

from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass, field
from decimal import Decimal
from typing import Any

from core.periods import Period
from engagement.boards.cached_sums import get_or_compute
from engagement.boards.figures import Pages, pages_of
from engagement.boards.scopes import CHANNEL, UNIT, Scope
from engagement.boards.size_classes import Size, Spread, size_of, spread
from engagement.rollups import periods as opening
from engagement.rollups.queries.filters import PublicationFilter
from engagement.rollups.queries.provinces import Marks
from engagement.rollups.sql import BY_CHANNEL, BY_PROVINCE, BY_UNIT
from units.models import Level, Unit

FIGURES = ("publications", "reach", "reactions")


@dataclass(frozen=True)
class Usual:
    """Hold what is usual for those of one ``size``; None: its own followers are not known."""

    size: Size | None
    spreads: Mapping[str, Spread | None] = field(default_factory=dict)

    @property
    def is_known(self) -> bool:
        return any(self.spreads.values())


def is_comparable(scope: Scope) -> bool:
    """Check whether others of the same level and kind exist at all."""
    place = scope.place
    return scope.kind in (UNIT, CHANNEL) and place is not None and place.level != Level.MINISTRY


def usual_for(scope: Scope, own: Pages, period: Period, narrowed: Mapping[str, Any]) -> Usual:
    """Return the spreads of those like a unit or a page, itself among them. No single figure of
    another unit leaves this function.
    """
    size, place = size_of(own.followers), scope.place
    if size is None or place is None:
        return Usual(size)
    alike = Unit.objects.current(period.last).filter(level=place.level, kind=place.kind)
    by, units, of = BY_UNIT, alike, dict(narrowed)
    if scope.channel:
        by, of = BY_CHANNEL, of | {"platform": scope.channel.platform}
    elif scope.rows_by:  # a province with its communes
        by = BY_PROVINCE
        units = Unit.objects.filter(pk__in=alike) | Unit.objects.filter(parent__in=alike)
    keys = units.order_by().values("pk")
    if by != BY_CHANNEL and not of:
        # As of the last run, a minute ago: no mark is asked for.
        sums = opening.sum_pages(keys, [period], Marks(), by=by)
        if sums is not None:
            alike_rows = (Pages(**row) for row in sums[0])
            return Usual(size, spreads(r for r in alike_rows if size_of(r.followers) == size))

    def make() -> dict[str, Any]:
        (rows,) = pages_of([(PublicationFilter(keys, [period], of), period.last)], scope, by=by)
        return _by_size(rows)

    group = f"{by.partition(' ')[0]}/{place.level}/{place.kind}"
    found = get_or_compute("usual", period, of, make, group=group).get(str(size.least), {})
    return Usual(size, {name: each and _read(each) for name, each in found.items()})


def _by_size(rows: Iterable[Pages]) -> dict[str, Any]:
    """Return the spreads of each size, as JSON."""
    sizes: dict[str, list[Pages]] = {}
    for row in rows:
        if size := size_of(row.followers):
            sizes.setdefault(str(size.least), []).append(row)
    return {
        least: {name: each and list(map(str, astuple(each))) for name, each in spreads(of).items()}
        for least, of in sizes.items()
    }


def _read(values: list[str]) -> Spread:
    n, *quarters = values
    low, middle, high = map(Decimal, quarters)
    return Spread(int(n), low, middle, high)


def spreads(rows: Any) -> dict[str, Spread | None]:
    """Return the spread of each of FIGURES over the rows."""
    known = list(rows)
    return {
        "publications": spread(row.publications or 0 for row in known),
        "reach": spread(row.rate("reach") for row in known),
        "reactions": spread(row.rate("reactions") for row in known),
    }


def own_figures(own: Pages) -> dict[str, Any]:
    """Return the figures that stand beside the spreads."""
    return {
        "publications": own.publications or 0,
        "reach": own.rate("reach"),
        "reactions": own.rate("reactions"),
    }
