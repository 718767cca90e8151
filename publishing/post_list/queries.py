"""Queries for posts by what became of their deliveries."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from django.db import connection
from django.db.models import (
    BooleanField,
    Case,
    Count,
    Exists,
    F,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.expressions import RawSQL
from django.utils import timezone

from accounts.models import User
from accounts.permissions import Permission
from channels.states import Health, Lifecycle
from posts.models import Post
from posts.states import EDITABLE, PostState
from publishing.models import Delivery
from publishing.states import (
    ENDED,
    MAY_BE_IN_TROUBLE,
    MISSED,
    OPEN,
    PostGroup,
    Reason,
    State,
)
from units.models import Unit

# What the list of posts may be sorted by, and the columns behind it.
SORTS: dict[str, tuple[str, ...]] = {
    "-changed": ("-changed_at", "-pk"),
    "changed": ("changed_at", "pk"),
    "title": ("title", "pk"),
    "-title": ("-title", "-pk"),
    "state": ("state", "-changed_at", "-pk"),
}
# Nobody works through more in a list; above it a tab says only that there are more.
MOST_COUNTED = 1000
# More of them are counted by a request of their own, while their newest are read already.
COUNTED_AT_ONCE = 200
# Nobody turns more pages: the filters and the search find the others.
MOST_LISTED = 10_000


@cache
def _match_in_trouble() -> Q:
    """Return the condition on deliveries that `delivery_status` shows in red: nothing comes of them
    until somebody acts.
    """
    again = Delivery.objects.filter(
        post=OuterRef("post"), channel=OuterRef("channel"), pk__gt=OuterRef("pk")
    )
    not_sent = Q(state__in=MISSED, post__state=PostState.APPROVED, left_unpublished_at=None)
    own_page = Q(channel__lifecycle=Lifecycle.ACTIVE, channel__unit=F("unit"))
    unconnected = own_page & (
        Q(error_code=Reason.ACCESS)
        | ~Q(channel__health=Health.CONNECTED)
        | Q(channel__confirmed_at__isnull=True)
    )
    in_other_hands = ~Q(channel__unit=F("unit")) | Q(
        channel__lifecycle__in=[Lifecycle.FROZEN, Lifecycle.TAKEN_OVER]
    )
    waits_in_vain = (
        Q(state=State.SCHEDULED)
        & ~Q(channel__health=Health.MANUAL)
        & (unconnected | in_other_hands)
    )
    out_of_reach = Q(error_code=Reason.ACCESS) | Q(channel__health=Health.LOST)
    not_taken_down = Q(state=State.RECALLING, published_at__isnull=False) & out_of_reach
    return (
        Q(state=State.NEEDS_PERSON) | waits_in_vain | not_taken_down | Q(not_sent, ~Exists(again))
    )


def _match_ended_for_good() -> Exists:
    """Check whether somebody decided that the approved text shall stand there no longer, or not at
    all.
    """
    ended = Q(state=State.RECALLED, published_at__isnull=False)
    ended |= Q(left_unpublished_at__isnull=False)
    of_post = Delivery.objects.filter(post=OuterRef("pk"), revision=OuterRef("approved_revision"))
    return Exists(of_post.filter(ended))


@dataclass(frozen=True)
class Facts:
    """The outcome of a post, as conditions."""

    has_trouble: Any
    is_open: Any
    is_published: Any
    is_untouched: Any  # nothing is under way or out, and nothing was ended for good


def _facts_by_subquery() -> Facts:
    of_post = Delivery.objects.filter(post=OuterRef("pk"))
    return Facts(
        has_trouble=Exists(of_post.filter(_match_in_trouble())),
        is_open=Exists(of_post.filter(state__in=OPEN)),
        is_published=Exists(of_post.filter(state=State.PUBLISHED)),
        # The first is answered by an index of what has not ended, and leaves few to the second.
        is_untouched=Q(~Exists(of_post.exclude(state__in=sorted(ENDED))), ~_match_ended_for_good()),
    )


def post_groups(now: datetime, facts: Facts | None = None) -> dict[PostGroup, Q]:
    """Return what makes a post belong to each group: in one at most, trouble first. A caller
    that asks for several groups may pass in the facts that it has gathered.
    """
    facts = facts or _facts_by_subquery()
    smooth = Q(~Q(facts.has_trouble), state=PostState.APPROVED)
    is_open, is_published = Q(facts.is_open), Q(facts.is_published)
    valid = Q(valid_until__isnull=True) | Q(valid_until__gt=now)
    valid &= Q(legal_until__isnull=True) | Q(legal_until__gte=timezone.localdate(now))
    return {
        PostGroup.DRAFTS: Q(~Q(facts.has_trouble), state__in=EDITABLE),
        PostGroup.REVIEW: Q(~Q(facts.has_trouble), state=PostState.IN_REVIEW),
        PostGroup.UNSCHEDULED: smooth & valid & Q(facts.is_untouched),
        PostGroup.UPCOMING: smooth & is_open,
        PostGroup.PUBLISHED: smooth & ~is_open & is_published,
        PostGroup.TROUBLE: ~Q(state=PostState.ARCHIVED) & Q(facts.has_trouble),
    }


@dataclass(frozen=True)
class Counts:
    """The number of posts of each group, and of all together (""); ``is_cut``: only the newest
    `MOST_LISTED` were looked at.
    """

    numbers: Mapping[str, int]
    is_cut: bool


def group_counts(posts: QuerySet[Post], *, now: datetime) -> Counts:
    """Count the posts of each group among the newest, so that the work is bounded, too. One
    statement, which reads each post and its deliveries once: six questions about each post were
    three times as slow, and a third of that was their plan.
    """
    newest = posts.order_by(*SORTS["-changed"]).values("pk")[: MOST_LISTED + 1]
    deliveries = Delivery.objects.filter(_match_listed("publishing_delivery.post_id")).order_by()
    gathered = deliveries.values("post_id").annotate(
        n_open=Count("pk", filter=Q(state__in=OPEN)),
        n_published=Count("pk", filter=Q(state=State.PUBLISHED)),
        n_not_ended=Count("pk", filter=~Q(state__in=sorted(ENDED))),
    )
    # As the filter of a count, or PostgreSQL looks for an index of each state: 6 ms of planning.
    in_trouble = deliveries.filter(state__in=sorted(MAY_BE_IN_TROUBLE)).values("post_id")
    in_trouble = in_trouble.annotate(n=Count("pk", filter=_match_in_trouble())).filter(n__gt=0)
    facts = Facts(
        has_trouble=_match_keys("SELECT post_id FROM trouble"),
        is_open=_match_keys("SELECT post_id FROM gathered WHERE n_open > 0"),
        is_published=_match_keys("SELECT post_id FROM gathered WHERE n_published > 0"),
        is_untouched=Q(
            ~Q(_match_keys("SELECT post_id FROM gathered WHERE n_not_ended > 0")),
            ~_match_ended_for_good(),
        ),
    )
    groups = post_groups(now, facts)
    group = Case(*(When(which, then=Value(str(name))) for name, which in groups.items()))
    counts = (
        Post.objects.filter(_match_listed("posts_post.id"))
        .order_by()
        .annotate(group=group)
        .values("group")
        .annotate(n=Count("pk"))
    )
    named: dict[str, tuple[str, list[Any]]] = {
        "listed": _compile(newest),
        "gathered": _compile(gathered),
        "trouble": _compile(in_trouble.values("post_id")),
    }
    sql, params = _compile(counts)
    begin = ", ".join(f"{name} AS MATERIALIZED ({rows})" for name, (rows, _given) in named.items())
    given = [param for _rows, of_rows in named.values() for param in of_rows]
    with connection.cursor() as cursor:
        cursor.execute(f"WITH {begin} {sql}", [*given, *params])
        by_group = dict(cursor.fetchall())
    in_all = sum(by_group.values())
    numbers = {str(name): by_group.get(str(name), 0) for name in groups}
    return Counts({"": in_all, **numbers}, in_all > MOST_LISTED)


def newest_keys(posts: QuerySet[Post]) -> list[int]:
    newest = posts.order_by(*SORTS["-changed"]).values_list("pk", flat=True)
    return list(newest[:MOST_LISTED])


def find_in_group(keys: list[int], group: str, *, now: datetime) -> QuerySet[Post]:
    """Return those of the posts that belong to the group. Found first, and put in order afterwards:
    in one statement PostgreSQL walked all posts in their order for a few that nobody has scheduled.
    """
    rows = Post.objects.filter(post_groups(now)[PostGroup(group)], pk__among=keys)
    return Post.objects.filter(pk__among=list(rows.order_by().values_list("pk", flat=True)))


def _match_keys(keys: str) -> RawSQL:
    return RawSQL(f"posts_post.id IN ({keys})", [], output_field=BooleanField())  # noqa: S611


def _match_listed(column: str) -> RawSQL:
    """Return the condition that the post is listed. As an array PostgreSQL looks for each in an
    index; as a join it read all deliveries where it had no idea how few are listed.
    """
    condition = f"{column} = ANY(ARRAY(SELECT pk FROM listed))"  # noqa: S608
    return RawSQL(condition, [], output_field=BooleanField())  # noqa: S611


def _compile(rows: QuerySet[Any, Any]) -> tuple[str, list[Any]]:
    sql, params = rows.query.sql_with_params()
    return sql, list(params)


def unscheduled_posts(user: User, *, now: datetime) -> QuerySet[Post]:
    """Find approved posts that this person may schedule and that nobody has, the oldest approval
    first. Few are left without a delivery that has not ended: only of these the whole question is
    asked, whose plan alone took 30 ms.
    """
    not_ended = Delivery.objects.filter(post=OuterRef("pk")).exclude(state__in=sorted(ENDED))
    approved = Post.objects.within(user.reach(Permission.POST_SCHEDULE)).filter(
        ~Exists(not_ended), state=PostState.APPROVED
    )
    keys = list(approved.order_by().values_list("pk", flat=True))
    if not keys:
        return Post.objects.none()
    posts = Post.objects.filter(post_groups(now)[PostGroup.UNSCHEDULED], pk__among=keys)
    return posts.select_related("unit").defer("body", "search").order_by("changed_at", "pk")


def published_posts(user: User, unit: Unit, query: str = "") -> QuerySet[Post]:
    """Find what residents have seen of a unit on a page, the newest first."""
    seen = Delivery.objects.filter(post=OuterRef("pk"), published_at__isnull=False).order_by()
    last = seen.values("post").annotate(at=Max("published_at")).values("at")
    posts = Post.objects.visible_to(user).filter(unit=unit).search(query)
    published = posts.annotate(seen_at=Subquery(last)).filter(seen_at__isnull=False)
    return published.select_related("topic").defer("body", "search").order_by("-seen_at", "-pk")
