"""The sums of a dashboard: a period, the one before and the same days last year, by day, platform,
topic and unit, and for each 1,000 followers. What was not measured is None, never 0.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from core.periods import Period
from engagement.boards.cached_sums import get_or_compute
from engagement.boards.scopes import KIT, TOPIC, Scope
from engagement.models import MEASURES, PAGE_MEASURES, FollowerCount, PageCount
from engagement.rollups import periods as opening
from engagement.rollups.days import UnitDays
from engagement.rollups.provinces import BY_PLATFORM, BY_TOPIC, ProvinceSummary
from engagement.rollups.queries.filters import PublicationFilter
from engagement.rollups.queries.pages import compute_rate, sum_page_days, sum_pages
from engagement.rollups.queries.posts import select_best_posts_of_days, select_posts
from engagement.rollups.queries.provinces import Marks, sum_publications
from engagement.rollups.sql import (
    Statement,
    fetch_rows,
    to_int_or_none,
)

type Sums = dict[str, int | None]
# How many publications were measured.
MEASURED_COUNTS = ("views_of", "reach_of", "reactions_of")
SUM_COLUMNS = ("publications", *MEASURES, *MEASURED_COUNTS)


@dataclass(frozen=True)
class Area:
    """A province with all below it or, without one, the nation, of which sums are stored."""

    province: int | None
    marks: Marks

    def select_sums(
        self, summary: ProvinceSummary, by: Sequence[str], periods: Sequence[Period]
    ) -> Statement:
        return sum_publications(
            summary,
            by,
            province=self.province,
            periods=periods,
            marks=self.marks.within(periods),
        )


def sum_by_day_and_platform(
    publications: PublicationFilter, area: Area | None = None
) -> list[dict[str, Any]]:
    """Sum up what was published on each day, with the figures that it has now. With an ``area``,
    whose publications these all are, read its stored sums.
    """
    by = ("day", "platform")
    rows = (
        area.select_sums(BY_PLATFORM, by, publications.periods)
        if area
        else sum_page_days(publications, by, SUM_COLUMNS)
    )
    return [
        {
            "day": day,
            "platform": platform,
            **dict(zip(SUM_COLUMNS, map(to_int_or_none, sums), strict=True)),
        }
        for day, platform, *sums in fetch_rows(*rows)
    ]


def add_up_platforms(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Add up the platforms of each day."""
    return [{"day": day, **sums} for day, sums in add_up_by(rows, "day", SUM_COLUMNS).items()]


def select_days(days: Iterable[Mapping[str, Any]], period: Period) -> list[Mapping[str, Any]]:
    return [day for day in days if period.first <= day["day"] <= period.last]


def add_up(rows: Iterable[Mapping[str, Any]], names: Sequence[str] = SUM_COLUMNS) -> Sums:
    """Add up what was measured; a figure that no row has is None, a number of publications 0."""
    total: Sums = dict.fromkeys(names)
    for row in rows:
        for name in names:
            if row[name] is not None:
                total[name] = (total[name] or 0) + row[name]
    for name in ("publications", *MEASURED_COUNTS):
        if name in total:
            total[name] = total[name] or 0
    return total


def sum_by_topic(publications: PublicationFilter, area: Area | None = None) -> list[dict[str, Any]]:
    names, by = ("publications", *MEASURES), ("topic_id",)
    rows = (
        area.select_sums(BY_TOPIC, by, publications.periods)
        if area
        else sum_page_days(publications, by, names)
    )
    return [
        {"topic": topic, **dict(zip(names, map(to_int_or_none, sums), strict=True))}
        for topic, *sums in fetch_rows(*rows)
    ]


def find_new_kits(
    publications: PublicationFilter, issued: QuerySet[Any, Any]
) -> list[tuple[UUID, str, date, int]]:
    """Return the kits of ``issued`` (annotated with ``begun``, the moment when they were issued)
    that some of the publications came of: public id, name, day and number of publications.
    """
    # Found first, and few: with their keys PostgreSQL knows how many rows each has, and reads those
    # of the units. Of a question for the kits it read the whole nation's.
    kits = {
        key: (public_id, name, timezone.localdate(begun))
        for key, public_id, name, begun in issued.order_by("begun", "pk").values_list(
            "pk", "public_id", "name", "begun"
        )
    }
    if not kits:
        return []
    of_kits = replace(publications, values={**publications.values, "kit__in": list(kits)})
    counted = dict(fetch_rows(*sum_page_days(of_kits, ("kit_id",), ("publications",))))
    return [(*kit, int(counted[key])) for key, kit in kits.items() if counted.get(key)]


def add_up_by(
    rows: Iterable[Mapping[str, Any]],
    by: str,
    names: Sequence[str] = ("publications", *MEASURES),
) -> dict[Any, Sums]:
    """Add up the rows by one of their columns."""
    found: dict[Any, list[Mapping[str, Any]]] = {}
    for row in rows:
        found.setdefault(row[by], []).append(row)
    return {key: add_up(each, names) for key, each in found.items()}


@dataclass(frozen=True)
class BestPost:
    """The post that reached most of all, over its channels."""

    public_id: UUID
    title: str
    unit: str
    reach: int


