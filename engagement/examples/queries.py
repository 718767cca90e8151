"""Find examples, and what became of them."""

from collections.abc import Collection, Iterable
from typing import NamedTuple

from django.db.models import Q, QuerySet

from accounts.models import User
from accounts.permissions import GRANTS, Permission
from core.scope import list_ancestors
from engagement.examples.models import (
    Example,
    ExamplePost,
    ExampleQuerySet,
    ExampleUse,
    is_corrected,
    is_recalled,
)
from engagement.examples.states import ACCEPTED, OPEN, ExampleState, Gone
from posts.models import Post
from publishing.models import Delivery, Occurrence, Series
from publishing.states import State
from units.models import Level, Unit

MOST_USES = 100  # shown on a page, the newest


class Use(NamedTuple):
    """Pair a use of an example with the ``link`` of what came of it, once it is published."""

    use: ExampleUse
    link: str


def find_gone(examples: Collection[Example]) -> dict[int, Gone]:
    """Say of the accepted ones among ``examples`` why they are in the library no more."""
    accepted = [row.pk for row in examples if row.state in ACCEPTED]
    posts = ExamplePost.objects.filter(example__in=accepted)
    gone = dict.fromkeys(
        posts.filter(is_corrected()).values_list("example", flat=True), Gone.CORRECTED
    )
    recalled = posts.filter(is_recalled()).values_list("example", flat=True)
    return gone | dict.fromkeys(recalled, Gone.RECALLED)


def find_accepting_unit(example: Example) -> Unit | None:
    """Return the unit whose leaders decide on the example next; None where nobody does."""
    if example.state == ExampleState.PROPOSED:
        if example.unit.level == Level.MINISTRY:
            return example.unit
        return Unit.objects.get(path=example.unit.province_path)
    if example.state == ExampleState.PROVINCE:
        return Unit.objects.get(path=list_ancestors(example.unit.path)[0])
    return None


def filter_waiting_for(user: User, rows: ExampleQuerySet) -> ExampleQuerySet:
    """Filter by what leaders of the person's own unit decide on next."""
    condition = Q(pk__in=[])
    for appointment in user.current_appointments:
        unit = appointment.unit
        if Permission.KIT_APPROVE not in GRANTS[appointment.role]:
            continue
        if unit.level == Level.PROVINCE:
            condition |= Q(state=ExampleState.PROPOSED, unit__path__startswith=unit.path)
        elif unit.level == Level.MINISTRY:
            condition |= Q(state=ExampleState.PROPOSED, unit=unit)
            condition |= Q(state=ExampleState.PROVINCE)
    return rows.filter(condition)


def filter_proposable(posts: QuerySet[Post]) -> QuerySet[Post]:
    """Filter by posts that residents can read now, and that are neither of a kit, nor a correction,
    nor in another example already.
    """
    live = Delivery.objects.filter(state=State.PUBLISHED, recall=None).values("post")
    taken = ExamplePost.objects.filter(example__state__in=sorted(OPEN)).values("post")
    return posts.filter(adoption=None, corrects=None, pk__in=live).exclude(pk__in=taken)


def find_live_revisions(posts: Collection[Post]) -> dict[int, int]:
    """Return by post the revision that residents read; the newest where channels show several."""
    live = Delivery.objects.filter(post__in=posts, state=State.PUBLISHED, recall=None)
    return dict(live.order_by("revision").values_list("post", "revision"))


def find_other_posts(post: Post) -> QuerySet[Post]:
    """Return the unit's other posts of the campaign or of the series that may stand in one example
    with ``post``.
    """
    condition = Q(pk__in=[])
    if post.campaign_id:
        condition |= Q(campaign=post.campaign_id)
    if series := find_series([post]):
        condition |= Q(occurrence__series=series)
    same = Post.objects.filter(condition, unit=post.unit).exclude(pk=post.pk)
    return filter_proposable(same).order_by("-changed_at", "-pk")


def find_series(posts: Collection[Post]) -> Series | None:
    """Return the series of which all of ``posts`` are; None where they are of none, or several."""
    occurrences = Occurrence.objects.filter(post__in=posts).select_related("series")
    series = {row.series_id: row.series for row in occurrences}
    return (
        next(iter(series.values())) if len(series) == 1 and len(occurrences) == len(posts) else None
    )


def find_uses(example: Example) -> list[Use]:
    """Return who used the example, the newest first. Two queries."""
    uses = list(example.uses.select_related("unit__parent", "post")[:MOST_USES])
    return [Use(use, link) for use, link in zip(uses, _find_links(uses), strict=True)]


def _find_links(uses: Iterable[ExampleUse]) -> list[str]:
    uses = list(uses)
    live = Delivery.objects.filter(
        post__in=[use.post_id for use in uses if use.post_id], state=State.PUBLISHED, recall=None
    ).exclude(permalink="")
    links = dict(live.order_by("-published_at").values_list("post", "permalink"))
    return [links.get(use.post_id or 0, "") for use in uses]
