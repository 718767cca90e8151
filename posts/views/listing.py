from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers

from accounts.context import desk_of
from accounts.permissions import DEEP, Permission
from accounts.queries import can
from posts.forms import FilterForm
from posts.models import Post, PostChannel
from posts.queries import SORTS
from posts.states import EDITABLE, PostState
from units.models import Unit

PAGE = 25


@require_GET
@vary_on_headers("HX-Request")
def posts(request: HttpRequest) -> HttpResponse:
    """The desk's posts, and for deep roles those below it."""
    if not request.user.reach(Permission.POST_VIEW):
        raise PermissionDenied
    desk = desk_of(request)
    deep = desk.role in DEEP
    writes = can(request.user, Permission.POST_WRITE, unit=desk.unit)
    key = request.GET.get("unit", "")
    chosen = Unit.objects.under(desk.unit).filter(key=key).first() if deep and key else None
    form = FilterForm(request.GET, unit=desk.unit, chosen=chosen, deep=deep, writes=writes)
    wanted = form.cleaned_data if form.is_valid() else {}
    rows = _found(request, wanted, unit=chosen or desk.unit, deep=deep)
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    for post in page:
        post.can_be_put_away = writes and post.state in EDITABLE and post.unit_id == desk.unit_id
    context = {
        "form": form,
        "page_obj": page,
        "sort": wanted.get("sort") or "-changed",
        "filtered": any(value for name, value in wanted.items() if name != "sort"),
        "deep": deep,
        "bulk": any(post.can_be_put_away for post in page),
        "writes": writes,
    }
    return render(request, "posts/list.html#rows" if request.htmx else "posts/list.html", context)


def _found(request: HttpRequest, wanted: dict, *, unit: Unit, deep: bool) -> QuerySet[Post]:
    rows = Post.objects.visible_to(request.user).select_related("unit", "author", "last_editor", "topic", "campaign")
    rows = rows.filter(unit__path__startswith=unit.path) if deep else rows.filter(unit=unit)
    if words := wanted.get("q"):
        rows = rows.search(words)
    rows = rows.filter(state=wanted["state"]) if wanted.get("state") else rows.exclude(state=PostState.ARCHIVED)
    for name in ("topic", "campaign"):
        if wanted.get(name):
            rows = rows.filter(**{name: wanted[name]})
    if channel := wanted.get("channel"):
        rows = rows.filter(pk__in=PostChannel.objects.filter(channel=channel).values("post"))
    if wanted.get("mine"):
        rows = rows.filter(Q(author=request.user) | Q(last_editor=request.user))
    return (
        rows.order_by(*SORTS[wanted.get("sort") or "-changed"])
        .prefetch_related("targets__channel")
        .defer("body", "search")
    )
