"""Figures read from the daily summaries, exact at the moment of the question.

A page reads the summaries of all days that are summed up, and the raw rows of the rest in the same
statement: what is open, today's deliveries (whose hour may not have passed), and the few days that
have changed since the last run. Where too many have changed, after an outage or a rush, it reads
the raw rows alone: slower, and equally right.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Exists, F, Max, Model, OuterRef, Q, QuerySet, Sum, Value
from django.db.models import Window as RankWindow
from django.db.models.functions import Coalesce, RowNumber, TruncDate
from django.utils import timezone

from channels.models import Channel
from core.periods import Period, midnight
from core.scope import Reach
from engagement.models import MEASURES, FollowerCount
from engagement.rollups.models import (
    CampaignGain,
    ChangedDay,
    ChannelDay,
    DueDay,
    Kind,
    PageDay,
    PostDay,
    WrittenDay,
)
from engagement.rollups.sources import (
    CONCLUDED_ONES,
    GAINED_ON,
    ON_TIME,
    Pairs,
    Statement,
    campaign_gains,
    channel_days,
    delivery_figures,
    gained,
    marked_sql,
    page_days,
    post_days,
    statement,
)
from posts.models import Post
from publishing.models import Delivery, DeliveryQuerySet
from units.models import Level

# So many marks are read beside the summaries; more of them, and the raw rows are quicker.
MOST_MARKS = 1000
# The row that a unit's figures are added to: its own, or that of its province.
BY_UNIT = "unit.id"
BY_PROVINCE = f"CASE WHEN unit.level = '{Level.COMMUNE}' THEN unit.parent_id ELSE unit.id END"


def changed(kind: Kind, units: QuerySet[Any, Any], first: date, last: date) -> Pairs | None:
    """Return the days of ``units`` that are not summed up; None where they are too many."""
    marks = ChangedDay.objects.filter(kind=kind, day__gte=first, day__lte=last, unit__in=units)
    found = list(marks.values_list("day", "unit_id")[: MOST_MARKS + 1])
    return None if len(found) > MOST_MARKS else Pairs.of(found)


def unmarked(pairs: Pairs) -> Q:
    """Return the condition that a summary's row is none of ``pairs``."""
    found = Q()
    for day, units in pairs.units.items():
        found &= ~Q(day=day, unit_id__in=sorted(units))
    return found


@dataclass(frozen=True)
class Window:
    """Bounds of what a row speaks of: its sums of the period, and since ``since`` its last post and
    what a person has not decided.
    """

    period: Period
    since: datetime
    now: datetime
    until: datetime | None = None  # the end, where nothing after the period matters

    @property
    def before(self) -> datetime:
        return self.until or max(self.period.end, self.now)

    @property
    def first_open(self) -> date:
        """Return the first day of which not all hours have passed by the grace."""
        return timezone.localdate(self.now - ON_TIME)

    @property
    def rows(self) -> Q:
        return Q(due_at__gte=self.since, due_at__lt=self.before)

    @property
    def summed(self) -> Period:
        """Return the days that are read from summaries."""
        last = min(self.first_open, timezone.localdate(self.before)) - timedelta(days=1)
        return Period(timezone.localdate(self.since), last)


def due_sums(units: QuerySet[Any, Any], window: Window, *, by: str) -> list[dict[str, Any]]:
    """Sum up the deliveries of ``units`` (their keys) by row: those that fell due in the period, as
    `delivery_figures` does, and their ``last_post`` and ``needs_person`` since ``window.since``.
    """
    summed = window.summed
    pairs = changed(Kind.DUE, units, summed.first, summed.last)
    if pairs is None:
        parts = [_live(Delivery.objects.filter(window.rows, unit__in=units), window)]
    else:
        parts = [_summed(units, window, pairs), *live_parts(window, pairs, unit__in=units)]
    sql, params = union(parts)
    alive = f"CASE WHEN seen > 0 AND unit.level = '{Level.COMMUNE}' THEN unit.id END"
    sql = (
        f"SELECT {by}, SUM(seen), SUM(fell_due), SUM(in_time), SUM(missed), SUM(waits), "  # noqa: S608
        f"MAX(newest), COUNT(DISTINCT {alive}) FROM ({sql}) AS part "
        f"JOIN units_unit AS unit ON unit.id = part.unit_id GROUP BY 1"
    )
    return [due_row(row) for row in fetch(sql, params)]


