"""The provinces as tiles, laid out as the country lies, in one figure of two periods."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from django.db.models import Count
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from core.periods import Period
from engagement.dashboards import comparisons, helpfulness
from engagement.rollups.queries.deliveries import DueWindow, sum_due_deliveries_of_nation
from oversight import queries
from oversight.rows import Row, sort_rows
from oversight.templatetags.overview import percent, round_to_points
from units.models import Level

STEPS = 5  # shades of the scale
# From these shares on a tile is a shade darker; below the first it has the lightest.
_SHARES = (0.5, 0.7, 0.85, 0.95)
_DECIMALS = ("helpfulness", "reach_rate")  # shown with one place


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure that the map can show. ``is_good``: more of it is better. ``of_now``: it says how
    things stand, so there is no period before to compare with.
    """

    name: str
    label: Any
    means: Any
    is_share: bool = False
    is_good: bool = True
    of_now: bool = False


FIGURES = {
    figure.name: figure
    for figure in (
        Figure(
            "alive_share",
            gettext_lazy("Units that published"),
            gettext_lazy("The share of a province’s units that published in the period."),
            is_share=True,
        ),
        Figure(
            "on_time_share",
            gettext_lazy("On time"),
            gettext_lazy("The share of what fell due that residents could see on time."),
            is_share=True,
        ),
        Figure(
            "helpfulness",
            gettext_lazy("Helpfulness"),
            gettext_lazy(
                "How often posts were kept, passed on or followed per 1,000 people reached: the "
                "median of the province’s units. How often posts were seen plays no part."
            ),
        ),
        Figure(
            "reach_rate",
            gettext_lazy("Reach for each 1,000 followers"),
            gettext_lazy(
                "What the posts of the period reached for each 1,000 followers of the pages whose "
                "followers are known. One person who sees two posts counts twice."
            ),
        ),
        Figure(
            "failed",
            gettext_lazy("Not published"),
            gettext_lazy("Publications that were to go out in the period and did not."),
            is_good=False,
        ),
        Figure(
            "needs_person",
            gettext_lazy("Needs a person"),
            gettext_lazy("Publications that wait for a person’s decision now."),
            is_good=False,
            of_now=True,
        ),
        Figure(
            "down",
            gettext_lazy("Channels that carry no posts now"),
            gettext_lazy("Channels that publish nothing until somebody acts."),
            is_good=False,
            of_now=True,
        ),
    )
}
FIRST = "alive_share"


class Change(NamedTuple):
    """The change of a figure since the period before: a number with its sign, and in words."""

    short: str
    words: str
    tone: str

    def __str__(self) -> str:
        return self.words


class Place(NamedTuple):
    """A tile's place on the grid, counted from the north-west."""

    column: int
    line: int


@dataclass(frozen=True, slots=True)
class Tile:
    row: Row
    place: Place
    figure: Figure
    value: float | None
    before: float | None
    step: int  # the shade, 1 to STEPS; 0 where nothing is known
    units: int | None = None  # on which a median rests

    @property
    def shown(self) -> str:
        if self.row.mark == "not_begun":
            return _("not rolled out yet")
        return _format_value(self.figure, self.value)

    @property
    def shown_before(self) -> str:
        return _format_value(self.figure, self.before)

    @property
    def change(self) -> Change | None:
        """Return None where one of the periods has no figure."""
        if self.value is None or self.before is None:
            return None
        # Of the figures as people read them: 8 % after 6 % is no rise by 1.
        moved = round(
            _round_value(self.figure, self.value) - _round_value(self.figure, self.before), 1
        )
        if not moved:
            return Change("=", _("unchanged"), "")
        is_better = (moved > 0) == self.figure.is_good
        number = _format_amount(self.figure, abs(moved))
        amount = _("%(n)s points") % {"n": number} if self.figure.is_share else number
        text = _("up %(amount)s") if moved > 0 else _("down %(amount)s")
        sign = "+" if moved > 0 else "−"
        return Change(
            f"{sign}{number}", text % {"amount": amount}, "better" if is_better else "worse"
        )