def find_best_post(publications: PublicationFilter) -> BestPost | None:
    return _fetch_best_post(select_posts(publications))


def find_best_post_of_nation(period: Period, marks: Marks) -> BestPost | None:
    """Return the nation's post that reached most, if it had a third of all reach; else perhaps
    another.
    """
    return _fetch_best_post(
        select_best_posts_of_days(period, UnitDays.from_pairs(marks.within([period]).unit_days))
    )


def find_median_reaches(*parts: PublicationFilter) -> list[int | None]:
    """Return for each part the median of the reach of its posts that have one, over their channels.
    One query.
    """
    selected = [select_posts(part) for part in parts]
    of_parts = " UNION ALL ".join(
        f"SELECT {at:d} AS part, SUM(reach) AS reach FROM ({rows}) AS rows_{at:d} "  # noqa: S608
        "GROUP BY post_id HAVING SUM(reach) IS NOT NULL"
        for at, (rows, _params) in enumerate(selected)
    )
    sql = (
        "SELECT part, AVG(reach) FROM (SELECT part, reach, "  # noqa: S608
        "ROW_NUMBER() OVER (PARTITION BY part ORDER BY reach) AS place, "
        f"COUNT(*) OVER (PARTITION BY part) AS n FROM ({of_parts}) AS posts) AS ranked "
        "WHERE place BETWEEN n / 2.0 AND n / 2.0 + 1 GROUP BY part"
    )
    found = dict(fetch_rows(sql, [param for _rows, params in selected for param in params]))
    return [round(found[at]) if at in found else None for at in range(len(parts))]


def _fetch_best_post(posts: Statement) -> BestPost | None:
    rows, params = posts
    sql = (
        f"SELECT post.public_id, post.label, post.title, unit.name, best.reach FROM ("  # noqa: S608
        f"SELECT post_id, unit_id, SUM(reach) AS reach FROM ({rows}) AS rows "
        "GROUP BY post_id, unit_id HAVING SUM(reach) > 0 ORDER BY SUM(reach) DESC, post_id LIMIT 1"
        ") AS best JOIN posts_post AS post ON post.id = best.post_id "
        "JOIN units_unit AS unit ON unit.id = best.unit_id"
    )
    for public_id, label, title, unit, reach in fetch_rows(sql, params):
        return BestPost(UUID(str(public_id)), label or title, unit, int(reach))
    return None


@dataclass(frozen=True)
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


def sum_pages_of_scope(
    parts: Sequence[tuple[PublicationFilter, date]], scope: Scope, *, by: str
) -> list[list[PageSums]]:
    """Return for each part its pages by row, with the followers that they had on its day."""
    # A topic and a kit are carried by some pages: those that did not carry them have no part in it.
    with_silent = scope.kind not in (TOPIC, KIT)
    return [
        [PageSums(**row) for row in rows]
        for rows in sum_pages(parts, by=by, with_silent=with_silent)
    ]


def find_page_sums(
    units: QuerySet[Any, Any], period: Period, *, by: str, nation: bool = False
) -> dict[int, PageSums]:
    """Return the pages of ``units`` by row, as of a minute ago in a period that dashboards open
    with. In another one they are read live; where they are the ``nation``'s, as of some minutes
    ago.
    """

    def make() -> list[dict[str, Any]]:
        publications = PublicationFilter(units, [period], {})
        return sum_pages([(publications, period.last)], by=by, with_silent=True)[0]

    stored = opening.sum_pages(units, [period], Marks(), by=by)
    if stored is not None:
        (rows,) = stored
    else:
        rows = get_or_compute("page_sums", period, {}, make, group=by) if nation else make()
    return {row["row"]: PageSums(**row) for row in rows}


def list_publications_by_unit(
    units: QuerySet[Any, Any], period: Period
) -> list[tuple[int, date, int]]:
    """Return unit, day and number of publications, for each day on which a unit published."""
    choice = PublicationFilter(units, [period], {})
    rows = fetch_rows(*sum_page_days(choice, ("unit_id", "day"), ("publications",)))
    return [(unit, day, int(n)) for unit, day, n in rows]


def add_up_pages(rows: Iterable[PageSums]) -> PageSums:
    """Add up rows to one."""
    names = [name for name in PageSums.__dataclass_fields__ if name != "row"]
    sums = add_up(({n: getattr(row, n) for n in names} for row in rows), names)
    counted: Any = sums | {name: sums[name] or 0 for name in ("pages", "known")}
    return PageSums(0, **counted)


def find_page_figures(channels: Iterable[int], period: Period) -> list[dict[str, Any]]:
    """Return what platforms reported of a few pages themselves, by channel and day."""
    rows = PageCount.objects.filter(
        channel__in=list(channels), day__gte=period.first, day__lte=period.last
    )
    return list(rows.order_by("day").values("channel_id", "day", *PAGE_MEASURES))


def find_followers(channels: Iterable[int], period: Period) -> list[tuple[int, date, int]]:
    """Return channel, day and followers of a few pages; a day without a row was not measured."""
    rows = FollowerCount.objects.filter(
        channel__in=list(channels), day__gte=period.first, day__lte=period.last
    )
    return list(rows.order_by("day").values_list("channel", "day", "followers"))