def due_row(row: Sequence[Any]) -> dict[str, Any]:
    """Name the columns of an answer of `due_sums`."""
    place, *sums, newest, alive = row
    names = ["row", "published", "due", "on_time", "failed", "needs_person", "last_post", "alive"]
    return dict(zip(names, (place, *map(int, sums), moment(newest), alive), strict=True))


def union(parts: Sequence[QuerySet[Any, Any]]) -> Statement:
    if len(parts) == 1:
        return statement(parts[0])
    return statement(parts[0].union(*parts[1:], all=True).order_by())


def live_parts(window: Window, pairs: Pairs, **of: Any) -> list[QuerySet[Any, Any]]:
    """Select by unit what no summary has: what is open, what is due today, and the days of
    ``pairs``; of deliveries ``of`` some units, or of all.
    """
    raw, end = Delivery.objects.filter(window.rows, **of), midnight(window.first_open)
    parts = [raw.exclude(CONCLUDED_ONES).filter(due_at__lt=end)]
    if window.before > end:
        parts.append(raw.filter(due_at__gte=end))
    if pairs:
        parts.append(raw.filter(CONCLUDED_ONES, pairs.rows("due_at")))
    return [_live(part, window) for part in parts]


def _summed(units: QuerySet[Any, Any], window: Window, pairs: Pairs) -> QuerySet[Any, Any]:
    within = Q(day__gte=window.period.first, day__lte=window.period.last)
    summed = Q(day__gte=window.summed.first, day__lte=window.summed.last)
    rows = DueDay.objects.filter(unmarked(pairs), summed, unit__in=units)

    def total(name: str) -> Coalesce:
        return Coalesce(Sum(name, filter=within), 0)

    return (
        rows.order_by()
        .values("unit_id")
        .annotate(
            seen=total("published"),
            fell_due=total("due"),
            in_time=total("on_time"),
            missed=total("failed"),
            waits=Value(0),
            newest=Max("last_post"),
        )
    )


def _live(rows: QuerySet[Delivery], window: Window) -> QuerySet[Any, Any]:
    figures = delivery_figures(window.period, now=window.now)
    return (
        rows.order_by()
        .values("unit_id")
        .annotate(
            seen=figures["published"],
            fell_due=figures["due"],
            in_time=figures["on_time"],
            missed=figures["failed"],
            waits=figures["needs_person"],
            newest=Max("published_at"),
        )
    )


def written_sums(units: QuerySet[Any, Any], period: Period, *, by: str) -> list[dict[str, Any]]:
    """Count by row the posts of ``units`` that were begun in the period, without blank drafts."""
    pairs = changed(Kind.WRITTEN, units, period.first, period.last)
    raw = Post.objects.written().filter(
        unit__in=units, created_at__gte=period.start, created_at__lt=period.end
    )
    if pairs is None:
        parts: list[QuerySet[Any, Any]] = [raw.order_by().values("unit_id", n=Value(1))]
    else:
        days = WrittenDay.objects.filter(
            unmarked(pairs), unit__in=units, day__gte=period.first, day__lte=period.last
        )
        parts = [days.order_by().values("unit_id", n=F("posts"))]
        if pairs:
            parts.append(_written_on(pairs).filter(unit__in=units))
    sql, params = union(parts)
    sql = (
        f"SELECT {by}, SUM(n) FROM ({sql}) AS part "  # noqa: S608
        f"JOIN units_unit AS unit ON unit.id = part.unit_id GROUP BY 1"
    )
    return [{"row": row, "posts": int(n)} for row, n in fetch(sql, params)]


def written_live(pairs: Pairs) -> Statement:
    """Select the posts that were begun on the days of ``pairs``: ``unit_id``, and 1 as ``n``."""
    return statement(_written_on(pairs))


def _written_on(pairs: Pairs) -> QuerySet[Any, Any]:
    rows = Post.objects.written().filter(pairs.rows("created_at"))
    return rows.order_by().values("unit_id", n=Value(1))


