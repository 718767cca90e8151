"""The raw figures that summaries are made of: one definition for the summaries, for what is read
live beside them, and for the proof that both are equal.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import batched
from typing import Any, Protocol

from django.db.models import Count, Exists, F, Max, Model, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import Coalesce, TruncDate

from core.periods import Period, midnight
from engagement.models import MEASURES, Source
from engagement.models import Count as CountRow
from engagement.rollups.models import (
    CampaignGain,
    ChangedDay,
    ChannelDay,
    DueDay,
    Kind,
    PageDay,
    PostDay,
    UnitGain,
    WrittenDay,
)
from posts.models import Post
from publishing.models import Delivery
from publishing.states import (
    CONCLUDED,
    HAS_UNTIL_THE_DEADLINE,
    MISSED,
    TAKEN_DOWN,
    Reason,
    ReceiptSource,
    State,
)

Statement = tuple[str, Sequence[Any]]
# A post is on time when residents could see it within this long of its due time.
ON_TIME = timedelta(seconds=60)
CONCLUDED_ONES = Q(state__in=sorted(CONCLUDED))
# What publications are ranked by: not every platform tells the reach.
FIGURE = Coalesce("measurement__reach", "measurement__views")
SUMS = {measure: Sum(f"measurement__{measure}") for measure in MEASURES}
# How many publications a sum speaks of: some platforms have no such figure, some have not told yet.
MEASURED = {f"{measure}_of": Count(f"measurement__{measure}") for measure in MEASURES}
# More than any total: the place of a count is put before its total, see `gained`.
_ABOVE_ALL = 10**15
# So many days are asked for by one statement.
_DAYS_AT_ONCE = 60

# --- which rows -----------------------------------------------------------------------------------


class Scope(Protocol):
    """Days of units."""

    def rows(self, moment: str, unit: str = "unit") -> Q:
        """Return the condition that a row's ``moment`` lies on one of the days of its unit."""

    def sql(self, day: str, unit: str) -> Statement:
        """Return the same of columns."""


@dataclass(frozen=True)
class Days:
    """All units' days from the first to the last."""

    first: date
    last: date

    def rows(self, moment: str, unit: str = "unit") -> Q:
        end = midnight(self.last + timedelta(days=1))
        return Q(**{f"{moment}__gte": midnight(self.first), f"{moment}__lt": end})

    def sql(self, day: str, unit: str) -> Statement:
        return f"({day} BETWEEN %s AND %s)", [self.first, self.last]


@dataclass(frozen=True)
class Units:
    """All days of some units, or those from one day on."""

    units: Sequence[int]
    since: date = date.min

    def rows(self, moment: str, unit: str = "unit") -> Q:
        rows = Q(**{f"{unit}__in": self.units, f"{moment}__isnull": False})
        if self.since > date.min:
            rows &= Q(**{f"{moment}__gte": midnight(self.since)})
        return rows

    def sql(self, day: str, unit: str) -> Statement:
        units = f"{unit} IN ({', '.join(['%s'] * len(self.units))})"
        if self.since == date.min:
            return f"({units})", self.units
        return f"({units} AND {day} >= %s)", [*self.units, self.since]

    def all_units(self) -> Sequence[int]:
        return self.units


@dataclass(frozen=True)
class Pairs:
    """Single days of single units."""

    units: Mapping[date, Collection[int]]

    @classmethod
    def of(cls, pairs: Collection[tuple[date, int]]) -> "Pairs":
        units: dict[date, set[int]] = {}
        for day, unit in pairs:
            units.setdefault(day, set()).add(unit)
        return cls(units)

    def __bool__(self) -> bool:
        return bool(self.units)

    def all_units(self) -> Sequence[int]:
        return sorted({unit for units in self.units.values() for unit in units})

    def split(self) -> list["Pairs"]:
        return [Pairs(dict(some)) for some in batched(sorted(self.units.items()), _DAYS_AT_ONCE)]

    def rows(self, moment: str, unit: str = "unit") -> Q:
        found = Q(pk__in=[])
        for day, units in self.units.items():
            found |= Days(day, day).rows(moment) & Q(**{f"{unit}__in": sorted(units)})
        return found

    def sql(self, day: str, unit: str) -> Statement:
        parts, params = ["1 = 0"], list[Any]()
        for each, units in self.units.items():
            parts.append(f"({day} = %s AND {unit} IN ({', '.join(['%s'] * len(units))}))")
            params += [each, *sorted(units)]
        return f"({' OR '.join(parts)})", params