@dataclass(frozen=True, slots=True)
class TileMap:
    figure: Figure
    tiles: list[Tile]
    before: Period | None
    legend: list[tuple[int, str]]
    rows_before: Sequence[Row] = ()  # the provinces in the period before; none without records
    recorded_since: date | None = None

    @property
    def ranked(self) -> list[Tile]:
        """Sort the tiles by the figure, the highest first: the best, or what needs most help. Those
        without one come last; provinces that have not begun are left to the map.
        """
        begun = [tile for tile in self.tiles if tile.row.mark != "not_begun"]
        known = [tile for tile in begun if tile.value is not None]
        unknown = [tile for tile in begun if tile.value is None]
        known.sort(key=lambda tile: tile.value or 0, reverse=True)
        return known + unknown


@cache
def load_places() -> dict[str, Place]:
    """Return the tiles' places by the official codes of the provinces."""
    with (Path(__file__).parent / "tiles.csv").open(encoding="utf-8") as file:
        return {
            row["code"]: Place(int(row["column"]), int(row["line"])) for row in csv.DictReader(file)
        }


def find_previous_period(period: Period) -> Period:
    """Return the period of as many days that ends the day before."""
    days = (period.last - period.first).days + 1
    return Period(period.first - timedelta(days=days), period.first - timedelta(days=1))