# --- publications of a campaign -------------------------------------------------------------------


@dataclass(frozen=True)
class Chosen:
    """A choice of publications: of a campaign, in a period, by units given by their keys."""

    campaign: int
    units: QuerySet[Any, Any]
    period: Period

    def days(self, model: type[Model], by: str, kind: Kind) -> QuerySet[Any, Any]:
        """Select the unmarked rows of a summary whose publications were ``by`` a day of the
        period.
        """
        within = {f"{by}__gte": self.period.first, f"{by}__lte": self.period.last}
        marks = ChangedDay.objects.filter(kind=kind, unit=OuterRef("unit"), day=OuterRef("day"))
        found = model._default_manager.filter(campaign=self.campaign, unit__in=self.units, **within)
        return found.exclude(Exists(marks)).order_by()


class Publications(DeliveryQuerySet):
    """Publications, and as what they were chosen: then their sums are read from the summaries. A
    queryset that was made from this one was chosen otherwise, and is summed up from its rows.
    """

    chosen: Chosen | None = None


def published_of(
    campaign: int, *, reach: Iterable[Reach], units: QuerySet[Any, Any], period: Period
) -> Publications:
    """Return publications of the campaign within ``period`` in ``reach``, of which ``units`` are
    the units' keys; also those withdrawn since.
    """
    rows: Publications = Publications(model=Delivery).within(reach)
    found: Publications = rows.filter(
        post__campaign=campaign, published_at__gte=period.start, published_at__lt=period.end
    )
    found.chosen = Chosen(campaign, units, period)
    return found


def post_rows(rows: QuerySet[Delivery], columns: Sequence[str] = ()) -> Statement:
    """Select publications by post and day, with the columns of `PostDay`, or with some of them:
    then those of an index may be all that is read.
    """
    return _rows(rows, PostDay, post_days, columns)


def channel_rows(rows: QuerySet[Delivery]) -> Statement:
    """Select publications by channel and day, with the columns of `ChannelDay`."""
    return _rows(rows, ChannelDay, channel_days)


def _rows(
    rows: QuerySet[Delivery],
    model: type[Model],
    group: Callable[[QuerySet[Delivery]], QuerySet[Any, Any]],
    columns: Sequence[str] = (),
) -> Statement:
    chosen: Chosen | None = getattr(rows, "chosen", None)
    if chosen is None:
        return statement(group(rows))
    columns = columns or [f.attname for f in model._meta.concrete_fields if not f.primary_key]
    summed = chosen.days(model, "day", Kind.PUBLISHED).values(*columns)
    marks = ChangedDay.objects.filter(
        kind=Kind.PUBLISHED, unit=OuterRef("unit"), day=OuterRef("its_day")
    )
    live = _in_marked_units(rows, Kind.PUBLISHED).alias(its_day=TruncDate("published_at"))
    return _both(statement(summed), statement(group(live.filter(Exists(marks)))), columns)


# By name of a summary's column, the path of the same from a delivery.
OF_DELIVERIES = {
    "topic": "post__topic",
    "kit": "post__adoption__kit",
    "channel": "channel",
    "platform": "platform",
}


def _of_deliveries(name: str) -> str:
    """Return the path from a delivery of a column, or of a lookup of it such as ``kit__in``."""
    column, *lookup = name.split("__")
    return "__".join((OF_DELIVERIES[column], *lookup))