def marked_sql(kind: Kind, day: str, unit: str) -> Statement:
    """Return the condition of columns that the day of the unit is marked."""
    return (
        f"EXISTS (SELECT 1 FROM {ChangedDay._meta.db_table} AS mark "  # noqa: S608
        f"WHERE mark.kind = %s AND mark.unit_id = {unit} AND mark.day = {day})",
        [kind.value],
    )


# --- deliveries by the day on which they fell due -------------------------------------------------

_UNSEEN = Q(state__in=TAKEN_DOWN, published_at__isnull=True)
# What was cancelled, or stopped before anybody saw it, does not count.
_COUNTS = ~Q(state=State.CANCELLED) & ~_UNSEEN
_BY_PEOPLE = (
    Q(state=State.MANUAL) | Q(receipt_source=ReceiptSource.POSTED) | Q(error_code=Reason.IN_APP)
)
_WAS_ON_TIME = (
    Q(published_at__lte=F("due_at") + ON_TIME)
    # How long a platform works on what it took in time is not up to the unit.
    | Q(~_BY_PEOPLE, published_at__isnull=False, committing_at__lte=F("due_at") + ON_TIME)
    # People are slower than the engine: what they post, or finish in an app, is on time until its
    # deadline.
    | Q(_BY_PEOPLE, published_at__lte=F("not_after"))
)


def delivery_figures(period: Period, *, now: datetime) -> dict[str, Any]:
    """Return aggregates over the deliveries that fell due in the period; what was cancelled, or
    stopped before anybody saw it, does not count. Only what is due for longer than the grace can be
    on time or not.
    """
    within = Q(due_at__gte=period.start, due_at__lt=period.end) & _COUNTS
    undecided = Q(_BY_PEOPLE, state__in=HAS_UNTIL_THE_DEADLINE, not_after__gt=now)
    undecided |= Q(~_BY_PEOPLE, state=State.PROCESSING)
    passed = within & Q(due_at__lt=now - ON_TIME) & ~undecided
    return {
        "published": Count("pk", filter=within & Q(published_at__isnull=False)),
        "due": Count("pk", filter=passed),
        "on_time": Count("pk", filter=passed & _WAS_ON_TIME),
        "failed": Count("pk", filter=within & Q(state__in=MISSED)),
        "needs_person": Count("pk", filter=Q(state=State.NEEDS_PERSON)),
    }


def _due(scope: Scope) -> Statement:
    """Sum up what is concluded, as `delivery_figures` does once its hour has passed."""
    rows = Delivery.objects.filter(CONCLUDED_ONES, scope.rows("due_at")).order_by()
    grouped = rows.values("unit_id", day=TruncDate("due_at")).annotate(
        published=Count("pk", filter=_COUNTS & Q(published_at__isnull=False)),
        due=Count("pk", filter=_COUNTS),
        on_time=Count("pk", filter=_COUNTS & _WAS_ON_TIME),
        failed=Count("pk", filter=_COUNTS & Q(state__in=MISSED)),
        last_post=Max("published_at"),
    )
    return statement(grouped)


def _written(scope: Scope) -> Statement:
    rows = Post.objects.written().filter(scope.rows("created_at")).order_by()
    grouped = rows.values("unit_id", day=TruncDate("created_at")).annotate(posts=Count("pk"))
    return statement(grouped)


# --- publications by their day --------------------------------------------------------------------