def make_tile_map(
    user: User, rows: Sequence[Row], period: Period, name: str, *, now: datetime
) -> TileMap:
    """Lay the provinces' rows out in one of FIGURES; an unknown one is the first. A province that
    the grid does not know yet gets a tile below the others.
    """
    figure = FIGURES.get(name) or FIGURES[FIRST]
    previous = find_previous_period(period)
    recorded_since = comparisons.find_recorded_since(None)
    is_recorded = recorded_since is None or recorded_since <= previous.first
    before = previous if is_recorded and not figure.of_now else None
    # Its medians cost the statements that the comparison of the tiles does with other figures.
    by_median = figure.name == "helpfulness"
    rows_before: Sequence[Row] = ()
    if is_recorded and not by_median:
        rows_before = _list_rows_before(user, rows, previous, figure.name, now=now)
    values, rests_on = _compute_values(figure, user, rows, period)
    earlier: dict[int, float | None] = {}
    if before:
        earlier, _units = _compute_values(figure, user, rows_before or rows, before)
    bounds = compute_bounds(figure, [value for value in values.values() if value is not None])
    last = max(place.line for place in load_places().values())
    unplaced = [row for row in rows if row.unit.code not in load_places()]
    extra = {row.unit.pk: Place(at % 6 + 1, last + 1 + at // 6) for at, row in enumerate(unplaced)}
    tiles = [
        Tile(
            row,
            extra.get(row.unit.pk) or load_places()[row.unit.code],
            figure,
            values.get(row.unit.pk),
            earlier.get(row.unit.pk),
            _find_shade(values.get(row.unit.pk), bounds),
            rests_on.get(row.unit.pk),
        )
        for row in rows
    ]
    tiles.sort(key=lambda tile: (tile.place.line, tile.place.column))
    return TileMap(
        figure, tiles, before, _describe_legend(figure, bounds), rows_before, recorded_since
    )


def _list_rows_before(
    user: User, rows: Sequence[Row], period: Period, name: str, *, now: datetime
) -> list[Row]:
    """Return the same provinces with what the tiles above the map and the figure called ``name``
    need of the period, and nothing else: the page has asked enough already.
    """
    here = queries.find_overseen_units(user)
    by_unit = {row.unit.pk: Row(row.unit, mark=row.mark) for row in rows}
    if name == "reach_rate":
        queries.fill_reach_of_provinces(by_unit, here, period)
    window = DueWindow(period, period.start, now, until=period.end)
    for sums in sum_due_deliveries_of_nation(window):
        if (row := by_unit.get(sums["row"])) is not None:
            for column in ("alive", "published", "due", "on_time", "failed"):
                setattr(row, column, sums[column])
    bodies = here.filter(level=Level.COMMUNE, has_police_body=True, valid_from__lte=period.last)
    there = bodies.exclude(valid_to__lte=period.first).order_by()
    for parent, n in there.values_list("parent").annotate(n=Count("pk")):
        if parent in by_unit:
            by_unit[parent].units = n
    return list(by_unit.values())


def _compute_values(
    figure: Figure, user: User, rows: Sequence[Row], period: Period
) -> tuple[dict[int, float | None], dict[int, int]]:
    """Return the figure of each province, and on how many units it rests where it is a median."""
    if figure.name != "helpfulness":
        begun = [row for row in rows if row.mark != "not_begun"]
        return {row.unit.pk: getattr(row, figure.name) for row in begun}, {}
    communes = queries.find_overseen_units(user).filter(level=Level.COMMUNE).order_by().values("pk")
    by_province: dict[int | None, list[float]] = {}
    for measured in helpfulness.measure_units(communes, period):
        by_province.setdefault(measured.parent, []).append(measured.value)
    values = {
        row.unit.pk: helpfulness.find_median(by_province.get(row.unit.pk, ())) for row in rows
    }
    return {pk: value.value for pk, value in values.items()}, {
        pk: value.units for pk, value in values.items()
    }


class UnitTile(NamedTuple):
    """A unit as a tile: the shade says how long ago its newest post is; 0 for no page."""

    row: Row
    step: int
    shown: str


# The shades of units: the newest post is at most so many days old.
NEWEST_POST = {5: 7, 4: 14, 3: 30, 2: 90}


def group_unit_tiles(rows: Sequence[Row], *, today: date) -> list[tuple[str, list[UnitTile]]]:
    """Lay the units of a province out by their kind and name; those that ended are left out."""
    groups: dict[str, list[UnitTile]] = {}
    for row in sort_rows([row for row in rows if row.mark not in ("closed", "no_body")], "name"):
        groups.setdefault(row.unit.kind, []).append(_make_unit_tile(row, today))
    return sorted(groups.items())


def _make_unit_tile(row: Row, today: date) -> UnitTile:
    if row.mark == "no_channel":
        return UnitTile(row, 0, _("no page"))
    if row.last_post is None:
        return UnitTile(row, 1, _("none in 90 days"))
    days = (today - timezone.localdate(row.last_post)).days
    step = next((step for step, most in NEWEST_POST.items() if days <= most), 1)
    return UnitTile(row, step, _("%(n)s days") % {"n": days} if days > 0 else _("today"))


def compute_bounds(figure: Figure, values: Sequence[float]) -> list[float]:
    """Return from which value on each shade but the lightest begins: of shares the same ones every
    day, unless most provinces stay below the first, and the map would have one shade.
    """
    top = max(values, default=0)
    if figure.is_share and (not top or median(values) >= _SHARES[0]):
        return list(_SHARES)
    if figure.is_share or figure.name in _DECIMALS:
        width = top / STEPS
    else:
        width = max(1, round(top / STEPS))
    return [width * n for n in range(1, STEPS)]


def _find_shade(value: float | None, bounds: Sequence[float]) -> int:
    return 0 if value is None else 1 + sum(value >= bound > 0 for bound in bounds)


def _describe_legend(figure: Figure, bounds: Sequence[float]) -> list[tuple[int, str]]:
    if not bounds[-1]:
        return []
    first = _("below %(to)s") % {"to": _format_value(figure, bounds[0])}
    from_on = [_("from %(from)s") % {"from": _format_value(figure, bound)} for bound in bounds]
    return list(enumerate([first, *from_on], start=1))


def _format_value(figure: Figure, value: float | None) -> str:
    if value is None:
        return _("not known")
    if figure.is_share:
        return percent(value)
    return _format_amount(figure, _round_value(figure, value))


def _round_value(figure: Figure, value: float) -> float:
    """Return the number that people read."""
    if figure.is_share:
        return round_to_points(value)
    return round(value, 1 if figure.name in _DECIMALS else None)


def _format_amount(figure: Figure, value: float) -> str:
    return number_format(
        value, decimal_pos=1 if figure.name in _DECIMALS else 0, force_grouping=True
    )