@dataclass(frozen=True)
class Choice:
    """A choice of publications of ``units`` (their keys) in any of ``periods``, with the given
    values of columns of `OF_DELIVERIES`.
    """

    units: QuerySet[Any, Any]
    periods: Sequence[Period]
    of: Mapping[str, Any]

    def kept(self, model: type[Model]) -> QuerySet[Any, Any]:
        """Select the rows of a summary, marked or not."""
        within = Q(pk__in=[])
        for period in self.periods:
            within |= Q(day__gte=period.first, day__lte=period.last)
        found = model._default_manager.filter(within, unit__in=self.units, **self.of)
        return found.order_by()

    def summed(self, model: type[Model]) -> QuerySet[Any, Any]:
        """Select the unmarked rows of a summary."""
        marks = ChangedDay.objects.filter(
            kind=Kind.PUBLISHED, unit=OuterRef("unit"), day=OuterRef("day")
        )
        return self.kept(model).exclude(Exists(marks))

    def deliveries(self) -> QuerySet[Delivery]:
        """Select the publications themselves."""
        within = Q(pk__in=[])
        for period in self.periods:
            within |= Q(published_at__gte=period.start, published_at__lt=period.end)
        of = {_of_deliveries(name): value for name, value in self.of.items()}
        return Delivery.objects.filter(within, unit__in=self.units, **of)

    def marked(self) -> QuerySet[Delivery]:
        """Select the publications of days that are not summed up."""
        marks = ChangedDay.objects.filter(
            kind=Kind.PUBLISHED, unit=OuterRef("unit"), day=OuterRef("its_day")
        )
        live = _in_marked_units(self.deliveries(), Kind.PUBLISHED)
        return live.alias(its_day=TruncDate("published_at")).filter(Exists(marks))


def page_sums_by(choice: Choice, by: Sequence[str], names: Sequence[str]) -> Statement:
    """Add up columns of `PageDay` by others, in the order of these. The summaries are added up
    before what is live joins them: over both at once PostgreSQL guesses a group a row, and sorts
    1.4 million of them on disk (90 days of the nation).
    """
    keys = ", ".join(by)
    summed, params = statement(
        choice.summed(PageDay).values(*by).annotate(**{f"sum_{name}": Sum(name) for name in names})
    )
    live, more = statement(page_days(choice.marked()))
    raw = ", ".join(f"{name} AS sum_{name}" for name in names)
    one = ", ".join(f"sum_{name}" for name in names)
    sql = (
        f"SELECT {keys}, {', '.join(f'SUM(sum_{name}) AS {name}' for name in names)} FROM ("  # noqa: S608
        f"SELECT {keys}, {one} FROM ({summed}) AS summed "
        f"UNION ALL SELECT {keys}, {raw} FROM ({live}) AS live"
        f") AS rows GROUP BY {keys} ORDER BY {keys}"
    )
    return sql, [*params, *more]


# So long after it was told, a page's number of followers still counts as known.
FOLLOWERS_LAST = timedelta(days=7)
BY_CHANNEL = "channel.id"
_PAGE_SUMS = ("publications", "reach", "reactions")
PAGE_COLUMNS = ("pages", "known", "followers", *_PAGE_SUMS, *(f"known_{n}" for n in _PAGE_SUMS))


def page_sums(
    parts: Sequence[tuple[Choice, date]], *, by: str, quiet: bool
) -> list[list[dict[str, Any]]]:
    """Sum up the pages of each choice by row (`BY_UNIT`, `BY_PROVINCE`, `BY_CHANNEL`) in one
    statement: how many ``pages``, of how many the ``followers`` were ``known`` on its day, the
    publications, reach and reactions, and what those of the ``known`` pages had (``known_reach``,
    …). A page's publications are those that it made for the unit that it belongs to.

    Where they are not ``quiet``, pages without a publication of the choice are left out.
    """
    statements = [page_rows(choice, on, by=by, quiet=quiet) for choice, on in parts]
    found: list[list[dict[str, Any]]] = [[] for _part in parts]
    sql = " UNION ALL ".join(
        f"SELECT {n:d} AS part, row, {', '.join(PAGE_COLUMNS)} FROM ({each}) AS pages"  # noqa: S608
        for n, (each, _params) in enumerate(statements)
    )
    for n, row, *sums in fetch(sql, [param for _sql, params in statements for param in params]):
        named = zip(PAGE_COLUMNS, map(number, sums), strict=True)
        found[n].append({"row": row, **dict(named)})
    return found


