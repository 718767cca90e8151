"""Sums of pages: what they published, and how many followers they have."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import F, QuerySet, Sum, Window
from django.db.models.functions import RowNumber

from channels.models import Channel
from engagement.models import FollowerCount
from engagement.rollups.models import PageDay
from engagement.rollups.queries.filters import PublicationFilter
from engagement.rollups.sources import group_by_page
from engagement.rollups.sql import Statement, compile_queryset, fetch_rows, to_int_or_none

# So long after a platform reported it, a page's number of followers still counts as known.
FOLLOWERS_VALID_FOR = timedelta(days=7)
FOLLOWERS_PER_RATE = 1000
_PAGE_SUMS = ("publications", "reach", "reactions")
PAGE_COLUMNS = ("pages", "known", "followers", *_PAGE_SUMS, *(f"known_{n}" for n in _PAGE_SUMS))
_PAGE_FILTERS = ("channel", "platform")


def compute_rate(value: int | None, followers: int | None) -> Decimal | None:
    """Return a figure for each 1,000 followers; None where one of the two is unknown."""
    if value is None or not followers:
        return None
    return round(Decimal(value) * FOLLOWERS_PER_RATE / followers, 1)


def sum_page_days(choice: PublicationFilter, by: Sequence[str], names: Sequence[str]) -> Statement:
    """Add up the columns ``names`` of `PageDay` by the columns ``by``, in the order of these. The
    summaries are added up before what is live joins them: over both at once PostgreSQL guesses a
    group a row, and sorts 1.4 million of them on disk (90 days of the nation).
    """
    keys = ", ".join(by)
    sums = {f"sum_{name}": Sum(name) for name in names}
    summed, params = compile_queryset(choice.unmarked_rows(PageDay).values(*by).annotate(**sums))
    live, live_params = compile_queryset(group_by_page(choice.marked_deliveries()))
    raw = ", ".join(f"{name} AS sum_{name}" for name in names)
    sql = (
        f"SELECT {keys}, {', '.join(f'SUM(sum_{name}) AS {name}' for name in names)} FROM ("  # noqa: S608
        f"SELECT {keys}, {', '.join(sums)} FROM ({summed}) AS summed "
        f"UNION ALL SELECT {keys}, {raw} FROM ({live}) AS live"
        f") AS rows GROUP BY {keys} ORDER BY {keys}"
    )
    return sql, [*params, *live_params]


def sum_pages(
    parts: Sequence[tuple[PublicationFilter, date]], *, by: str, with_silent: bool
) -> list[list[dict[str, Any]]]:
    """Sum up in one statement the pages of each part: a filter, and the day of its followers.

    Return a list a part, and in it for each ``row`` (`BY_UNIT`, `BY_PROVINCE`, `BY_CHANNEL`): how
    many ``pages``, of how many of them the ``followers`` were ``known`` on the day, publications,
    reach and reactions, and what those of the known pages had (``known_reach``, …). A page's
    publications are those that it made for the unit that it belongs to. Pages without a publication
    of the filter are left out unless ``with_silent``.
    """
    statements = [
        select_page_sums(choice, day, by=by, with_silent=with_silent) for choice, day in parts
    ]
    found: list[list[dict[str, Any]]] = [[] for _part in parts]
    sql = " UNION ALL ".join(
        f"SELECT {n:d} AS part, row, {', '.join(PAGE_COLUMNS)} FROM ({each}) AS pages"  # noqa: S608
        for n, (each, _params) in enumerate(statements)
    )
    params = [param for _sql, some in statements for param in some]
    for n, row, *sums in fetch_rows(sql, params):
        named = zip(PAGE_COLUMNS, map(to_int_or_none, sums), strict=True)
        found[n].append({"row": row, **dict(named)})
    return found


def select_page_sums(
    choice: PublicationFilter,
    followers_on: date,
    *,
    by: str,
    with_silent: bool,
    ignore_marks: bool = False,
) -> Statement:
    """Select ``row`` and `PAGE_COLUMNS`, as `sum_pages` returns them; with ``ignore_marks``, as the
    summaries have it, marked or not.
    """
    rows, params = _select_channel_sums(choice, ignore_marks)
    narrow = {
        "pk" if name == "channel" else name: value
        for name, value in choice.values.items()
        if name in _PAGE_FILTERS
    }
    channels = Channel.objects.usable() if with_silent else Channel.objects.all()
    channels = channels.filter(unit__in=choice.units, **narrow).order_by()
    pages, page_params = compile_queryset(channels.values("id", "unit_id"))
    followers, follower_params = select_followers(channels, followers_on)
    sums = ", ".join(f"SUM(page.{name}) AS {name}" for name in _PAGE_SUMS)
    known = ", ".join(
        f"SUM(CASE WHEN newest.followers IS NOT NULL THEN page.{name} END) AS known_{name}"
        for name in _PAGE_SUMS
    )
    inner = ", ".join(f"SUM({name}) AS {name}" for name in _PAGE_SUMS)
    sql = (
        f"SELECT {by} AS row, COUNT(*) AS pages, COUNT(newest.followers) AS known, "  # noqa: S608
        f"SUM(newest.followers) AS followers, {sums}, {known} "
        f"FROM ({pages}) AS channel JOIN units_unit AS unit ON unit.id = channel.unit_id "
        f"LEFT JOIN ({followers}) AS newest "
        f"ON newest.channel_id = channel.id AND newest.place = 1 "
        f"LEFT JOIN (SELECT channel_id, unit_id, {inner} FROM ({rows}) AS rows "
        f"GROUP BY channel_id, unit_id) AS page "
        f"ON page.channel_id = channel.id AND page.unit_id = channel.unit_id "
        f"{'' if with_silent else 'WHERE page.publications > 0 '}GROUP BY 1"
    )
    return sql, [*page_params, *follower_params, *params]


def select_followers(channels: QuerySet[Channel], day: date) -> Statement:
    """Select ``channel_id`` and ``followers`` of the channels as last told before the end of the
    day: those whose ``place`` is 1.
    """
    newest = Window(RowNumber(), partition_by=[F("channel")], order_by=F("day").desc())
    told = FollowerCount.objects.filter(
        day__gt=day - FOLLOWERS_VALID_FOR, day__lte=day, channel__in=channels.values("pk")
    )
    return compile_queryset(
        told.order_by().annotate(place=newest).values("channel_id", "followers", "place")
    )


def _select_channel_sums(choice: PublicationFilter, ignore_marks: bool) -> Statement:
    """Select the sums of each channel and unit, of summaries and of what is live apart."""
    days = choice.rows(PageDay) if ignore_marks else choice.unmarked_rows(PageDay)
    sums = {f"sum_{name}": Sum(name) for name in _PAGE_SUMS}
    summed, params = compile_queryset(days.values("channel_id", "unit_id").annotate(**sums))
    renamed = ", ".join(f"sum_{name} AS {name}" for name in _PAGE_SUMS)
    sql = f"SELECT channel_id, unit_id, {renamed} FROM ({summed}) AS summed"  # noqa: S608
    if ignore_marks:
        return sql, params
    live, live_params = compile_queryset(group_by_page(choice.marked_deliveries()))
    names = ", ".join(_PAGE_SUMS)
    sql += f" UNION ALL SELECT channel_id, unit_id, {names} FROM ({live}) AS live"  # noqa: S608
    return sql, [*params, *live_params]
