"""Sums of residents' engagement with published posts. A sum of nothing
measured is None, never 0.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Count, Exists, F, Max, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import TruncDate

from accounts.models import User
from campaigns.models import Campaign
from core.periods import Period
from engagement.models import MEASURES, Source
from engagement.models import Count as CountRow
from posts.models import Post
from posts.states import PostState
from publishing.models import Delivery, paused
from publishing.states import LATE_AFTER_ITS_HOUR, MISSED, Reason, State

# A post is on time when residents could see it within this long of its due time.
ON_TIME = timedelta(seconds=60)
# How long a failure is shown that nobody has scheduled again.
_REMEMBERED = timedelta(days=14)
_SUMS = {measure: Sum(f"measurement__{measure}") for measure in MEASURES}
# How many publications a sum speaks of: some platforms have no such figure, some have not told yet.
_MEASURED = {f"{measure}_of": Count(f"measurement__{measure}") for measure in MEASURES}


def published(user: User, campaign: Campaign, period: Period) -> QuerySet[Delivery]:
    """Return publications of the campaign within ``period`` that ``user`` may see; also those
    withdrawn since.
    """
    return Delivery.objects.visible_to(user).filter(
        post__campaign=campaign, published_at__gte=period.start, published_at__lt=period.end
    )


def totals(deliveries: QuerySet[Delivery]) -> dict[str, Any]:
    return deliveries.order_by().aggregate(
        publications=Count("pk"),
        posts=Count("post", distinct=True),
        channels=Count("channel", distinct=True),
        units=Count("unit", distinct=True),
        withdrawn=Count("pk", filter=Q(state=State.RECALLED)),
        as_of=Max("measurement__taken_at"),
        manual=Count("pk", filter=Q(measurement__source=Source.HAND)),
        **_SUMS,
        **_MEASURED,
    )


def by_platform(deliveries: QuerySet[Delivery]) -> list[Mapping[str, Any]]:
    return list(
        deliveries.order_by("platform")
        .values("platform")
        .annotate(publications=Count("pk"), **_SUMS)
    )


def by_unit(deliveries: QuerySet[Delivery]) -> list[Mapping[str, Any]]:
    """Sort the units by views, most first; those where nothing was measured come last."""
    grouped = (
        deliveries.order_by()
        .values("unit__key", "unit__name")
        .annotate(publications=Count("pk"), **_SUMS)
    )
    return list(grouped.order_by(F("views").desc(nulls_last=True), "-publications", "unit__name"))


def best_posts(deliveries: QuerySet[Delivery], *, most: int = 10) -> list[Mapping[str, Any]]:
    """Return the posts that were seen most, over all their channels. A post without measured views
    is never among them.
    """
    grouped = deliveries.order_by().values("post__public_id", "post__title", "unit__name")
    ranked = grouped.annotate(publications=Count("pk"), **_SUMS).filter(
        Q(views__isnull=False) | Q(reach__isnull=False)
    )
    return list(
        ranked.order_by(
            F("views").desc(nulls_last=True),
            F("reach").desc(nulls_last=True),
            F("reactions").desc(nulls_last=True),
        )[:most]
    )


def posts_by_state(user: User, campaign: Campaign) -> dict[str, int]:
    """Count all posts of the campaign that ``user`` may see, in the order of their states."""
    found = Post.objects.visible_to(user).filter(campaign=campaign).order_by().values_list("state")
    counted = dict(found.annotate(n=Count("pk")))
    return {state: counted[state] for state in PostState.values if state in counted}


def in_trouble(deliveries: QuerySet[Delivery], *, now: datetime) -> QuerySet[Delivery]:
    """Return the deliveries that a person should check: undecided, overdue, or failed and not
    scheduled again.
    """
    again = Delivery.objects.filter(
        post=OuterRef("post"), channel=OuterRef("channel"), pk__gt=OuterRef("pk")
    )
    lost = Q(state__in=MISSED, due_at__gte=now - _REMEMBERED, post__state=PostState.APPROVED)
    lost &= Q(left_unpublished_at=None)
    # A pause makes its posts late on purpose; they return for a decision when it is over.
    overdue = Q(state__in=LATE_AFTER_ITS_HOUR, due_at__lt=now - ON_TIME) & ~(
        Q(state=State.SCHEDULED) & Q(paused(now))
    )
    overdue &= ~Q(
        state=State.MANUAL, manual_deadline__gt=now
    )  # a task has its own deadline, and a list of its own
    # What a platform works on, or is asked about, ends by itself or before a person; but not what
    # waits in its app.
    in_app = Q(state=State.PROCESSING, error_code=Reason.IN_APP, recall__isnull=True)
    return deliveries.filter(
        Q(state=State.NEEDS_PERSON) | in_app | overdue | (lost & ~Exists(again))
    )


def daily(deliveries: QuerySet[Delivery]) -> list[dict[str, Any]]:
    """Return the total of each measure at the end of each day on which something was measured.

    Platforms report totals by post, at times of their own. Each count becomes its gain over the
    post's count before it (a count without that measure repeats the last one known), gains are
    added by day, and days add up to totals.
    """
    counts = (
        CountRow.objects.filter(delivery__in=deliveries.order_by().values("pk"))
        .order_by()
        .annotate(day=TruncDate("taken_at"))
        .values("delivery_id", "taken_at", "day", *MEASURES)
    )
    inner, params = counts.query.sql_with_params()
    known = ", ".join(f"COALESCE({m}, MAX({m}) OVER so_far) AS {m}" for m in MEASURES)
    gains = ", ".join(f"{m} - COALESCE(LAG({m}) OVER before, 0) AS {m}" for m in MEASURES)
    sums = ", ".join(f"SUM({m}) AS {m}" for m in MEASURES)
    # Only the names in MEASURES are put into this text; what users gave stands in the parameters.
    sql = (
        f"SELECT day, {sums} FROM ("  # noqa: S608
        f"SELECT day, {gains} FROM ("
        f"SELECT delivery_id, taken_at, day, {known} FROM ({inner}) AS counts "
        "WINDOW so_far AS (PARTITION BY delivery_id ORDER BY taken_at ROWS UNBOUNDED PRECEDING)) "
        "AS known WINDOW before AS (PARTITION BY delivery_id ORDER BY taken_at)) AS gained GROUP "
        "BY day ORDER BY day"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        rows = cursor.fetchall()
    return _running(rows)


def _running(rows: Iterable[tuple[Any, ...]]) -> list[dict[str, Any]]:
    total: dict[str, int | None] = dict.fromkeys(MEASURES)
    days = []
    for day, *gained in rows:
        for measure, gain in zip(MEASURES, gained, strict=True):
            if gain is not None:
                total[measure] = (total[measure] or 0) + int(gain)
        days.append(
            {
                "day": day if not isinstance(day, str) else datetime.fromisoformat(day).date(),
                **total,
            }
        )
    return days


def rows_for_export(deliveries: QuerySet[Delivery]) -> QuerySet[Delivery]:
    return deliveries.select_related("post", "unit", "channel", "measurement").order_by(
        "published_at", "pk"
    )


def counts_of(post: Post) -> list[dict[str, Any]]:
    """Return the post's publications by channel, each with its counts, the newest first."""
    shown = list(
        post.deliveries.filter(published_at__isnull=False)
        .select_related("channel", "measurement", "unit")
        .order_by("platform", "published_at", "pk")
    )
    by_delivery: dict[int, list[CountRow]] = {delivery.pk: [] for delivery in shown}
    for count in CountRow.objects.filter(delivery__in=shown).order_by("-taken_at"):
        by_delivery[count.delivery_id].append(count)
    return [{"delivery": delivery, "counts": by_delivery[delivery.pk]} for delivery in shown]