def _by_channel(choice: Choice, kept: bool) -> Statement:
    """Select the sums of each channel and unit, of summaries and of what is live apart."""
    sums = {f"sum_{name}": Sum(name) for name in _PAGE_SUMS}
    renamed = ", ".join(f"sum_{name} AS {name}" for name in _PAGE_SUMS)
    if kept:
        all_rows = choice.kept(PageDay).values("channel_id", "unit_id").annotate(**sums)
        summed, params = statement(all_rows)
        return f"SELECT channel_id, unit_id, {renamed} FROM ({summed}) AS summed", params  # noqa: S608
    summed, params = statement(
        choice.summed(PageDay).values("channel_id", "unit_id").annotate(**sums)
    )
    live, more = statement(page_days(choice.marked()))
    sql = (
        f"SELECT channel_id, unit_id, {renamed} FROM ({summed}) AS summed UNION ALL "  # noqa: S608
        f"SELECT channel_id, unit_id, {', '.join(_PAGE_SUMS)} FROM ({live}) AS live"
    )
    return sql, [*params, *more]


def page_rows(choice: Choice, on: date, *, by: str, quiet: bool, kept: bool = False) -> Statement:
    """Select ``row`` and `PAGE_COLUMNS` of a choice, as `page_sums` returns them; with ``kept``, as
    the summaries have it, marked or not.
    """
    rows, params = _by_channel(choice, kept)
    narrow = {"pk" if n == "channel" else n: v for n, v in choice.of.items() if n in _OF_PAGES}
    of_units = Channel.objects.usable() if quiet else Channel.objects.all()
    chosen = of_units.filter(unit__in=choice.units, **narrow).order_by()
    pages, of_pages = statement(chosen.values("id", "unit_id"))
    told, of_told = statement(
        FollowerCount.objects.filter(
            day__gt=on - FOLLOWERS_LAST, day__lte=on, channel__in=chosen.values("pk")
        )
        .order_by()
        .annotate(
            place=RankWindow(RowNumber(), partition_by=[F("channel")], order_by=F("day").desc())
        )
        .values("channel_id", "followers", "place")
    )
    sums = ", ".join(f"SUM(had.{name}) AS {name}" for name in _PAGE_SUMS)
    known = ", ".join(
        f"SUM(CASE WHEN told.followers IS NOT NULL THEN had.{name} END) AS known_{name}"
        for name in _PAGE_SUMS
    )
    inner = ", ".join(f"SUM({name}) AS {name}" for name in _PAGE_SUMS)
    sql = (
        f"SELECT {by} AS row, COUNT(*) AS pages, COUNT(told.followers) AS known, "  # noqa: S608
        f"SUM(told.followers) AS followers, {sums}, {known} "
        f"FROM ({pages}) AS channel JOIN units_unit AS unit ON unit.id = channel.unit_id "
        f"LEFT JOIN ({told}) AS told ON told.channel_id = channel.id AND told.place = 1 "
        f"LEFT JOIN (SELECT channel_id, unit_id, {inner} FROM ({rows}) AS rows "
        f"GROUP BY channel_id, unit_id) AS had "
        f"ON had.channel_id = channel.id AND had.unit_id = channel.unit_id "
        f"{'' if quiet else 'WHERE had.publications > 0 '}GROUP BY 1"
    )
    return sql, [*of_pages, *of_told, *params]


_OF_PAGES = ("channel", "platform")


def post_rows_of(choice: Choice) -> Statement:
    """Select publications by post and day, with the columns of `PostDay`: from the rows where the
    choice is of channels, by which no summary of posts is made.
    """
    if {"channel", "platform"} & choice.of.keys():
        return statement(post_days(choice.deliveries()))
    return _chosen_rows(choice, PostDay, post_days)


_BEST_OF_A_DAY = 2


