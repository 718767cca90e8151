"""Sums of residents' engagement with published posts. A sum of nothing
measured is None, never 0.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

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
from engagement.rollups.queries.pages import compute_rate, select_followers
from engagement.rollups.sources import ON_TIME_WITHIN
from engagement.rollups.sql import fetch_rows, to_int_or_none
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
_SUMS = ", ".join(f"SUM({measure})" for measure in MEASURES)


def find_published(user: User, campaign: Campaign, period: Period) -> CampaignPublications:
    """Return publications of the campaign within ``period`` that ``user`` may see; also those
    withdrawn since. Their figures are those of the moment, whether summed up yet or not.
    """
    reach = user.reach(Permission.POST_VIEW) if user.is_active else ()
    units = Unit.objects.within(reach).order_by().values("pk")
    return find_campaign_publications(campaign.pk, reach=reach, units=units, period=period)


def sum_totals(deliveries: QuerySet[Delivery]) -> dict[str, Any]:
    posts, params = select_by_post(deliveries)
    channels, more = select_by_channel(deliveries)
    measured = ", ".join(f"SUM({measure}_of)" for measure in MEASURES)
    sql = (
        "SELECT MAX(as_of), COALESCE(SUM(publications), 0), COUNT(DISTINCT post_id), "  # noqa: S608
        f"(SELECT COUNT(DISTINCT channel_id) FROM ({channels}) AS by_channel), "
        "COUNT(DISTINCT unit_id), COALESCE(SUM(withdrawn), 0), COALESCE(SUM(manual), 0), "
        f"{_SUMS}, {measured} FROM ({posts}) AS by_post"
    )
    counted = ("publications", "posts", "channels", "units", "withdrawn", "manual")
    ((as_of, *sums),) = fetch_rows(sql, [*more, *params])
    names = (*counted, *MEASURES, *(f"{measure}_of" for measure in MEASURES))
    found = dict(zip(names, map(to_int_or_none, sums), strict=True))
    of = {f"{measure}_of": found[f"{measure}_of"] or 0 for measure in MEASURES}
    return {**found, **of, "as_of": as_of}


def sum_by_platform(deliveries: QuerySet[Delivery]) -> list[Mapping[str, Any]]:
    channels, params = select_by_channel(deliveries)
    sql = (
        f"SELECT platform, SUM(publications), {_SUMS} FROM ({channels}) AS by_channel "  # noqa: S608
        "GROUP BY platform ORDER BY platform"
    )
    return _name_columns(fetch_rows(sql, params), "platform")


def sum_by_unit(deliveries: QuerySet[Delivery]) -> list[Mapping[str, Any]]:
    """Sort the units by views, most first; those where nothing was measured come last."""
    posts, params = select_by_post(deliveries)
    sql = (
        f"SELECT unit.key, unit.name, SUM(publications) AS publications, {_SUMS} "  # noqa: S608
        f"FROM ({posts}) AS by_post JOIN units_unit AS unit ON unit.id = by_post.unit_id "
        "GROUP BY unit.id, unit.key, unit.name "
        "ORDER BY SUM(views) DESC NULLS LAST, SUM(publications) DESC, unit.name"
    )
    return _name_columns(fetch_rows(sql, params), "unit__key", "unit__name")


def find_reach_rates(
    deliveries: QuerySet[Delivery], units: Iterable[str], *, on: date
) -> dict[str, Decimal | None]:
    """Return by key of a unit what its pages reached for each 1,000 followers that they had on the
    day; pages whose followers are unknown, or that took no part, do not count.
    """
    keys = list(units)
    if not keys:
        return {}
    channels, params = select_by_channel(deliveries)
    pages = Channel.objects.filter(unit__key__in=keys).order_by()
    newest, more = select_followers(pages, on)
    sql = (
        "SELECT unit.key, SUM(page.reach), SUM(newest.followers) FROM ("  # noqa: S608
        f"SELECT channel_id, unit_id, SUM(reach) AS reach FROM ({channels}) AS by_channel "
        f"GROUP BY channel_id, unit_id) AS page JOIN ({newest}) AS newest "
        "ON newest.channel_id = page.channel_id AND newest.place = 1 "
        "JOIN units_unit AS unit ON unit.id = page.unit_id GROUP BY unit.key"
    )
    return {
        key: compute_rate(*map(to_int_or_none, sums))
        for key, *sums in fetch_rows(sql, [*params, *more])
    }


def find_best_posts(deliveries: QuerySet[Delivery], *, most: int = 10) -> list[Mapping[str, Any]]:
    """Return the posts that were seen most, over all their channels. A post without measured views
    is never among them.
    """
    posts, params = select_by_post(deliveries)
    sql = (
        f"SELECT post.public_id, post.title, unit.name, best.* FROM ("  # noqa: S608
        f"SELECT SUM(publications), {', '.join(f'SUM({m}) AS {m}' for m in MEASURES)}, "
        f"post_id, unit_id FROM ({posts}) AS by_post GROUP BY post_id, unit_id "
        f"HAVING SUM(views) IS NOT NULL OR SUM(reach) IS NOT NULL "
        f"ORDER BY {_ORDER.format('SUM(views)', 'SUM(reach)', 'SUM(reactions)')} LIMIT {most:d}"
        ") AS best JOIN posts_post AS post ON post.id = best.post_id "
        "JOIN units_unit AS unit ON unit.id = best.unit_id "
        f"ORDER BY {_ORDER.format('views', 'reach', 'reactions')}"
    )
    rows = [(UUID(str(row[0])), *row[1:-2]) for row in fetch_rows(sql, params)]
    return _name_columns(rows, "post__public_id", "post__title", "unit__name")


_ORDER = "{} DESC NULLS LAST, {} DESC NULLS LAST, {} DESC NULLS LAST"


def _name_columns(rows: Iterable[tuple[Any, ...]], *keys: str) -> list[Mapping[str, Any]]:
    """Name the columns of rows that are ``keys``, publications, and the measures."""
    names = (*keys, "publications", *MEASURES)
    return [
        dict(zip(names, (*row[: len(keys)], *map(to_int_or_none, row[len(keys) :])), strict=True))
        for row in rows
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
    gains, params = select_daily_gains(deliveries)
    sql = f"SELECT day, {_SUMS} FROM ({gains}) AS gained GROUP BY day ORDER BY day"  # noqa: S608
    return _add_up_by_day(fetch_rows(sql, params))


def _add_up_by_day(rows: Iterable[tuple[Any, ...]]) -> list[dict[str, Any]]:
    total: dict[str, int | None] = dict.fromkeys(MEASURES)
    days = []
    for day, *gained in rows:
        for measure, gain in zip(MEASURES, gained, strict=True):
            if gain is not None:
                total[measure] = (total[measure] or 0) + int(gain)
        days.append(
            {
                "day": day,
                **total,
            }
        )
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
    shown = list(
        post.deliveries.filter(published_at__isnull=False)
        .select_related("channel", "measurement", "unit")
        .order_by(by_platform(), "published_at", "pk")
    )
    by_delivery: dict[int, list[CountRow]] = {delivery.pk: [] for delivery in shown}
    for count in CountRow.objects.filter(delivery__in=shown).order_by("-taken_at"):
        by_delivery[count.delivery_id].append(count)
    return [{"delivery": delivery, "counts": by_delivery[delivery.pk]} for delivery in shown]
