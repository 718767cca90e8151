from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.paginator import Page
from django.db.models import Prefetch, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.context import current_position
from accounts.permissions import DEEP, Permission
from accounts.queries import can
from core.expensive import one_at_a_time
from core.lists import get_page, render_page
from core.scope import Reach
from posts.context import unit_to_write_in
from posts.models import Post, PostChannel
from posts.states import EDITABLE, PostState
from publishing.pauses.context import pauses_of
from publishing.post_list.cards import PostCard, deliveries_by_post, post_card
from publishing.post_list.forms import PostFilter
from publishing.post_list.queries import (
    COUNTED_AT_ONCE,
    MOST_COUNTED,
    MOST_LISTED,
    SORTS,
    Counts,
    find_in_group,
    group_counts,
    newest_keys,
    post_groups,
    published_posts,
)
from publishing.states import PostGroup
from units.models import Level, Unit

_TEMPLATE = "publishing/post_list.html"
PAGE = 20
CORRECTABLE, MOST_CORRECTABLE = 20, 500  # a page, and in all; the search finds the others


@require_GET
@one_at_a_time
def posts(request: HttpRequest) -> HttpResponse:
    """List the posts of the current position's unit, and for deep roles those below it."""
    if not request.user.reach(Permission.POST_VIEW):
        raise PermissionDenied
    position = current_position(request)
    deep = position.role in DEEP
    writes = can(request.user, Permission.POST_WRITE, unit=position.unit)
    key = request.GET.get("unit", "")
    below = Unit.objects.under(position.unit).filter(key=key).first() if deep and key else None
    form = PostFilter(request.GET, unit=position.unit, chosen=below, deep=deep, writes=writes)
    chosen = form.chosen
    now = timezone.now()
    listed = _find_posts(request, chosen, unit=below or position.unit, deep=deep)
    tab = chosen.get("tab") or ""
    keys = list(listed.order_by().values_list("pk", flat=True)[: MOST_COUNTED + 1])
    is_long = len(keys) > MOST_COUNTED
    if keys and not is_long:  # each tab asks about these, and searches for none again
        listed = Post.objects.filter(pk__among=keys)
    # What became of each of many posts takes longer than their newest: it comes afterwards.
    tabs_follow = is_long or (len(keys) > COUNTED_AT_ONCE and not tab)
    only_tabs = request.htmx and request.GET.get("part") == "tabs"
    counts = group_counts(listed, now=now) if only_tabs or not tabs_follow else None
    if only_tabs:
        return render_page(request, _TEMPLATE, {"tabs": _tabs(counts, tab)}, part="tabs")
    sort = chosen.get("sort") or "-changed"
    order = SORTS[sort]
    page, looked_at = _page(request, listed, chosen, counts, n=len(keys), order=order, now=now)
    rows = list(_with_card_data(page.object_list).order_by(*order))
    cards = _cards(request, rows, own_unit=position.unit if writes else None, tab=tab)
    context = {
        "form": form,
        "page_obj": page,
        "cards": cards,
        "tabs": _tabs(counts, tab),
        "tabs_follow": tabs_follow,
        "looked_at": looked_at,
        "tab": tab,
        "sort": sort,
        "deep": deep,
        "bulk": any(card.can_be_put_away for card in cards),
        "writes": writes,
    }
    return render_page(request, _TEMPLATE, context)


def _page(
    request: HttpRequest,
    posts: QuerySet[Post],
    chosen: dict[str, Any],
    counts: Counts | None,
    *,
    n: int,
    order: Sequence[str],
    now: datetime,
) -> tuple[Page, int]:
    """Return the asked page of the ``n`` posts found, or of their group, and of how many the newest
    were looked at where not all were; 0 where they were.
    """
    tab, is_long = chosen.get("tab") or "", n > MOST_COUNTED
    rows, looked_at = posts, 0
    if tab and is_long:
        newest = newest_keys(posts)
        rows = find_in_group(newest, tab, now=now)
        looked_at = len(newest) if len(newest) >= MOST_LISTED else 0
    elif tab:
        rows = posts.filter(post_groups(now)[tab])
    most = MOST_COUNTED if is_long and (tab or chosen.get("q")) else MOST_LISTED
    count = None
    if counts and not counts.is_cut and counts.numbers[tab] <= MOST_COUNTED:
        count = counts.numbers[tab]
    elif not tab and (not is_long or n > most):
        count = min(n, most)
    page = get_page(request, rows.order_by(*order), PAGE, most=most, count=count)
    return page, looked_at