def best_posts_of_days(period: Period, changed: Pairs) -> Statement:
    """Select the rows of `post_rows_of` of the nation's posts that were among the two best of a
    day, and of the ``changed`` days of units.

    The post that has more than a third of all reach is one of them: where a post never is, two
    others had at least as much on each of its days. So few rows of each day are read, by the index
    of reach, of the forty thousand that the nation has in a month.
    """
    columns = [f.attname for f in PostDay._meta.concrete_fields if not f.primary_key]
    names = ", ".join(columns)
    summed = PostDay.objects.filter(unmarked(changed), day__gte=period.first, day__lte=period.last)
    tops: list[Statement] = []
    for n in range((period.last - period.first).days + 1):
        day = period.first + timedelta(days=n)
        units = sorted(changed.units.get(day, ()))
        of_day = PostDay.objects.filter(day=day, reach__gt=0).exclude(unit__in=units)
        tops.append(statement(of_day.order_by("-reach").values("post_id")[:_BEST_OF_A_DAY]))
    best = " UNION ALL ".join(f"SELECT post_id FROM ({sql}) AS best" for sql, _params in tops)  # noqa: S608
    rows, params = statement(summed.order_by().values(*columns))
    given = [param for _sql, params in tops for param in params]
    if not changed:
        return (
            f"SELECT {names} FROM ({rows}) AS summed WHERE post_id IN ({best})",  # noqa: S608
            [*params, *given],
        )
    live, of_live = statement(post_days(Delivery.objects.filter(changed.rows("published_at"))))
    sql = (
        f"WITH live AS ({live}), best AS ({best} UNION SELECT post_id FROM live) "  # noqa: S608
        f"SELECT {names} FROM ({rows}) AS summed WHERE post_id IN (SELECT post_id FROM best) "
        f"UNION ALL SELECT {names} FROM live"
    )
    return sql, [*of_live, *given, *params]


def _chosen_rows(
    choice: Choice,
    model: type[Model],
    group: Callable[[QuerySet[Delivery]], QuerySet[Any, Any]],
) -> Statement:
    columns = [f.attname for f in model._meta.concrete_fields if not f.primary_key]
    summed = statement(choice.summed(model).values(*columns))
    return _both(summed, statement(group(choice.marked())), columns)


def publications_of(
    units: QuerySet[Any, Any], period: Period, *, campaign: int | None = None
) -> Statement:
    """Select what ``units`` (their keys) published in the period, with the columns of `PostDay`."""
    raw = Delivery.objects.filter(
        unit__in=units, published_at__gte=period.start, published_at__lt=period.end
    )
    days = PostDay.objects.filter(unit__in=units, day__gte=period.first, day__lte=period.last)
    if campaign is not None:
        raw, days = raw.filter(post__campaign=campaign), days.filter(campaign=campaign)
    pairs = changed(Kind.PUBLISHED, units, period.first, period.last)
    if pairs is None:
        return statement(post_days(raw))
    columns = [f.attname for f in PostDay._meta.concrete_fields if not f.primary_key]
    summed = statement(days.filter(unmarked(pairs)).order_by().values(*columns))
    if not pairs:
        return summed
    return _both(summed, statement(post_days(raw.filter(pairs.rows("published_at")))), columns)


def gain_rows(rows: QuerySet[Delivery]) -> Statement:
    """Select gains of publications, with the columns ``day`` and the measures."""
    chosen: Chosen | None = getattr(rows, "chosen", None)
    if chosen is None:
        return gained(rows)
    columns = ["day", *MEASURES]
    summed = chosen.days(CampaignGain, "published_day", Kind.GAINED).values(*columns)
    on = marked_sql(Kind.GAINED, *GAINED_ON)
    live = campaign_gains(_in_marked_units(rows, Kind.GAINED), on)
    return _both(statement(summed), live, columns)


def _in_marked_units(rows: QuerySet[Delivery], kind: Kind) -> QuerySet[Delivery]:
    """Filter by the units that have marks: mostly few, with which the database begins. What is
    marked is asked of in the statement itself, so that a page asks no other for it.
    """
    return rows.filter(unit__in=ChangedDay.objects.filter(kind=kind).values("unit"))


def _both(one: Statement, two: Statement, columns: Sequence[str]) -> Statement:
    names = ", ".join(columns)
    sql = (
        f"SELECT {names} FROM ({one[0]}) AS summed UNION ALL "  # noqa: S608
        f"SELECT {names} FROM ({two[0]}) AS live"
    )
    return sql, [*one[1], *two[1]]


# --- answers of the database ----------------------------------------------------------------------


def fetch(sql: str, params: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return [tuple(row) for row in cursor.fetchall()]


def moment(value: Any) -> datetime | None:
    """Return a moment that was selected by hand: SQLite has it as text."""
    if isinstance(value, str):
        return datetime.fromisoformat(value).replace(tzinfo=UTC)
    return value


def date_of(value: Any) -> date:
    return date.fromisoformat(value) if isinstance(value, str) else value


def number(value: Any) -> int | None:
    return None if value is None else int(value)
