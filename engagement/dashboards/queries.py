"""Sums of residents' engagement with published posts. A sum of nothing
measured is None, never 0.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Aggregate, Count, Exists, F, Max, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from accounts.models import User
from accounts.permissions import Permission
from campaigns.models import Campaign
from channels.models import Channel
from channels.states import by_platform
from core.periods import Period
from engagement.models import MEASURES
from engagement.models import Count as CountRow
from engagement.rollups.queries.campaigns import (
    CampaignPublications,
    find_campaign_publications,
    select_by_channel,
    select_by_post,
    select_daily_gains,
)
from engagement.rollups.queries.figures import SUMS, add_up
from engagement.rollups.queries.pages import compute_rate, select_newest_followers
from engagement.rollups.sources import ON_TIME_WITHIN
from posts.models import Post
from posts.states import PostState
from publishing.models import Delivery, match_paused
from publishing.post_list.queries import group_counts
from publishing.states import (
    CONCLUDED,
    LATE_AFTER_ITS_HOUR,
    MISSED,
    UNDECIDED,
    PostGroup,
    Reason,
    State,
)
from units.models import Unit

# How long a failure is shown that nobody has scheduled again.
_FAILURES_SHOWN_FOR = timedelta(days=14)


def find_published(user: User, campaign: Campaign, period: Period) -> CampaignPublications:
    """Return publications of the campaign within ``period`` that ``user`` may see; also those
    withdrawn since. Their figures are those of the moment, whether summed up yet or not.
    """
    reach = user.reach(Permission.POST_VIEW) if user.is_active else ()
    units = Unit.objects.within(reach).order_by().values("pk")
    return find_campaign_publications(campaign.pk, reach=reach, units=units, period=period)


def sum_totals(deliveries: QuerySet[Delivery]) -> dict[str, Any]:
    posts = select_by_post(deliveries).order_by()
    measured = [f"{measure}_of" for measure in MEASURES]
    sums = {f"sum_{name}": Sum(name) for name in ("publications", "withdrawn", "manual", *measured)}
    total = posts.aggregate(
        last=Max("as_of"),
        posts=Count("post", distinct=True),
        units=Count("unit", distinct=True),
        **{name: Coalesce(sums[name], 0) for name in sums},
        **{f"sum_{measure}": Sum(measure) for measure in MEASURES},
    )
    named = {name.removeprefix("sum_"): value for name, value in total.items()}
    return {**named, "as_of": named.pop("last")}


class _Median(Aggregate):
    """The lower one of two in the middle: what one post had, and no value between two posts."""

    function = "percentile_disc"
    template = "%(function)s(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"


def find_median_reach(deliveries: QuerySet[Delivery]) -> int | None:
    """Return the median of the reach of those posts that have one, over their channels."""
    by_post = select_by_post(deliveries).order_by().values("post")
    median = by_post.annotate(sum_reach=Sum("reach")).aggregate(n=_Median("sum_reach"))["n"]
    return None if median is None else int(median)


def sum_by_platform(deliveries: QuerySet[Delivery]) -> list[dict[str, Any]]:
    """Return the sums of each platform, and how many of its ``channels`` they are of."""
    totals = {f"sum_{name}": Sum(name) for name in SUMS}
    rows = select_by_channel(deliveries).order_by("platform").values("platform")
    counted = rows.annotate(channels=Count("channel", distinct=True), **totals)
    return [{name.removeprefix("sum_"): value for name, value in row.items()} for row in counted]


def sum_by_unit(deliveries: QuerySet[Delivery]) -> list[dict[str, Any]]:
    """Sort the units by views, most first; those where nothing was measured come last."""
    rows: QuerySet[Any, Any] = select_by_post(deliveries).values("unit__key", "unit__name")
    by_views = F("sum_views").desc(nulls_last=True)
    totals = rows.annotate(**{f"sum_{name}": Sum(name) for name in SUMS})
    return [
        {name.removeprefix("sum_"): value for name, value in row.items()}
        for row in totals.order_by(by_views, "-sum_publications", "unit__name")
    ]


def find_reach_rates(
    deliveries: QuerySet[Delivery], units: Iterable[str], *, on: date
) -> dict[str, Decimal | None]:
    """Return by key of a unit what its pages reached for each 1,000 followers that they had on the
    day; pages whose followers are unknown, or that took no part, do not count.
    """
    keys = list(units)
    if not keys:
        return {}
    followers = select_newest_followers(Period(on, on))
    pages = Channel.objects.filter(unit__key__in=keys).annotate(known=followers)
    known = dict(pages.exclude(known=None).order_by().values_list("pk", "known"))
    rows = select_by_channel(deliveries).filter(unit__key__in=keys)
    rates: dict[str, list[tuple[int | None, int]]] = {}
    for key, page, reach in (
        rows.order_by().values_list("unit__key", "channel").annotate(sum_reach=Sum("reach"))
    ):
        if page in known:
            rates.setdefault(key, []).append((reach, known[page]))
    return {
        key: compute_rate(
            sum(reach for reach, _n in pages if reach is not None)
            if any(reach is not None for reach, _n in pages)
            else None,
            sum(n for _reach, n in pages),
        )
        for key, pages in rates.items()
    }


def find_best_posts(deliveries: QuerySet[Delivery], *, most: int = 10) -> list[dict[str, Any]]:
    """Return the posts that were seen most, over all their channels. A post without measured views
    is never among them.
    """
    rows = select_by_post(deliveries).order_by().values("post_id", "unit__name")
    sums = {f"sum_{name}": Sum(name) for name in SUMS}
    order = [F(f"sum_{m}").desc(nulls_last=True) for m in ("views", "reach", "reactions")]
    seen = Q(sum_views__isnull=False) | Q(sum_reach__isnull=False)
    best = list(rows.annotate(**sums).filter(seen).order_by(*order)[:most])
    posts = Post.objects.in_bulk([row["post_id"] for row in best])
    return [
        {
            "post__public_id": posts[row["post_id"]].public_id,
            "post__title": posts[row["post_id"]].title,
            "unit__name": row["unit__name"],
            **{name: row[f"sum_{name}"] for name in SUMS},
        }
        for row in best
    ]


def count_posts_by_group(user: User, campaign: Campaign, *, now: datetime) -> dict[PostGroup, int]:
    """Count the posts of the campaign that ``user`` may see by what became of them, as the tabs of
    the list of posts tell them apart.
    """
    posts = Post.objects.visible_to(user).filter(campaign=campaign)
    numbers = group_counts(posts.exclude(state=PostState.ARCHIVED), now=now).numbers
    return {group: numbers[group] for group in PostGroup if numbers[group]}


def find_in_trouble(deliveries: QuerySet[Delivery], *, now: datetime) -> QuerySet[Delivery]:
    """Return the deliveries that a person should check: undecided, overdue, or failed and not
    scheduled again. Few of all: each kind is found by an index of its own, whatever the history.
    """
    # A pause makes its posts late on purpose; they return for a decision when it is over.
    late = Q(state__in=LATE_AFTER_ITS_HOUR, due_at__lt=now - ON_TIME_WITHIN) & ~(
        Q(state=State.SCHEDULED) & Q(match_paused(now))
    )
    late &= ~Q(
        state=State.MANUAL, manual_deadline__gt=now
    )  # a task has its own deadline, and a list of its own
    # What a platform works on, or is asked about, ends by itself or before a person; but not what
    # waits in its app.
    in_app = Q(state=State.PROCESSING, error_code=Reason.IN_APP, recall__isnull=True)
    undecided = Q(state__in=sorted(UNDECIDED)) & (Q(state=State.NEEDS_PERSON) | in_app)
    missed = Q(
        state__in=sorted(MISSED), due_at__gte=now - _FAILURES_SHOWN_FOR, left_unpublished_at=None
    )
    every = deliveries.order_by()  # each kind within them, so that few units are read alone
    kinds = (
        every.filter(undecided),
        every.exclude(state__in=sorted(CONCLUDED)).filter(late),
        every.filter(missed),
    )
    first, *others = (kind.values("pk") for kind in kinds)
    # Asked of what was found alone. Beside the search, it made PostgreSQL read all deliveries of
    # two weeks by two processes: 42 ms for the nation instead of 17.
    again = Delivery.objects.filter(
        post=OuterRef("post"), channel=OuterRef("channel"), pk__gt=OuterRef("pk")
    )
    lost = Q(post__state=PostState.APPROVED) & ~Exists(again)
    # Of all deliveries: whose scope is asked once more, takes a tenth longer.
    return Delivery.objects.filter(
        ~Q(state__in=sorted(MISSED)) | lost, pk__in=first.union(*others, all=True)
    )


def sum_daily_totals(deliveries: QuerySet[Delivery]) -> list[dict[str, Any]]:
    """Return the total of each measure at the end of each day on which something was measured.

    Platforms report totals by post, at times of their own. Each count becomes its gain over the
    post's count before it (a count without that measure repeats the last one known), gains are
    added by day, and days add up to totals.
    """
    total: dict[str, int | None] = dict.fromkeys(MEASURES)
    days = []
    for gained in add_up(select_daily_gains(deliveries), ("day",), MEASURES):
        for measure in MEASURES:
            if gained[measure] is not None:
                total[measure] = (total[measure] or 0) + gained[measure]
        days.append({"day": gained["day"], **total})
    return days


EXPORT_COLUMNS = (
    *("post__label", "post__title", "unit__name", "platform", "channel__name", "state"),
    *("published_at", "permalink"),
    *(f"measurement__{measure}" for measure in MEASURES),
    *("measurement__taken_at", "measurement__source"),
)


def select_for_export(deliveries: QuerySet[Delivery]) -> QuerySet[Delivery, tuple[Any, ...]]:
    """Return the publications as tuples of `EXPORT_COLUMNS`, in the order of their publication."""
    return deliveries.order_by("published_at", "pk").values_list(*EXPORT_COLUMNS)


def find_counts(post: Post) -> list[dict[str, Any]]:
    """Return the post's publications by channel, each with its counts, the newest first."""
    deliveries = list(
        post.deliveries.filter(published_at__isnull=False)
        .select_related("channel", "measurement", "unit")
        .order_by(by_platform(), "published_at", "pk")
    )
    by_delivery: dict[int, list[CountRow]] = {delivery.pk: [] for delivery in deliveries}
    for count in CountRow.objects.filter(delivery__in=deliveries).order_by("-taken_at"):
        by_delivery[count.delivery_id].append(count)
    return [{"delivery": delivery, "counts": by_delivery[delivery.pk]} for delivery in deliveries]
