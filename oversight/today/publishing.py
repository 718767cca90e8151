"""Cards of what is published: what goes out, what is in trouble, the channels that fail."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from itertools import groupby
from typing import Any

from django.core.cache import cache
from django.db.models import Count, Q, QuerySet, Window
from django.db.models.functions import Least

from accounts.models import User
from accounts.permissions import Permission
from channels.models import Channel, UnrecognisedPost
from channels.monitoring import forecast
from channels.monitoring.forecast import FAILING, Risk
from channels.monitoring.presenters import RISK_LOOKS
from core.periods import Period
from core.scope import Reach
from engagement.dashboards.queries import find_in_trouble
from engagement.rollups.sources import aggregate_due_deliveries
from oversight.queries import DYING
from oversight.today.card import SHOWN, Card, make_card
from publishing.manual.queries import manual_tasks
from publishing.models import Delivery, Pauses
from publishing.presenters.delivery import delivery_status
from publishing.presenters.text import time_left
from publishing.states import GOING_OUT, State
from units.models import Unit

# All who watch over the nation see the same numbers, which one of them has counted for this long.
_NATION_SECONDS = 60
# Where the search costs more than its rows, it counts along.
_OF_ALL = Window(Count("pk"))


def find_trouble(reach: Sequence[Reach], *, now: datetime) -> dict[str, Any]:
    """Return what is in trouble within ``reach``: the keys of the newest, how many there are, and
    the card of the units that have the most. Read once for both cards: the search costs more than
    its rows, which are few.
    """

    def count() -> dict[str, Any]:
        rows = find_in_trouble(Delivery.objects.within(reach), now=now).order_by()
        troubles = sorted(rows.values_list("due_at", "pk", "unit"), reverse=True)
        units = _find_units_with_most(unit for _due_at, _pk, unit in troubles)
        return {
            "newest": [pk for _due_at, pk, _unit in troubles[:SHOWN]],
            "count": len(troubles),
            "units": units,
        }

    return _count_once_for_nation("trouble", reach, count)


def make_trouble_card(trouble: Mapping[str, Any], pauses: Pauses) -> Card:
    """Return the newest of what `find_trouble` found."""
    keys = trouble["newest"]
    deliveries = Delivery.objects.select_related("channel", "unit", "post").in_bulk(keys)
    rows: list[Any] = [deliveries[pk] for pk in keys if pk in deliveries]
    for delivery in rows:
        delivery.status = delivery_status(delivery, pauses)
    return Card(rows, trouble["count"])


def _find_units_with_most(in_trouble: Iterable[int]) -> dict[str, Any]:
    """Return the units with the most in trouble as a card, of equals the first by name. Only those
    that may be among the shown are read: the nation has a thousand.
    """
    counted = Counter(in_trouble)
    least = min((n for _unit, n in counted.most_common(SHOWN)), default=0)
    most = [unit for unit, n in counted.items() if n >= least]
    names = Unit.objects.filter(pk__among=most).order_by("search")
    units = [
        {"unit__key": key, "unit__name": name, "n": counted[pk]}
        for pk, key, name in names.values_list("pk", "key", "name")
    ]
    units.sort(key=lambda row: -row["n"])
    return {"rows": units[:SHOWN], "count": len(counted)}


def make_outgoing_card(user: User, pauses: Pauses) -> Card:
    """Return the posts that are still due today, each with its channels, in the order of their
    times. What may have been published already is looked up: it is due no more.
    """
    today = Period.last_days(1)
    going = Delivery.objects.visible_to(user).filter(
        state__in=GOING_OUT - {State.VERIFYING}, due_at__gte=today.start, due_at__lt=today.end
    )
    most = SHOWN * 6
    some = list(going.select_related("unit", "post").order_by("due_at", "post_id", "pk")[:most])
    posts = [
        {
            "due_at": due_at,
            "post": channels[0].post,
            "unit": channels[0].unit,
            "deliveries": channels,
            "paused": any(pauses.over(delivery) for delivery in channels),
        }
        for (due_at, _post), group in groupby(some, key=lambda d: (d.due_at, d.post_id))
        if (channels := list(group))
    ]
    all_read = len(some) < most
    count = (
        len(posts) if all_read else going.order_by().values("post_id", "due_at").distinct().count()
    )
    return Card(posts[:SHOWN], count)


def make_manual_task_card(user: User, *, now: datetime) -> Card:
    """Return what this person may post by hand now."""
    card = make_card(manual_tasks(user).manual_due(now))
    for row in card.rows:
        row.left = time_left(row.manual_deadline, now)
    return card


def find_unrecognised_posts(user: User) -> QuerySet[UnrecognisedPost]:
    """Return the posts on the pages that the portal did not make and nobody has assigned yet."""
    theirs = Channel.objects.within(user.reach(Permission.CHANNEL_MANAGE))
    posts = UnrecognisedPost.objects.open().filter(channel__in=theirs)
    return posts.select_related("channel__unit").order_by("-published_at", "-pk")


def make_failing_channel_card(user: User, *, now: datetime) -> Card:
    """Return the channels that do not publish, or soon will not, the worst first."""
    reach = user.reach(Permission.CHANNEL_VIEW)

    def count() -> dict[str, Any]:
        seen = Channel.objects.within(reach)
        ailing = forecast.find_at_risk(seen, now=now, days=DYING.days, risks=FAILING)
        first = Least("expires_at", "package_ends_at")
        worst = ailing.annotate(of_all=_OF_ALL).order_by("risk", first, "pk")
        # Counted along with two columns: the sort of so many with all took half of the time.
        failing = list(worst.values_list("pk", "risk", "of_all")[:SHOWN])
        return {
            "worst": [(pk, risk) for pk, risk, _n in failing],
            "count": max((n for _pk, _risk, n in failing), default=0),
        }

    failing = _count_once_for_nation("channels", reach, count)
    risks = {pk: Risk(risk) for pk, risk in failing["worst"]}
    channels = Channel.objects.select_related("unit").defer("sealed").in_bulk(risks)
    rows: list[Any] = [channels[pk] for pk in risks if pk in channels]
    for channel in rows:
        channel.risk = risks[channel.pk]
        channel.label = channel.risk.label
        channel.tone, channel.symbol = RISK_LOOKS[channel.risk]
    return Card(rows, failing["count"])


def sum_today(reach: Sequence[Reach], *, now: datetime) -> dict[str, Any]:
    """Return the sums of what was due today within ``reach``, and how many units published."""
    return _count_once_for_nation("figures", reach, partial(_sum_today, reach, now=now))


def _sum_today(reach: Iterable[Reach], *, now: datetime) -> dict[str, Any]:
    watched, today = Delivery.objects.within(reach), Period.last_days(1)
    of_today = watched.filter(due_at__gte=today.start, due_at__lt=today.end).order_by()
    figures = of_today.aggregate(
        **aggregate_due_deliveries(today, now=now),
        waiting=Count("pk", filter=Q(state=State.SCHEDULED)),
        units=Count("unit", distinct=True, filter=Q(published_at__isnull=False)),
    )
    return {
        **figures,
        "on_time_share": figures["on_time"] / figures["due"] if figures["due"] else None,
    }


def _count_once_for_nation(name: str, reach: Sequence[Reach], count: Callable[[], Any]) -> Any:
    """Return what ``count`` returns, which is JSON; of the nation what it returned to anybody
    within the last minute.
    """
    nation = find_nation(reach)
    if nation is None:
        return count()
    return cache.get_or_set(f"today:{name}:{nation.path}", count, _NATION_SECONDS)


def find_nation(reach: Iterable[Reach]) -> Reach | None:
    """Return the part of ``reach`` that is the whole tree."""
    return next((part for part in reach if part.is_nation), None)
