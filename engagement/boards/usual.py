"""Find the units or pages that are like the one of a dashboard, and what is usual for them."""

from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass, field
from decimal import Decimal
from typing import Any

from core.periods import Period
from engagement.boards.cached_sums import get_or_compute
from engagement.boards.figures import sum_pages_of_scope
from engagement.boards.scopes import CHANNEL, UNIT, Scope
from engagement.boards.size_classes import Size, Spread, compute_spread, find_size
from engagement.rollups.periods import find_stored_pages
from engagement.rollups.queries.figures import BY_CHANNEL, BY_PROVINCE, BY_UNIT, Figures
from engagement.rollups.queries.pages import PageSums
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


def find_usual(scope: Scope, own: PageSums, period: Period, narrowed: Mapping[str, Any]) -> Usual:
    """Return the spreads of the units or pages in the size class of ``own``, itself among them. No
    single figure of another unit leaves this function.
    """
    size, place = find_size(own.followers), scope.place
    if size is None or place is None:
        return Usual(size)
    similar = Unit.objects.current(period.last).filter(level=place.level, kind=place.kind)
    by, units, values = BY_UNIT, similar, dict(narrowed)
    if scope.channel:
        by, values = BY_CHANNEL, values | {"platform": scope.channel.platform}
    elif scope.rows_by:  # a province with its communes
        by = BY_PROVINCE
        units = Unit.objects.filter(pk__in=similar) | Unit.objects.filter(parent__in=similar)
    keys = units.order_by().values("pk")
    if by != BY_CHANNEL and not values:
        # As of the last run, a minute ago: no mark is asked for.
        sums = find_stored_pages(keys, [period], by=by, as_of_last_run=True)
        if sums is not None:
            rows = (row for row in sums[0] if find_size(row.followers) == size)
            return Usual(size, compute_spreads(rows))

    def make() -> dict[str, Any]:
        (rows,) = sum_pages_of_scope(Figures(keys, [period], values), scope, by=by)
        return _compute_spreads_by_size(rows)

    group = f"{by}/{place.level}/{place.kind}"
    by_size = get_or_compute("usual", period, values, make, group=group).get(str(size.least), {})
    return Usual(size, {name: stored and _read_spread(stored) for name, stored in by_size.items()})


def _compute_spreads_by_size(rows: Iterable[PageSums]) -> dict[str, Any]:
    """Return the spreads of each size, as JSON."""
    sizes: dict[str, list[PageSums]] = {}
    for row in rows:
        if size := find_size(row.followers):
            sizes.setdefault(str(size.least), []).append(row)
    return {
        least: {
            name: spread and list(map(str, astuple(spread)))
            for name, spread in compute_spreads(of).items()
        }
        for least, of in sizes.items()
    }


def _read_spread(values: list[str]) -> Spread:
    n, *quarters = values
    low, middle, high = map(Decimal, quarters)
    return Spread(int(n), low, middle, high)


def compute_spreads(rows: Any) -> dict[str, Spread | None]:
    """Return the spread of each of FIGURES over the rows."""
    known = list(rows)
    return {
        "publications": compute_spread(row.publications or 0 for row in known),
        "reach": compute_spread(row.rate("reach") for row in known),
        "reactions": compute_spread(row.rate("reactions") for row in known),
    }


def select_figures_to_compare(own: PageSums) -> dict[str, Any]:
    """Return the own figures that are shown beside the spreads."""
    return {
        "publications": own.publications or 0,
        "reach": own.rate("reach"),
        "reactions": own.rate("reactions"),
    }