def post_days(rows: QuerySet[Delivery]) -> QuerySet[Any, Any]:
    """Group publications as `PostDay` does."""
    return (
        rows.filter(published_at__isnull=False)
        .order_by()
        .values(
            "post_id",
            "unit_id",
            campaign_id=F("post__campaign_id"),
            topic_id=F("post__topic_id"),
            kit_id=F("post__adoption__kit_id"),
            day=TruncDate("published_at"),
        )
        .annotate(
            publications=Count("pk"),
            withdrawn=Count("pk", filter=Q(state=State.RECALLED)),
            manual=Count("pk", filter=Q(measurement__source=Source.HAND)),
            highest=Max(FIGURE),
            as_of=Max("measurement__taken_at"),
            **SUMS,
            **MEASURED,
        )
    )


def channel_days(rows: QuerySet[Delivery]) -> QuerySet[Any, Any]:
    """Group publications as `ChannelDay` does."""
    return (
        rows.filter(published_at__isnull=False)
        .order_by()
        .values(
            "channel_id",
            "unit_id",
            "platform",
            campaign_id=F("post__campaign_id"),
            day=TruncDate("published_at"),
        )
        .annotate(publications=Count("pk"), **SUMS)
    )


PAGE_MEASURED = {name: MEASURED[name] for name in ("views_of", "reach_of", "reactions_of")}


def page_days(rows: QuerySet[Delivery]) -> QuerySet[Any, Any]:
    """Group publications as `PageDay` does."""
    return (
        rows.filter(published_at__isnull=False)
        .order_by()
        .values(
            "channel_id",
            "unit_id",
            "platform",
            topic_id=F("post__topic_id"),
            kit_id=F("post__adoption__kit_id"),
            day=TruncDate("published_at"),
        )
        .annotate(publications=Count("pk"), **SUMS, **PAGE_MEASURED)
    )


def _post_days(scope: Scope) -> Statement:
    return statement(post_days(Delivery.objects.filter(scope.rows("published_at"))))


def _page_days(scope: Scope) -> Statement:
    return statement(page_days(Delivery.objects.filter(scope.rows("published_at"))))


def _channel_days(scope: Scope) -> Statement:
    rows = Delivery.objects.filter(scope.rows("published_at"), post__campaign__isnull=False)
    return statement(channel_days(rows))


# --- counts by the day on which they were taken ---------------------------------------------------


def gained(deliveries: QuerySet[Delivery]) -> Statement:
    """Select the gain of each count of ``deliveries``: ``delivery_id``, ``day``, the measures.

    Platforms report totals by post, at times of their own. A count's gain is what it has more than
    the post's count before it, negative where the platform corrected itself; a count without a
    measure repeats the last one known, and gains nothing.
    """
    counts = (
        CountRow.objects.filter(delivery__in=deliveries.order_by().values("pk"))
        .order_by()
        .annotate(day=TruncDate("taken_at"))
        .values("id", "delivery_id", "taken_at", "day", *MEASURES)
    )
    inner, params = statement(counts)
    # The last total known is the one of the latest place: the places are put before the totals, of
    # which the greatest is then the latest.
    latest = ", ".join(
        f"COALESCE({m}, MAX(CASE WHEN {m} IS NOT NULL THEN place * {_ABOVE_ALL} + {m} END) "
        f"OVER so_far %% {_ABOVE_ALL}) AS {m}"
        for m in MEASURES
    )
    gains = ", ".join(f"{m} - COALESCE(LAG({m}) OVER before, 0) AS {m}" for m in MEASURES)
    # Only the names in MEASURES are put into this text; what users gave stands in the parameters.
    sql = (
        f"SELECT delivery_id, day, {gains} FROM ("  # noqa: S608
        f"SELECT delivery_id, place, day, {latest} FROM ("
        f"SELECT counts.*, ROW_NUMBER() OVER "
        f"(PARTITION BY delivery_id ORDER BY taken_at, id) AS place FROM ({inner}) AS counts"
        ") AS placed WINDOW so_far AS "
        "(PARTITION BY delivery_id ORDER BY place ROWS UNBOUNDED PRECEDING)) AS known "
        "WINDOW before AS (PARTITION BY delivery_id ORDER BY place)"
    )
    return sql, params


