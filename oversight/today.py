"""The page of today: what a person should know and do, by their positions. Each card is a few rows
and their number.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, partial
from itertools import groupby
from typing import Any

from django.core.cache import cache as shared_cache
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Window
from django.db.models.functions import RowNumber

from accounts.models import Invitation, PendingAppointment, User
from accounts.permissions import Permission
from audit.models import Entry
from campaigns.kits.models import Kit
from campaigns.kits.queries import versions_to_decide as turns_of_kits
from channels.completeness.queries import changes_to_decide
from channels.models import Channel, UnrecognisedPost
from channels.monitoring import forecast
from channels.monitoring.forecast import FAILING, Risk
from channels.monitoring.presenters import RISK_LOOKS, VERDICT_LOOKS
from channels.states import Verdict
from core.periods import Period
from core.scope import Reach
from engagement.dashboards.queries import in_trouble
from engagement.examples.models import Example
from engagement.examples.queries import filter_waiting_for
from engagement.reports import queries as reports
from engagement.rollups.sources import aggregate_due_deliveries
from oversight.matters.queries import turns_of
from oversight.queries import DYING
from posts.context import units_to_write_in
from posts.kits.queries import untouched
from posts.models import Post, Review
from posts.states import PostState
from publishing.broadcasts.presenters import broadcast_status
from publishing.broadcasts.queries import broadcasts_awaiting
from publishing.manual.presenters import time_left
from publishing.manual.queries import manual_tasks
from publishing.models import Delivery, Pauses
from publishing.post_list.queries import unscheduled_posts
from publishing.presenters.delivery import NO_PAUSES, delivery_status
from publishing.review.queries import posts_awaiting_second, posts_to_review
from publishing.states import GOING_OUT, State
from units.models import Unit

SHOWN = 5
UNFINISHED = (PostState.DRAFT, PostState.CHANGES_REQUESTED)
# All who watch over the nation see the same numbers, which one of them has counted for this long.
_NATION_SECONDS = 60
# Where the search costs more than its rows, it counts along.
_OF_ALL = Window(Count("pk"))


@dataclass(frozen=True, slots=True)
class Card:
    rows: list[Any] = field(default_factory=list)
    count: int = 0

    @property
    def more(self) -> int:
        return self.count - len(self.rows)

    def __bool__(self) -> bool:
        return self.count > 0


def cards(user: User, *, now: datetime, pauses: Pauses = NO_PAUSES) -> dict[str, Any]:
    """Return the cards for this person's positions, and no others."""
    lists, units = _lists(user, now=now), units_to_write_in(user)
    of_kits = {f"kits_{unit.pk}": untouched(unit) for unit in units}
    first = _asked_first(user)
    present = _present(user, {**lists, **of_kits, **first})
    found: dict[str, Any] = {
        name: _card(rows) if name in present else Card() for name, rows in lists.items()
    }
    for name in _LONG.keys() & first.keys():
        found[name] = _card(_LONG[name](user)) if name in present else Card()
    trouble = cache(partial(_trouble, now=now))
    if user.reach(Permission.POST_APPROVE):
        found["waiting"] = _card(_waiting(user))
    if user.reach(Permission.POST_WRITE):
        own = _unfinished(user) if "unfinished" in present else {}
        found["returned"] = own.get(PostState.CHANGES_REQUESTED, Card())
        found["kits"] = _kits(
            {unit: of_kits[f"kits_{unit.pk}"] for unit in units if f"kits_{unit.pk}" in present}
        )
        found["drafts"] = own.get(PostState.DRAFT, Card())
    if "unsent_reports" in present:
        found |= _reports(user)
    if reach := user.reach(Permission.POST_VIEW):
        found["troubles"] = _troubles(trouble(tuple(reach)), pauses)
        found |= _scheduled(user, pauses, present, now=now)
    for row in found.get("broadcasts", Card()).rows:
        row.status = broadcast_status(row)
    if user.reach(Permission.CHANNEL_VIEW):
        found["channels"] = _ailing(user, now=now)
    for post in found.get("unrecognised", Card()).rows:
        post.tone, post.symbol = VERDICT_LOOKS[Verdict.OPEN]
    if reach := user.reach(Permission.OVERSIGHT_VIEW):
        found["figures"] = _counted("figures", reach, partial(_figures, reach, now=now))
        found["is_nation"] = _nation(reach) is not None
        found["units"] = Card(**trouble(tuple(reach))["units"])
    if "without_approver" in present:
        found["without_approver"] = _without_approver(user)
    if user.reach(Permission.ACCOUNT_MANAGE):
        found["acts"] = _acts(user)
    return found


