"""The sums of a dashboard: a period, the one before and the same days last year, by day, platform,
topic and unit, and for each 1,000 followers. What was not measured is None, never 0.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet, Sum
from django.utils import timezone

from core.periods import Period
from engagement.boards.cached_sums import get_or_compute
from engagement.boards.scopes import KIT, TOPIC, Scope
from engagement.models import MEASURES, PAGE_MEASURES, FollowerCount, PageCount
from engagement.rollups.models import ChangedDay, Kind, PostDay
from engagement.rollups.periods import find_stored_pages
from engagement.rollups.queries.figures import MEASURED_COUNTS, SUMS, Figures
from engagement.rollups.queries.pages import PageSums, sum_pages

type Sums = dict[str, int | None]
SUM_COLUMNS = (*SUMS, *MEASURED_COUNTS)
_BEST_OF_A_DAY = 2


def add_up_platforms(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Add up the platforms of each day."""
    return [{"day": day, **sums} for day, sums in add_up_by(rows, "day", SUM_COLUMNS).items()]


def add_up_topics(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Add up the topics of each day and platform."""
    groups: dict[tuple[date, str], list[Mapping[str, Any]]] = {}
    for row in rows:
        groups.setdefault((row["day"], row["platform"]), []).append(row)
    return [
        {"day": day, "platform": platform, **add_up(group)}
        for (day, platform), group in groups.items()
    ]


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


def find_new_kits(
    publications: Figures, issued: QuerySet[Any, Any]
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
    rows = publications.narrow(kit__in=list(kits)).by("kit", sums=("publications",))
    counted = {row["kit"]: row["publications"] for row in rows}
    return [(*kit, counted[key]) for key, kit in kits.items() if counted.get(key)]


def add_up_by(
    rows: Iterable[Mapping[str, Any]],
    by: str,
    names: Sequence[str] = ("publications", *MEASURES),
) -> dict[Any, Sums]:
    """Add up the rows by one of their columns."""
    groups: dict[Any, list[Mapping[str, Any]]] = {}
    for row in rows:
        groups.setdefault(row[by], []).append(row)
    return {key: add_up(group, names) for key, group in groups.items()}


@dataclass(frozen=True)
class BestPost:
    """The post that reached most of all, over its channels."""

    public_id: UUID
    title: str
    unit: str
    reach: int


def find_best_post(publications: Figures) -> BestPost | None:
    return _choose_best(publications.select("post"))


def find_best_post_of_nation(publications: Figures) -> BestPost | None:
    """Return the nation's post that reached most, if it had a third of all reach; else perhaps
    another.

    A post that has more than a third of all reach is among the two best of a day: where a post
    never is, two others had at least as much on each of its days. So few rows of each day are read,
    by the index of reach, of the forty thousand that the nation has in a month, and what changed
    since the last run.
    """
    marks = ChangedDay.objects.filter(
        kind=Kind.PUBLISHED, unit=OuterRef("unit"), day=OuterRef("day")
    )
    stored = PostDay.objects.filter(~Exists(marks), reach__gt=0).order_by("-reach").values("post")
    best = [
        stored.filter(day=period.first + timedelta(days=n))[:_BEST_OF_A_DAY]
        for period in publications.periods
        for n in range((period.last - period.first).days + 1)
    ]
    now = publications.select("post").order_by()
    of_changed_days = now.filter(pk__isnull=True).values("post")
    posts = {row["post"] for row in of_changed_days.union(*best, all=True)}
    return _choose_best(now.filter(post__in=posts))


def _choose_best(rows: QuerySet[Any, Any]) -> BestPost | None:
    grouped = rows.values_list("post__public_id", "post__label", "post__title", "unit__name")
    best = grouped.annotate(sum_reach=Sum("reach")).filter(sum_reach__gt=0)
    for public_id, label, title, unit, reach in best.order_by("-sum_reach", "post_id")[:1]:
        return BestPost(public_id, label or title, unit, reach)
    return None


def find_median_reaches(publications: Figures) -> list[int | None]:
    """Return for each period the median of the reach of its posts that have one, over their
    channels. One query.
    """
    sums = {
        f"reach_{n}": Sum("reach", filter=Q(day__gte=period.first, day__lte=period.last))
        for n, period in enumerate(publications.periods)
    }
    rows = publications.select("post").order_by().values("post").annotate(**sums)
    posts = list(rows.values_list(*sums))
    known = [[post[n] for post in posts if post[n] is not None] for n in range(len(sums))]
    return [round(median(reaches)) if reaches else None for reaches in known]


def sum_pages_of_scope(publications: Figures, scope: Scope, *, by: str) -> list[list[PageSums]]:
    """Return for each period its pages by row, with the followers that they had at its end."""
    # A topic and a kit are carried by some pages: those that did not carry them have no part in it.
    return sum_pages(publications, by=by, with_silent=scope.kind not in (TOPIC, KIT))


def find_page_sums(
    units: QuerySet[Any, Any], period: Period, *, by: str, nation: bool = False
) -> dict[int, PageSums]:
    """Return the pages of ``units`` by row, as of a minute ago in a period that dashboards open
    with. In another one they are read live; where they are the ``nation``'s, as of some minutes
    ago.
    """
    of_units = None if nation else units

    def make() -> list[dict[str, Any]]:
        (rows,) = sum_pages(Figures(of_units, [period]), by=by, with_silent=True)
        return [vars(row) for row in rows]

    stored = find_stored_pages(of_units, [period], by=by, as_of_last_run=True)
    if stored is not None:
        return {row.row: row for row in stored[0]}
    rows = get_or_compute("page_sums", period, {}, make, group=by) if nation else make()
    return {row["row"]: PageSums(**row) for row in rows}


def list_publications_by_unit(
    units: QuerySet[Any, Any], period: Period
) -> list[tuple[int, date, int]]:
    """Return unit, day and number of publications, for each day on which a unit published."""
    rows = Figures(units, [period]).by("unit", "day", sums=("publications",))
    return [(row["unit"], row["day"], row["publications"]) for row in rows]


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
