"""Queries for posts by what became of their deliveries."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from django.db import connection
from django.db.models import BooleanField, Exists, F, Max, OuterRef, Q, QuerySet, Subquery
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
# Nobody turns more pages: the filters and the search find the others.
MOST_LISTED = 10_000
_IN_TROUBLE = "EXISTS (SELECT 1 FROM trouble WHERE trouble.post_id = posts_post.id)"


@cache
def deliveries_in_trouble() -> QuerySet[Delivery]:
    """Find deliveries that `delivery_status` shows in red: nothing comes of them until somebody
    acts.
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
    return Delivery.objects.filter(
        Q(state=State.NEEDS_PERSON) | waits_in_vain | not_taken_down | (not_sent & ~Exists(again))
    )


def post_groups(now: datetime, has_trouble: Any = None) -> dict[PostGroup, Q]:
    """Return what makes a post belong to each group: in one at most, trouble first. Who asks for
    several groups at once may have found those in trouble already.
    """
    of_post = Delivery.objects.filter(post=OuterRef("pk"))
    # Somebody decided that the approved text shall stand there no longer, or not at all.
    ended = Q(state=State.RECALLED, published_at__isnull=False) | Q(
        left_unpublished_at__isnull=False
    )
    # The first is answered by an index of what has not ended, and leaves few posts to the second.
    never_dealt_with = ~Exists(of_post.exclude(state__in=sorted(ENDED))) & ~Exists(
        of_post.filter(ended, revision=OuterRef("approved_revision"))
    )
    if has_trouble is None:
        has_trouble = Exists(deliveries_in_trouble().filter(post=OuterRef("pk")))
    smooth = Q(~has_trouble, state=PostState.APPROVED)
    is_open = Exists(of_post.filter(state__in=OPEN))
    valid = Q(valid_until__isnull=True) | Q(valid_until__gt=now)
    valid &= Q(legal_until__isnull=True) | Q(legal_until__gte=timezone.localdate(now))
    return {
        PostGroup.DRAFTS: Q(~has_trouble, state__in=EDITABLE),
        PostGroup.REVIEW: Q(~has_trouble, state=PostState.IN_REVIEW),
        PostGroup.UNSCHEDULED: smooth & valid & never_dealt_with,
        PostGroup.UPCOMING: smooth & Q(is_open),
        PostGroup.PUBLISHED: (
            smooth & Q(~is_open) & Q(Exists(of_post.filter(state=State.PUBLISHED)))
        ),
        PostGroup.TROUBLE: ~Q(state=PostState.ARCHIVED) & Q(has_trouble),
    }


@dataclass(frozen=True)
class Counts:
    """The number of posts of each group, and of all together (""), up to one more than
    `MOST_COUNTED`; ``is_cut``: only the newest `MOST_LISTED` were looked at.
    """

    numbers: Mapping[str, int]
    is_cut: bool


def group_counts(posts: QuerySet[Post], *, now: datetime) -> Counts:
    """Count the posts of each group among the newest, so that the work is bounded, too. One
    statement: what is in trouble is found once, and each group is a join of its own, which ends
    early.
    """
    newest = posts.order_by(*SORTS["-changed"]).values("pk")[: MOST_LISTED + 1]
    listed, of_listed = _sql(newest)
    of_posts = deliveries_in_trouble().filter(_listed("publishing_delivery.post_id"))
    trouble, of_trouble = _sql(of_posts.order_by().values("post_id"))
    in_trouble = RawSQL(_IN_TROUBLE, [], output_field=BooleanField())  # noqa: S611
    found = {
        str(group): Post.objects.filter(_listed("posts_post.id"), which)
        for group, which in post_groups(now, in_trouble).items()
    }
    counts, params = ["(SELECT COUNT(*) FROM listed)"], [*of_listed, *of_trouble]
    for rows in found.values():
        counted, given = _sql(rows.order_by().values("pk")[: MOST_COUNTED + 1])
        counts.append(f"(SELECT COUNT(*) FROM ({counted}) AS counted)")  # noqa: S608
        params += given
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH listed (id) AS MATERIALIZED ({listed}), "
            f"trouble (post_id) AS MATERIALIZED ({trouble}) SELECT {', '.join(counts)}",
            params,
        )
        in_all, *of_groups = cursor.fetchone()
    numbers = dict(zip(found, of_groups, strict=True))
    return Counts({"": min(in_all, MOST_COUNTED + 1), **numbers}, in_all > MOST_LISTED)


def _listed(column: str) -> RawSQL:
    return RawSQL(f"{column} IN (SELECT id FROM listed)", [], output_field=BooleanField())  # noqa: S608, S611


def _sql(rows: QuerySet[Any, Any]) -> tuple[str, list[Any]]:
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


def published_posts(user: User, unit: Unit, words: str = "") -> QuerySet[Post]:
    """Find what residents have seen of a unit on a page, the newest first."""
    seen = Delivery.objects.filter(post=OuterRef("pk"), published_at__isnull=False).order_by()
    last = seen.values("post").annotate(at=Max("published_at")).values("at")
    posts = Post.objects.visible_to(user).filter(unit=unit).search(words)
    found = posts.annotate(seen_at=Subquery(last)).filter(seen_at__isnull=False)
    return found.select_related("topic").defer("body", "search").order_by("-seen_at", "-pk")