def _scheduled(user: User, pauses: Pauses, present: set[str], *, now: datetime) -> dict[str, Card]:
    """Return what is due today, what has no time yet, and what is to be posted by hand."""
    found = {"outgoing": _outgoing(user, pauses)}
    if user.reach(Permission.POST_SCHEDULE):
        found["unscheduled"] = _card(unscheduled_posts(user, now=now))
    if "by_hand" in present:
        found["manual_tasks"] = _manual_tasks(user, now=now)
    return found


def _lists(user: User, *, now: datetime) -> dict[str, QuerySet[Any]]:
    """Return the rows of the cards that most people have nothing on, on most days."""
    lists: dict[str, QuerySet[Any]] = {"kit_turns": turns_of_kits(user)}
    if user.reach(Permission.POST_APPROVE):
        lists["page_changes"] = changes_to_decide(user)
    if user.reach(Permission.POST_WRITE) or user.reach(Permission.OVERSIGHT_VIEW):
        lists["matters"] = turns_of(user)
    if user.reach(Permission.POST_VIEW) and user.reach(Permission.POST_SCHEDULE):
        lists["broadcasts"] = broadcasts_awaiting(user)
    if user.reach(Permission.CHANNEL_MANAGE):
        lists["unrecognised"] = _unrecognised(user)
    if user.reach(Permission.ACCOUNT_MANAGE):
        lists["proposals"] = _proposals(user, now=now)
        lists["invitations"] = _invitations(user, now=now)
    return lists


def _asked_first(user: User) -> dict[str, QuerySet[Any]]:
    """Return what tells by a short question that a long one would find nothing."""
    first: dict[str, QuerySet[Any]] = {
        "unsent_reports": reports.find_unsent(user),
        "examples": filter_waiting_for(user, Example.objects.all()),
    }
    if reach := user.reach(Permission.POST_APPROVE_SECOND):
        first["second"] = Post.objects.within(reach).filter(endorsed_revision__isnull=False)
    if user.reach(Permission.POST_WRITE):
        first["unfinished"] = _posts_unfinished(user)
    if user.reach(Permission.POST_SCHEDULE):
        first["by_hand"] = Delivery.objects.visible_to(user).filter(state=State.MANUAL)
    if user.reach(Permission.ACCOUNT_MANAGE):
        first["without_approver"] = _posts_without_approver(user)
    return first


def _present(user: User, lists: Mapping[str, QuerySet[Any]]) -> set[str]:
    """Return which of the lists have a row. One statement: asked for with all their columns, each
    would be a statement of its own, nine of them for a leader.
    """
    asked = {f"has_{name}": Exists(rows.order_by()) for name, rows in lists.items()}
    row = User.objects.filter(pk=user.pk).values(**asked).get()
    return {name for name in lists if row[f"has_{name}"]}


def _card(rows: QuerySet) -> Card:
    """Build a card. It reads one row more than it shows; only if there is one,
    it counts them all.
    """
    some = list(rows[: SHOWN + 1])
    return Card(some[:SHOWN], rows.count() if len(some) > SHOWN else len(some))


def _waiting(user: User) -> QuerySet[Post]:
    """Return the posts that wait for this person's approval, the longest waiting first; their own
    wait for somebody else.
    """
    return posts_to_review(user)


def _examples(user: User) -> QuerySet[Example]:
    """Return the proposed examples on which the person decides next, the longest waiting first."""
    rows = filter_waiting_for(user, Example.objects.visible_to(user))
    return rows.select_related("unit__parent").order_by("proposed_at", "pk")


# To plan or to write these takes milliseconds: `_asked_first` knows whether there are any.
_LONG: dict[str, Callable[[User], QuerySet[Any]]] = {
    "examples": _examples,
    "second": posts_awaiting_second,
}


def _posts_unfinished(user: User) -> QuerySet[Post]:
    own = Q(author=user) | Q(last_editor=user)
    return Post.objects.visible_to(user).written().filter(own, state__in=UNFINISHED)


