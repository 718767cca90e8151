"""Sums of pages: what they published, and how many followers they have."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery, Sum

from channels.models import Channel
from core.periods import Period
from engagement.models import FollowerCount
from engagement.rollups.queries.figures import BY_CHANNEL, BY_UNIT, Figures, find_province

# So long after a platform reported it, a page's number of followers still counts as known.
FOLLOWERS_VALID_FOR = timedelta(days=7)
FOLLOWERS_PER_RATE = 1000
_SUMS = ("publications", "reach", "reactions")


def compute_rate(value: int | None, followers: int | None) -> Decimal | None:
    """Return a figure for each 1,000 followers; None where one of the two is unknown."""
    if value is None or not followers:
        return None
    return round(Decimal(value) * FOLLOWERS_PER_RATE / followers, 1)


@dataclass
class PageSums:
    """The pages of a row: their followers, as far as they are known, and what their posts had."""

    row: int
    pages: int = 0
    known: int = 0
    followers: int | None = None
    publications: int | None = None
    reach: int | None = None
    reactions: int | None = None
    known_publications: int | None = None
    known_reach: int | None = None
    known_reactions: int | None = None

    def rate(self, measure: str) -> Decimal | None:
        """Return what the known pages had for each 1,000 of their followers."""
        return compute_rate(getattr(self, f"known_{measure}"), self.followers)

    @property
    def unknown(self) -> int:
        return self.pages - self.known

    def add(self, name: str, value: int | None) -> None:
        """Add what was measured: nothing added to nothing is None."""
        if value is not None:
            setattr(self, name, (getattr(self, name) or 0) + value)


# The columns that a row has, stored or not.
PAGE_COLUMNS = tuple(name for name in PageSums.__dataclass_fields__ if name != "row")


def add_up_pages(rows: Iterable[PageSums], row: int = 0) -> PageSums:
    """Add up rows to one."""
    total = PageSums(row)
    for page in rows:
        for name in PAGE_COLUMNS:
            total.add(name, getattr(page, name))
    return total


def select_newest_followers(period: Period) -> Subquery:
    """Select a channel's followers as last told before the end of the period."""
    told = FollowerCount.objects.filter(
        channel=OuterRef("pk"), day__gt=period.last - FOLLOWERS_VALID_FOR, day__lte=period.last
    )
    return Subquery(told.order_by("-day").values("followers")[:1])


def sum_pages(figures: Figures, *, by: str, with_silent: bool) -> list[list[PageSums]]:
    """Sum up the pages in each period by `BY_UNIT`, `BY_PROVINCE` or `BY_CHANNEL`.

    A page's publications are those that it made for the unit that it belongs to, and its followers
    those of the period's end. Pages without a publication of the period are left out unless
    ``with_silent``. Two queries, however many periods.
    """
    published = _sum_by_page(figures)
    channels = Channel.objects.usable() if with_silent else Channel.objects.all()
    if figures.units is not None:
        channels = channels.filter(unit__in=figures.units)
    narrow = {"channel": "pk", "platform": "platform"}
    channels = channels.filter(
        **{narrow[name]: value for name, value in figures.values.items() if name in narrow}
    )
    followers = {
        f"followers_{n}": select_newest_followers(period)
        for n, period in enumerate(figures.periods)
    }
    pages: list[dict[int, PageSums]] = [{} for _period in figures.periods]
    columns = ("pk", "unit", "unit__level", "unit__parent", *followers)
    for page, unit, level, parent, *told in (
        channels.annotate(**followers).order_by().values_list(*columns)
    ):
        key = {BY_CHANNEL: page, BY_UNIT: unit}.get(by) or find_province(unit, level, parent)
        for n, known in enumerate(told):
            sums = published.get((n, page, unit))
            if with_silent or (sums and sums["publications"]):
                _add_page(pages[n].setdefault(key, PageSums(key)), sums or {}, known)
    return [list(rows.values()) for rows in pages]


def _sum_by_page(figures: Figures) -> dict[tuple[int, int, int], dict[str, int | None]]:
    """Return what each page published, by the number of the period, page and unit."""
    sums = {
        f"{name}_{n}": Sum(name, filter=Q(day__gte=period.first, day__lte=period.last))
        for n, period in enumerate(figures.periods)
        for name in _SUMS
    }
    rows: QuerySet[Any, Any] = figures.select("channel", "unit").order_by()
    return {
        (n, row["channel"], row["unit"]): {name: row[f"{name}_{n}"] for name in _SUMS}
        for row in rows.values("channel", "unit").annotate(**sums)
        for n in range(len(figures.periods))
    }


def _add_page(row: PageSums, sums: dict[str, int | None], followers: int | None) -> None:
    row.pages += 1
    row.known += followers is not None
    row.add("followers", followers)
    for name, value in sums.items():
        row.add(name, value)
        if followers is not None:
            row.add(f"known_{name}", value)
