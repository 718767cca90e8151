"""The raw figures that summaries are made of: one definition for the summaries, for what is read
live beside them, and for the proof that both are equal.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, F, Max, Model, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import Coalesce, TruncDate

from core.periods import Period
from engagement.models import MEASURES, Source
from engagement.models import Count as CountRow
from engagement.rollups.days import DayFilter, UnitDays, UnitsSince
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
from engagement.rollups.sql import Statement, compile_queryset, list_columns
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

# A post is on time when residents could see it within this long of its due time.
ON_TIME_WITHIN = timedelta(seconds=60)
IS_CONCLUDED = Q(state__in=sorted(CONCLUDED))
# What publications are ranked by: not every platform tells the reach.
RANKING_FIGURE = Coalesce("measurement__reach", "measurement__views")
MEASURE_SUMS = {measure: Sum(f"measurement__{measure}") for measure in MEASURES}
# How many publications a sum speaks of: some platforms have no such figure, some have not told yet.
MEASURED_COUNTS = {f"{measure}_of": Count(f"measurement__{measure}") for measure in MEASURES}
# More than any total: the place of a count is put before its total, see `select_gains`.
_ABOVE_ANY_TOTAL = 10**15


def make_marked_condition(kind: Kind, day: str, unit: str) -> Statement:
    """Return the condition of columns that the day of the unit is marked."""
    return (
        f"EXISTS (SELECT 1 FROM {ChangedDay._meta.db_table} AS mark "  # noqa: S608
        f"WHERE mark.kind = %s AND mark.unit_id = {unit} AND mark.day = {day})",
        [kind.value],
    )


# --- deliveries by the day on which they fell due -------------------------------------------------

_TAKEN_DOWN_UNSEEN = Q(state__in=TAKEN_DOWN, published_at__isnull=True)
# What was cancelled, or stopped before anybody saw it, does not count.
_IS_COUNTED = ~Q(state=State.CANCELLED) & ~_TAKEN_DOWN_UNSEEN
_IS_MANUAL = (
    Q(state=State.MANUAL) | Q(receipt_source=ReceiptSource.POSTED) | Q(error_code=Reason.IN_APP)
)
_WAS_ON_TIME = (
    Q(published_at__lte=F("due_at") + ON_TIME_WITHIN)
    # How long a platform works on what it took in time is not up to the unit.
    | Q(~_IS_MANUAL, published_at__isnull=False, committing_at__lte=F("due_at") + ON_TIME_WITHIN)
    # People are slower than the engine: what they post, or finish in an app, is on time until its
    # deadline.
    | Q(_IS_MANUAL, published_at__lte=F("not_after"))
)


def aggregate_due_deliveries(period: Period, *, now: datetime) -> dict[str, Any]:
    """Return aggregates over the deliveries that fell due in the period; what was cancelled, or
    stopped before anybody saw it, does not count. Only what is due for longer than the grace can be
    on time or not.
    """
    within = Q(due_at__gte=period.start, due_at__lt=period.end) & _IS_COUNTED
    undecided = Q(_IS_MANUAL, state__in=HAS_UNTIL_THE_DEADLINE, not_after__gt=now)
    undecided |= Q(~_IS_MANUAL, state=State.PROCESSING)
    passed = within & Q(due_at__lt=now - ON_TIME_WITHIN) & ~undecided
    return {
        "published": Count("pk", filter=within & Q(published_at__isnull=False)),
        "due": Count("pk", filter=passed),
        "on_time": Count("pk", filter=passed & _WAS_ON_TIME),
        "failed": Count("pk", filter=within & Q(state__in=MISSED)),
        "needs_person": Count("pk", filter=Q(state=State.NEEDS_PERSON)),
    }


def _select_due_days(days: DayFilter) -> Statement:
    """Sum up what is concluded, as `aggregate_due_deliveries` does once its hour has passed."""
    rows = Delivery.objects.filter(IS_CONCLUDED, days.as_q("due_at")).order_by()
    grouped = rows.values("unit_id", day=TruncDate("due_at")).annotate(
        published=Count("pk", filter=_IS_COUNTED & Q(published_at__isnull=False)),
        due=Count("pk", filter=_IS_COUNTED),
        on_time=Count("pk", filter=_IS_COUNTED & _WAS_ON_TIME),
        failed=Count("pk", filter=_IS_COUNTED & Q(state__in=MISSED)),
        last_post=Max("published_at"),
    )
    return compile_queryset(grouped)


def _select_written_days(days: DayFilter) -> Statement:
    rows = Post.objects.written().filter(days.as_q("created_at")).order_by()
    grouped = rows.values("unit_id", day=TruncDate("created_at")).annotate(posts=Count("pk"))
    return compile_queryset(grouped)


# --- publications by their day --------------------------------------------------------------------


def group_by_post(rows: QuerySet[Delivery]) -> QuerySet[Any, Any]:
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
            highest=Max(RANKING_FIGURE),
            as_of=Max("measurement__taken_at"),
            **MEASURE_SUMS,
            **MEASURED_COUNTS,
        )
    )


def group_by_channel(rows: QuerySet[Delivery]) -> QuerySet[Any, Any]:
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
        .annotate(publications=Count("pk"), **MEASURE_SUMS)
    )


PAGE_MEASURED_COUNTS = {
    name: MEASURED_COUNTS[name] for name in ("views_of", "reach_of", "reactions_of")
}


def group_by_page(rows: QuerySet[Delivery]) -> QuerySet[Any, Any]:
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
        .annotate(publications=Count("pk"), **MEASURE_SUMS, **PAGE_MEASURED_COUNTS)
    )


def _select_post_days(days: DayFilter) -> Statement:
    return compile_queryset(group_by_post(Delivery.objects.filter(days.as_q("published_at"))))


def _select_page_days(days: DayFilter) -> Statement:
    return compile_queryset(group_by_page(Delivery.objects.filter(days.as_q("published_at"))))


def _select_channel_days(days: DayFilter) -> Statement:
    rows = Delivery.objects.filter(days.as_q("published_at"), post__campaign__isnull=False)
    return compile_queryset(group_by_channel(rows))


# --- counts by the day on which they were taken ---------------------------------------------------


def select_gains(deliveries: QuerySet[Delivery]) -> Statement:
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
    inner, params = compile_queryset(counts)
    # The last total known is the one of the latest place: the places are put before the totals, of
    # which the greatest is then the latest.
    latest = ", ".join(
        f"COALESCE({m}, MAX(CASE WHEN {m} IS NOT NULL THEN place * {_ABOVE_ANY_TOTAL} + {m} END) "
        f"OVER so_far %% {_ABOVE_ANY_TOTAL}) AS {m}"
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


def _find_counted(days: DayFilter) -> QuerySet[Delivery]:
    """Return the deliveries that were counted in the scope."""
    # Their own units first: the rest of it is asked of their deliveries alone.
    counts = CountRow.objects.filter(
        days.as_q("taken_at", "delivery__unit"), delivery=OuterRef("pk")
    )
    rows = Delivery.objects.filter(Exists(counts))
    if isinstance(days, UnitDays | UnitsSince):
        rows = rows.filter(unit__in=days.unit_ids)
    return rows


def _select_unit_gains(days: DayFilter) -> Statement:
    inner, params = select_gains(_find_counted(days))
    where, more = days.as_sql("gained.day", "delivery.unit_id")
    return (
        f"SELECT delivery.unit_id AS unit_id, gained.day AS day, {_format_gain_sums()} "  # noqa: S608
        f"FROM ({inner}) AS gained JOIN publishing_delivery AS delivery "
        f"ON delivery.id = gained.delivery_id WHERE {where} GROUP BY delivery.unit_id, gained.day",
        [*params, *more],
    )


GAIN_COLUMNS = ("gained.day", "delivery.unit_id")


def select_campaign_gains(deliveries: QuerySet[Delivery], on: Statement) -> Statement:
    """Sum up the gains of publications of campaigns as `CampaignGain` does, ``on`` the days that a
    condition of `GAIN_COLUMNS` names.
    """
    published = deliveries.filter(post__campaign__isnull=False, published_at__isnull=False)
    inner, params = select_gains(published)
    of, more = compile_queryset(
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
        f"{_format_gain_sums()} FROM ({inner}) AS gained JOIN ({of}) AS delivery "
        f"ON delivery.id = gained.delivery_id WHERE {where} GROUP BY {keys}",
        [*params, *more, *last],
    )


def _select_campaign_gains(days: DayFilter) -> Statement:
    return select_campaign_gains(_find_counted(days), days.as_sql(*GAIN_COLUMNS))


def _format_gain_sums() -> str:
    return ", ".join(f"SUM(gained.{measure}) AS {measure}" for measure in MEASURES)


# --- the summaries --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Summary:
    """A table of sums, and the raw select that makes its rows."""

    model: type[Model]
    kind: Kind
    select: Any  # Callable[[DayFilter], Statement]; a dataclass would take a function for a method

    @property
    def table(self) -> str:
        return self.model._meta.db_table

    @property
    def columns(self) -> list[str]:
        return list_columns(self.model)


DUE_DAYS = Summary(DueDay, Kind.DUE, _select_due_days)
WRITTEN_DAYS = Summary(WrittenDay, Kind.WRITTEN, _select_written_days)
PAGE_DAYS = Summary(PageDay, Kind.PUBLISHED, _select_page_days)
SUMMARIES = (
    DUE_DAYS,
    WRITTEN_DAYS,
    Summary(PostDay, Kind.PUBLISHED, _select_post_days),
    Summary(ChannelDay, Kind.PUBLISHED, _select_channel_days),
    PAGE_DAYS,
    Summary(UnitGain, Kind.GAINED, _select_unit_gains),
    Summary(CampaignGain, Kind.GAINED, _select_campaign_gains),
)