def _unfinished(user: User) -> dict[PostState, Card]:
    """Return by state this person's drafts and what was returned to them, the latest first. One
    query.
    """
    reason = Review.objects.filter(
        revision=OuterRef("current_revision"), decision="returned"
    ).order_by("-decided_at")
    latest = Window(RowNumber(), partition_by="state", order_by=F("changed_at").desc())
    rows = (
        _posts_unfinished(user)
        .defer("body", "search")
        .annotate(
            returned_because=Subquery(reason.values("reason")[:1]),
            place=latest,
            in_all=Window(Count("pk"), partition_by="state"),
        )
        .filter(place__lte=SHOWN)
        .order_by("place")
    )
    found = {state: [row for row in rows if row.state == state] for state in UNFINISHED}
    return {state: Card(own, own[0].in_all if own else 0) for state, own in found.items()}


def _reports(user: User) -> dict[str, Card]:
    """Return the reports of the person's units to approve and to write, the earliest day first.
    What is due is drafted by night (`reports.drafts.draft_due`). One query.
    """
    days = {"partition_by": "turn", "order_by": ["due_on", "pk"]}
    rows = (
        reports.find_unsent(user)
        .annotate(
            place=Window(RowNumber(), **days), in_all=Window(Count("pk"), partition_by="turn")
        )
        .filter(place__lte=SHOWN)
        .select_related("unit")
        .order_by("place")
    )
    names = {"reports": "approve", "reports_due": "write"}
    found = {name: [row for row in rows if row.turn == turn] for name, turn in names.items()}
    return {name: Card(own, own[0].in_all if own else 0) for name, own in found.items()}


def _kits(untouched: Mapping[Unit, QuerySet[Kit]]) -> Card:
    """Return the kits, each with the unit, that a unit for which the person writes has neither
    adopted nor declined.
    """
    cards = [(unit, _card(rows)) for unit, rows in untouched.items()]
    rows = [(kit, unit) for unit, card in cards for kit in card.rows]
    return Card(rows[:SHOWN], sum(card.count for _unit, card in cards))


def _counted(name: str, reach: Sequence[Reach], count: Callable[[], Any]) -> Any:
    """Return what ``count`` returns, which is JSON; of the nation what it returned to anybody
    within the last minute.
    """
    nation = _nation(reach)
    if nation is None:
        return count()
    return shared_cache.get_or_set(f"today:{name}:{nation.path}", count, _NATION_SECONDS)


def _nation(reach: Iterable[Reach]) -> Reach | None:
    """Return the part of ``reach`` that is the whole tree."""
    return next((part for part in reach if part.is_nation), None)


def _trouble(reach: Sequence[Reach], *, now: datetime) -> dict[str, Any]:
    """Return what is in trouble within ``reach``: the keys of the newest, how many there are, and
    the card of the units that have the most. Read once for both cards: the search costs more than
    its rows, which are few.
    """

    def count() -> dict[str, Any]:
        rows = in_trouble(Delivery.objects.within(reach), now=now).order_by()
        found = sorted(rows.values_list("due_at", "pk", "unit"), reverse=True)
        units = _units(unit for _due_at, _pk, unit in found)
        return {
            "newest": [pk for _due_at, pk, _unit in found[:SHOWN]],
            "count": len(found),
            "units": units,
        }

    return _counted("trouble", reach, count)


def _troubles(trouble: Mapping[str, Any], pauses: Pauses) -> Card:
    keys = trouble["newest"]
    found = Delivery.objects.select_related("channel", "unit", "post").in_bulk(keys)
    rows: list[Any] = [found[pk] for pk in keys if pk in found]
    for delivery in rows:
        delivery.status = delivery_status(delivery, pauses)
    return Card(rows, trouble["count"])


def _outgoing(user: User, pauses: Pauses) -> Card:
    """Return the posts that are still due today, each with its channels, in the order of their
    times.
    """
    today = Period.last_days(1)
    going = Delivery.objects.visible_to(user).filter(
        state__in=GOING_OUT, due_at__gte=today.start, due_at__lt=today.end
    )
    most = SHOWN * 6
    some = list(going.select_related("unit", "post").order_by("due_at", "post_id", "pk")[:most])
    slots = [
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
        len(slots) if all_read else going.order_by().values("post_id", "due_at").distinct().count()
    )
    return Card(slots[:SHOWN], count)