def _cards(
    request: HttpRequest, posts: list[Post], *, own_unit: Unit | None, tab: str
) -> list[PostCard]:
    """Return the cards of a page of posts; ``own_unit`` is the one in which the person writes."""
    newest = deliveries_by_post(posts)
    return [
        post_card(
            post,
            newest[post.pk],
            pauses_of(request),
            can_be_put_away=post.state in EDITABLE
            and own_unit is not None
            and post.unit_id == own_unit.pk,
            can_be_scheduled=tab == PostGroup.UNSCHEDULED
            and can(request.user, Permission.POST_SCHEDULE, unit=post.unit),
        )
        for post in posts
    ]


def _find_posts(request: HttpRequest, chosen: dict, *, unit: Unit, deep: bool) -> QuerySet[Post]:
    rows = Post.objects.visible_to(request.user).written()
    here = Reach(unit.path, deep)
    # The same condition twice, and PostgreSQL would believe in the square of its share.
    if request.user.reach(Permission.POST_VIEW) != [here]:
        rows = rows.within([here])
    if query := chosen.get("q"):
        if deep and unit.level == Level.PROVINCE:
            # By their keys the indexes of units and of words are read together, once: as a join
            # with each unit it was the words of the nation for each of them.
            below = Unit.objects.under(unit).order_by().values_list("pk", flat=True)
            rows = rows.filter(unit__pk__among=list(below))
        rows = rows.search(query, by_index=deep)
    rows = (
        rows.filter(state=chosen["state"])
        if chosen.get("state")
        else rows.exclude(state=PostState.ARCHIVED)
    )
    for name in ("topic", "campaign"):
        if chosen.get(name):
            rows = rows.filter(**{name: chosen[name]})
    if channel := chosen.get("channel"):
        targets = PostChannel.objects.switched_on().filter(channel=channel)
        rows = rows.filter(pk__in=targets.values("post"))
    if chosen.get("mine"):
        rows = rows.filter(Q(author=request.user) | Q(last_editor=request.user))
    return rows


def _with_card_data(page: QuerySet[Post]) -> QuerySet[Post]:
    """Return the posts of a page with what their cards show. Of these few alone: joined before they
    were sorted, hundreds of posts were joined with all units.
    """
    # Of a channel its platform alone: the sealed tokens of six channels a post are no small load.
    targets = PostChannel.objects.switched_on().select_related("channel")
    targets = targets.only("post", "channel__platform")
    return (
        Post.objects.filter(pk__in=page.values("pk"))
        .select_related("unit", "last_editor", "topic", "campaign")
        .prefetch_related(Prefetch("targets", targets))
        .defer("body", "search")
    )


def _tabs(counts: Counts | None, tab: str) -> list[dict[str, Any]]:
    """Return the groups with their numbers, as far as they are counted: of a group of which the
    newest posts have none, older ones may have some.
    """
    tabs = []
    for value, label in [*PostGroup.choices, ("", _("All"))]:
        n = counts.numbers[value] if counts else None
        if counts and counts.is_cut:
            n = n or None
        tabs.append(
            {
                "value": value,
                "label": label,
                "n": None if n is None else min(n, MOST_COUNTED),
                "more": n is not None and (n > MOST_COUNTED or (counts and counts.is_cut)),
                "current": value == tab,
            }
        )
    return tabs


@require_GET
def correctable_posts(request: HttpRequest) -> HttpResponse:
    """List what the unit has published, each to begin its correction."""
    unit = unit_to_write_in(request)
    query = request.GET.get("q", "")[:200]
    posts = published_posts(request.user, unit, query)
    page = get_page(request, posts, CORRECTABLE, most=MOST_CORRECTABLE)
    context = {"unit": unit, "page_obj": page, "posts": page.object_list}
    context |= {"words": query, "corrects": True}
    return render(request, "posts/reuse.html", context)