def counted(scope: Scope) -> QuerySet[Delivery]:
    """Return the deliveries that were counted in the scope."""
    # Their own units first: the rest of it is asked of their deliveries alone.
    counts = CountRow.objects.filter(
        scope.rows("taken_at", "delivery__unit"), delivery=OuterRef("pk")
    )
    rows = Delivery.objects.filter(Exists(counts))
    if isinstance(scope, Pairs | Units):
        rows = rows.filter(unit__in=scope.all_units())
    return rows


def _unit_gains(scope: Scope) -> Statement:
    inner, params = gained(counted(scope))
    where, more = scope.sql("gained.day", "delivery.unit_id")
    return (
        f"SELECT delivery.unit_id AS unit_id, gained.day AS day, {_gains_summed()} "  # noqa: S608
        f"FROM ({inner}) AS gained JOIN publishing_delivery AS delivery "
        f"ON delivery.id = gained.delivery_id WHERE {where} GROUP BY delivery.unit_id, gained.day",
        [*params, *more],
    )


GAINED_ON = ("gained.day", "delivery.unit_id")


def campaign_gains(deliveries: QuerySet[Delivery], on: Statement) -> Statement:
    """Sum up the gains of publications of campaigns as `CampaignGain` does, ``on`` the days that a
    condition of `GAINED_ON` names.
    """
    published = deliveries.filter(post__campaign__isnull=False, published_at__isnull=False)
    inner, params = gained(published)
    of, more = statement(
        published.order_by().values(
            "id",
            "unit_id",
            campaign_id=F("post__campaign_id"),
            published_day=TruncDate("published_at"),
        )
    )
    where, last = on
    keys = "delivery.campaign_id, delivery.unit_id, delivery.published_day, gained.day"
    return (
        "SELECT delivery.campaign_id AS campaign_id, delivery.unit_id AS unit_id, "  # noqa: S608
        "delivery.published_day AS published_day, gained.day AS day, "
        f"{_gains_summed()} FROM ({inner}) AS gained JOIN ({of}) AS delivery "
        f"ON delivery.id = gained.delivery_id WHERE {where} GROUP BY {keys}",
        [*params, *more, *last],
    )


def _campaign_gains(scope: Scope) -> Statement:
    return campaign_gains(counted(scope), scope.sql(*GAINED_ON))


def _gains_summed() -> str:
    return ", ".join(f"SUM(gained.{measure}) AS {measure}" for measure in MEASURES)


def statement(rows: QuerySet[Any, Any]) -> Statement:
    sql, params = rows.query.sql_with_params()
    return sql, list(params)


# --- the summaries --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Summary:
    """A table of sums, and the raw select that makes its rows."""

    model: type[Model]
    kind: Kind
    source: Any  # Callable[[Scope], Statement]; a dataclass would take a function for a method

    @property
    def table(self) -> str:
        return self.model._meta.db_table

    @property
    def columns(self) -> list[str]:
        return [str(f.column) for f in self.model._meta.concrete_fields if not f.primary_key]


DUE_DAYS = Summary(DueDay, Kind.DUE, _due)
WRITTEN_DAYS = Summary(WrittenDay, Kind.WRITTEN, _written)
PAGE_DAYS = Summary(PageDay, Kind.PUBLISHED, _page_days)
SUMMARIES = (
    DUE_DAYS,
    WRITTEN_DAYS,
    Summary(PostDay, Kind.PUBLISHED, _post_days),
    Summary(ChannelDay, Kind.PUBLISHED, _channel_days),
    PAGE_DAYS,
    Summary(UnitGain, Kind.GAINED, _unit_gains),
    Summary(CampaignGain, Kind.GAINED, _campaign_gains),
)
