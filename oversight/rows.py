"""The figures of a unit as a row of a table: how it is rated, sorted and added up."""

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from datetime import datetime
from decimal import Decimal

from core.text import fold
from engagement.rollups.queries.pages import compute_rate
from units.models import Unit


@dataclass(slots=True)
class Row:
    """The figures of a unit, or of a province with all below it. None: nothing was measured, or
    nothing fell due.
    """

    unit: Unit
    mark: str = ""  # closed, no_body, no_channel; of a province without channels: not_begun
    units: int = 0  # police bodies at the end of the period, for a province
    alive: int = 0  # of them, those that published in the period
    with_page: int = 0  # of them, those that have a page
    posts: int = 0
    published: int = 0
    due: int = 0
    on_time: int = 0
    failed: int = 0
    needs_person: int = 0
    channels: int = 0
    down: int = 0  # carry no posts until somebody acts: lost, renamed, in other hands
    dying: int = 0
    followers: int | None = None
    reach: int | None = None
    known_reach: int | None = None  # of the pages whose followers are known
    known_followers: int | None = None
    last_post: datetime | None = None
    steps: list[int] = field(default_factory=list)  # publications by week or so, the newest last

    @property
    def newest_step(self) -> int | None:
        return self.steps[-1] if self.steps else None

    @property
    def name(self) -> str:
        """Return the unit's usual name: its place, since all of them are police."""
        return self.unit.place

    @property
    def bare_name(self) -> str:
        """Return the name without the kind of place, for sorting and for narrow tiles: 'Hà Nội',
        'Bến Nghé'.
        """
        for kind in (self.unit.kind, "thành phố"):
            if self.unit.place.casefold().startswith(f"{kind.casefold()} "):
                return self.unit.place[len(kind) + 1 :]
        return self.unit.place

    @property
    def on_time_share(self) -> float | None:
        return self.on_time / self.due if self.due else None

    @property
    def alive_share(self) -> float | None:
        return self.alive / self.units if self.units and self.mark != "not_begun" else None

    @property
    def reach_rate(self) -> Decimal | None:
        """Return the reach for each 1,000 followers, by which a small unit compares with a big one;
        None where one of the two is unknown.
        """
        return compute_rate(self.known_reach, self.known_followers)

    @property
    def pageless(self) -> int:
        return max(0, self.units - self.with_page)

    @property
    def trouble(self) -> int:
        return self.failed + self.needs_person + self.down + self.dying

    @property
    def tone(self) -> str:
        """Rate the on-time share: green from 95 %, yellow from 80 %, red below; grey where nothing
        fell due.
        """
        share = self.on_time_share
        return (
            "grey"
            if share is None
            else "green"
            if share >= 0.95
            else "yellow"
            if share >= 0.8
            else "red"
        )


ADDED_UP = [f.name for f in fields(Row) if f.name not in {"unit", "mark", "last_post", "steps"}]
# What rows can be sorted by; figures begin with the highest.
SORTS = (
    "name",
    *(n for n in ADDED_UP if n not in {"due", "on_time"}),
    "on_time_share",
    "alive_share",
    "reach_rate",
    "newest_step",
    "last_post",
    "trouble",
)


def add_up_rows(rows: Iterable[Row], place: Unit | None) -> Row:
    """Add up all rows. Followers stay unmeasured where no row has any."""
    summed = Row(place or Unit())
    for row in rows:
        for name in ADDED_UP:
            value = getattr(row, name)
            if value is not None:
                setattr(summed, name, (getattr(summed, name) or 0) + value)
    summed.steps = [sum(counts) for counts in zip(*(row.steps for row in rows), strict=True)]
    summed.last_post = max((row.last_post for row in rows if row.last_post), default=None)
    return summed


def sort_rows(rows: list[Row], by: str) -> list[Row]:
    """Sort rows ``by`` one of SORTS, with a minus for the highest first. Rows without the figure
    come last either way; by nothing, those in trouble come first, for a page begins with few rows,
    and those with a mark last, of which most have no channel.
    """
    name = by.removeprefix("-")
    if name not in SORTS:
        return sorted(rows, key=lambda r: (not r.trouble, bool(r.mark), fold(r.bare_name)))
    if name == "name":
        return sorted(rows, key=lambda r: fold(r.bare_name), reverse=by == "-name")
    there = [r for r in rows if getattr(r, name) is not None]
    missing = [r for r in rows if getattr(r, name) is None]
    return sorted(there, key=lambda r: getattr(r, name), reverse=by.startswith("-")) + missing
