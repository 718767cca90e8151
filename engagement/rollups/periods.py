"""The pages of each unit in the periods that dashboards open with, added up when a day begins and
whenever a unit changes: rows of provinces, and what is usual, without reading each page's posts.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Case, F, Q, QuerySet, Sum, When

from campaigns.planning.queries import subtract_year
from core.periods import Period
from engagement.rollups.models import ChangedDay, Kind, UnitPeriod
from engagement.rollups.queries.figures import BY_UNIT, Figures
from engagement.rollups.queries.pages import PAGE_COLUMNS, PageSums, add_up_pages, sum_pages
from engagement.rollups.summaries import compare_rows, insert_rows
from units.models import Level, Unit

OPENING_DAYS = 30
_SOURCE = "sum_unit_periods(%(units)s::bigint[], %(first)s, %(last)s)"
# The keys of rows; see `queries.figures.find_province`.
_PROVINCE = Case(
    When(unit__level=Level.COMMUNE, unit__parent__isnull=False, then=F("unit__parent_id")),
    default=F("unit_id"),
)


def make_three_periods(period: Period) -> tuple[Period, Period, Period]:
    """Return the period, as many days before it, and the same days last year."""
    days = (period.last - period.first).days + 1
    before = Period(period.first - timedelta(days=days), period.first - timedelta(days=1))
    return period, before, Period(subtract_year(period.first), subtract_year(period.last))


def make_opening_periods(today: date | None = None) -> tuple[Period, Period, Period]:
    return make_three_periods(Period.last_days(OPENING_DAYS, today=today))


def start_periods() -> None:
    """Add up today's opening periods that have no rows yet, and remove those of days before."""
    periods = make_opening_periods()
    stored = set(UnitPeriod.objects.order_by().values_list("first", "last").distinct())
    for first, last in stored - {(period.first, period.last) for period in periods}:
        UnitPeriod.objects.filter(first=first, last=last).delete()
    for period in periods:
        if (period.first, period.last) not in stored:
            _insert(period, Unit.objects.values_list("pk", flat=True))


def refresh_units(changed: Mapping[str, Collection[tuple[date, int]]]) -> None:
    """Add up again the units whose publications of a period, pages or followers changed: by kind of
    mark, the days and units.
    """
    followed = {unit for _day, unit in changed.get(Kind.FOLLOWED, ())}
    for period in make_opening_periods():
        units = followed | {
            unit
            for day, unit in changed.get(Kind.PUBLISHED, ())
            if period.first <= day <= period.last
        }
        if units:
            rows = UnitPeriod.objects.filter(first=period.first, last=period.last)
            # Not before the period is started: its rows are all there, or none of them.
            if rows.exists():
                rows.filter(unit__in=units).delete()
                _insert(period, units)


def _insert(period: Period, units: Iterable[int]) -> None:
    insert_rows(UnitPeriod, _SOURCE, _make_params(period, units))


def _make_params(period: Period, units: Iterable[int]) -> dict[str, Any]:
    return {"units": sorted(units), "first": period.first, "last": period.last}


def find_differences(most: int) -> Iterator[tuple[Any, ...]]:
    """Compare the opening periods with what their pages add up to; units that are marked are left
    out.
    """
    for period in make_opening_periods():
        rows = UnitPeriod.objects.filter(first=period.first, last=period.last)
        if not rows.exists():
            continue
        unmarked = Unit.objects.exclude(pk__in=_select_changed_units([period]))
        yield from compare_rows(
            UnitPeriod,
            # A unit that was founded since the period was started has no row before its first page.
            "rows.unit_id = ANY (%(units)s) AND rows.first = %(first)s AND rows.last = %(last)s "
            "AND rows.pages > 0",
            f"{_SOURCE} AS rows WHERE rows.pages > 0",
            _make_params(period, unmarked.values_list("pk", flat=True)),
            most,
        )


def _select_changed_units(periods: Sequence[Period]) -> QuerySet[Any, Any]:
    """Select the units whose publications of the periods, pages or followers are not summed up."""
    within = Q(kind=Kind.FOLLOWED)
    for period in periods:
        within |= Q(kind=Kind.PUBLISHED, day__gte=period.first, day__lte=period.last)
    return ChangedDay.objects.filter(within).values("unit")


def find_stored_pages(
    units: QuerySet[Any, Any] | None,
    periods: Sequence[Period],
    *,
    by: str,
    as_of_last_run: bool = False,
) -> list[list[PageSums]] | None:
    """Return the same as `queries.pages.sum_pages` for all pages of ``units``; None where one of
    the periods is no opening period, or has no rows yet. Units that changed since the last run are
    added up again, unless a figure that is a minute old will do.
    """
    days = [(period.first, period.last) for period in periods]
    if not set(days) <= {(period.first, period.last) for period in make_opening_periods()}:
        return None
    rows = UnitPeriod.objects.filter(_match(days))
    if units is not None:
        rows = rows.filter(unit__in=units)
    none = Unit.objects.none().values("pk")
    is_changed = Q(unit__in=none if as_of_last_run else _select_changed_units(periods))
    grouped = (
        rows.order_by()
        .values_list("first", "last", F("unit_id") if by == BY_UNIT else _PROVINCE)
        .annotate(
            changed=ArrayAgg("unit_id", filter=is_changed),
            **{f"sum_{name}": Sum(name, filter=~is_changed) for name in PAGE_COLUMNS},
        )
    )
    stored_pages: list[dict[int, PageSums]] = [{} for _period in periods]
    started, changed = set(), set[int]()
    for first, last, row, changed_here, pages, *sums in grouped:
        started.add((first, last))
        changed.update(changed_here or ())
        if pages:
            stored_pages[days.index((first, last))][row] = PageSums(row, pages, *sums)
    if not started.issuperset(days):
        return None
    if changed:
        keys = Unit.objects.filter(pk__in=sorted(changed)).order_by().values("pk")
        live = sum_pages(Figures(keys, periods), by=by, with_silent=True)
        for stored, of_period in zip(stored_pages, live, strict=True):
            for page in of_period:
                parts = [stored[page.row], page] if page.row in stored else [page]
                stored[page.row] = add_up_pages(parts, page.row)
    return [list(of_period.values()) for of_period in stored_pages]


def _match(days: Iterable[tuple[date, date]]) -> Q:
    condition = Q(pk__in=[])
    for first, last in days:
        condition |= Q(first=first, last=last)
    return condition