def _ailing(user: User, *, now: datetime) -> Card:
    """Return the channels that do not publish, or soon will not."""
    reach = user.reach(Permission.CHANNEL_VIEW)

    def count() -> dict[str, Any]:
        seen = Channel.objects.within(reach)
        ailing = forecast.at_risk(seen, now=now, days=DYING.days, risks=FAILING)
        worst = ailing.annotate(of_all=_OF_ALL).order_by("risk", "expires_at", "pk")
        # Counted along with two columns: the sort of so many with all took half of the time.
        found = list(worst.values_list("pk", "risk", "of_all")[:SHOWN])
        return {
            "worst": [(pk, risk) for pk, risk, _n in found],
            "count": max((n for _pk, _risk, n in found), default=0),
        }

    found = _counted("channels", reach, count)
    risks = {pk: Risk(risk) for pk, risk in found["worst"]}
    channels = Channel.objects.select_related("unit").defer("sealed").in_bulk(risks)
    rows: list[Any] = [channels[pk] for pk in risks if pk in channels]
    for channel in rows:
        channel.risk = risks[channel.pk]
        channel.label = channel.risk.label
        channel.tone, channel.symbol = RISK_LOOKS[channel.risk]
    return Card(rows, found["count"])


def _manual_tasks(user: User, *, now: datetime) -> Card:
    """Return what this person may post by hand now."""
    card = _card(manual_tasks(user).postable(now))
    for row in card.rows:
        row.left = time_left(row.manual_deadline, now)
    return card


def _unrecognised(user: User) -> QuerySet[UnrecognisedPost]:
    """Return the posts on the pages that the portal did not make and that
    nobody has assigned yet.
    """
    theirs = Channel.objects.within(user.reach(Permission.CHANNEL_MANAGE))
    posts = UnrecognisedPost.objects.open().filter(channel__in=theirs)
    return posts.select_related("channel__unit").order_by("-published_at", "-pk")


def _figures(reach: Iterable[Reach], *, now: datetime) -> dict[str, Any]:
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


def _units(in_trouble: Iterable[int]) -> dict[str, Any]:
    """Return the units with the most in trouble as a card, of equals the first by name. Only those
    that may be among the shown are read: the nation has a thousand.
    """
    counted = Counter(in_trouble)
    least = min((n for _unit, n in counted.most_common(SHOWN)), default=0)
    most = [unit for unit, n in counted.items() if n >= least]
    names = Unit.objects.filter(pk__among=most).order_by("name")
    units = [
        {"unit__key": key, "unit__name": name, "n": counted[pk]}
        for pk, key, name in names.values_list("pk", "key", "name")
    ]
    units.sort(key=lambda row: -row["n"])
    return {"rows": units[:SHOWN], "count": len(counted)}


def _without_approver(user: User) -> dict[str, Any]:
    """Return the units of which posts wait that nobody there may approve, and how many posts. An
    administrator reads none of them.
    """
    waiting = _posts_without_approver(user)
    units = _card(
        waiting.order_by()
        .values("unit__key", "unit__name")
        .annotate(n=Count("pk"))
        .order_by(F("n").desc(), "unit__name")
    )
    return {"units": units, "posts": waiting.count() if units else 0}


def _posts_without_approver(user: User) -> QuerySet[Post]:
    theirs = Post.objects.within(user.reach(Permission.ACCOUNT_MANAGE))
    return theirs.filter(without_approver_since__isnull=False, state=PostState.IN_REVIEW)


def _proposals(user: User, *, now: datetime) -> QuerySet[PendingAppointment]:
    """Return the appointments that wait for this administrator's confirmation."""
    waiting = (
        PendingAppointment.objects.visible_to(user)
        .waiting(now)
        .exclude(asked_by=user)
        .exclude(user=user)
    )
    return waiting.select_related("user", "unit", "asked_by")


def _invitations(user: User, *, now: datetime) -> QuerySet[Invitation]:
    open_ones = Invitation.objects.filter(
        user__in=User.objects.visible_to(user).values("pk"),
        user__is_active=True,
        used_at__isnull=True,
        withdrawn_at__isnull=True,
    )
    return open_ones.select_related("user").order_by("expires_at")


def _acts(user: User) -> list[Entry]:
    """Return what people lately did to accounts, units and channels, without the portal's own
    actions.
    """
    return list(Entry.objects.visible_to(user).of_administration()[:SHOWN])
