import uuid
from collections.abc import Sequence
from functools import cache, partial
from typing import Any, NamedTuple

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from accounts.context import current_position
from accounts.models import User
from accounts.permissions import Permission
from accounts.queries import governs
from channels.models import Channel
from core import quotas
from core.expensive import one_at_a_time
from core.forms import PeriodForm
from core.lists import SearchField, get_page, render_page
from core.periods import Period, make_quick_links
from engagement.dashboards.charts import format_change
from engagement.exports.sheets import FORMATS, Sheet, make_download, name_file
from oversight import queries
from oversight.places import get_shown_place
from oversight.rows import Row, add_up_rows, sort_rows
from oversight.templatetags.overview import round_to_points
from oversight.tile_map import FIGURES, NEWEST_POST, group_unit_tiles, make_tile_map
from oversight.today.cards import make_cards
from posts.models import Post
from publishing.models import Delivery, Pauses
from publishing.pauses.context import pauses_of
from publishing.presenters.delivery import delivery_status
from publishing.presenters.post import post_status
from publishing.presenters.status import StatusView
from units.models import Unit


class OverviewForm(PeriodForm):
    """The filters of the provinces' and the nation's overview, as in the address."""

    q = SearchField(gettext_lazy("Search units"))
    trouble = forms.BooleanField(label=gettext_lazy("Only with trouble"), required=False)
    province = forms.SlugField(max_length=100, required=False, widget=forms.HiddenInput)
    sort = forms.CharField(required=False, max_length=20, widget=forms.HiddenInput)
    figure = forms.CharField(required=False, max_length=20, widget=forms.HiddenInput)  # of the map


DAYS = 30
POSTS_A_PAGE = 10
# Of how many days a point of a row's small line is made.
STEPS = {
    1: gettext_lazy("Day by day"),
    7: gettext_lazy("Week by week"),
    28: gettext_lazy("By four weeks"),
}
# A row is a tile on a phone, where 94 of them were 20 screens; with these a page has three.
ROWS_AT_FIRST = 10


class PostCard(NamedTuple):
    """A post of a unit with its state, and its deliveries with theirs."""

    post: Post
    status: StatusView
    deliveries: list[tuple[Delivery, StatusView]]


@require_GET
@one_at_a_time
def today(request: HttpRequest) -> HttpResponse:
    if request.user.is_operator and not request.user.current_appointments:
        return redirect("operations:status")
    now = timezone.now()
    context = {
        **make_cards(request.user, now=now, pauses=pauses_of(request)),
        "current_position": current_position(request),
        "now": now,
    }
    return render(request, "oversight/today.html", context)


@require_GET
@one_at_a_time
def province(request: HttpRequest) -> HttpResponse:
    """Show the communes of one province, or of the smaller scope that the person oversees."""
    form = _read_form(request)
    place = get_shown_place(request)
    if place is None:
        return redirect("oversight:nation")
    now = timezone.now()
    rows = queries.list_unit_rows(request.user, place, form.period, query=_get_query(form), now=now)
    context = {
        "place": place,
        "may_nation": queries.oversees_nation(request.user),
        "pageless": sum(row.mark == "no_channel" for row in rows),
        "tile_groups": partial(group_unit_tiles, rows, today=timezone.localdate(now)),
        "newest_post": NEWEST_POST,
    }
    return _render_overview(request, form, rows, context, template="oversight/province.html")


@require_GET
@one_at_a_time
def nation(request: HttpRequest) -> HttpResponse:
    if not queries.oversees_nation(request.user):
        raise PermissionDenied
    form, now = _read_form(request), timezone.now()
    rows = queries.list_province_rows(request.user, form.period, query=_get_query(form), now=now)
    name = form.cleaned_data.get("figure", "") if form.is_valid() else ""
    # Asked for by the page alone: an export has neither map nor tiles.
    tile_map = cache(lambda: make_tile_map(request.user, rows, form.period, name, now=now))
    context = {
        "nation": True,
        "figures": FIGURES.values(),
        "not_begun": sum(row.mark == "not_begun" for row in rows),
        "map": tile_map,
        "tiles": lambda: _make_nation_tiles(rows, tile_map().rows_before),
    }
    return _render_overview(request, form, rows, context, template="oversight/nation.html")


def _make_nation_tiles(rows: Sequence[Row], rows_before: Sequence[Row]) -> list[dict[str, Any]]:
    """Return the four figures that stand above all, each with what changed since the period
    before, where that is on record.
    """
    now, before = add_up_rows(rows, None), add_up_rows(rows_before, None)

    def describe_change(name: str) -> str:
        change = format_change(getattr(now, name), getattr(before, name) if rows_before else None)
        return "" if change == "–" else _("%(change)s since the period before") % {"change": change}

    of_all = _("of %(n)s units") % {"n": number_format(now.units, force_grouping=True)}
    shares = [
        None if row.on_time_share is None else round_to_points(row.on_time_share)
        for row in (now, before)
    ]
    rate = now.reach_rate
    of_followers = _("%(n)s for each 1,000 followers")
    return [
        {
            "label": _("Units that published"),
            "value": now.alive,
            "icon": "building-community",
            "hint": "; ".join(filter(None, [of_all, describe_change("alive")])),
        },
        {
            "label": _("Publications"),
            "value": now.published,
            "icon": "send",
            "hint": describe_change("published"),
        },
        {
            "label": _("Published on time, percent"),
            "value": shares[0],
            "icon": "clock",
            "hint": ""
            if shares[1] is None
            else _("%(n)s %% in the period before") % {"n": shares[1]},
        },
        {
            "label": _("Reach"),
            "value": now.reach,
            "icon": "users",
            "hint": "" if rate is None else of_followers % {"n": number_format(rate, 1)},
        },
    ]


@require_GET
@one_at_a_time
def unit(request: HttpRequest, key: str) -> HttpResponse:
    if not request.user.reach(Permission.OVERSIGHT_VIEW):
        raise PermissionDenied
    row = get_object_or_404(
        queries.find_overseen_units(request.user).select_related("parent", "successor"), key=key
    )
    form = PeriodForm(request.GET, default=Period.last_days(DAYS))
    now = timezone.now()
    page = get_page(request, queries.find_posts(row, form.period), POSTS_A_PAGE)
    context = {
        "unit": row,
        "form": form,
        "period": form.period,
        "quick": make_quick_links(form.period, unit=row),
        "row": queries.make_row(row, form.period, now=now),
        "channels": Channel.objects.usable().filter(unit=row),
        "dying_before": now + queries.DYING,
        "people": queries.count_people(row, today=timezone.localdate()),
        "page_obj": page,
        "cards": [_make_post_card(post, row, pauses_of(request)) for post in page],
    }
    return render(request, "oversight/unit.html", context)


@require_GET
def hand_over(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show administrators what a person who leaves has in hand, before their last day."""
    person = get_object_or_404(User.objects.visible_to(request.user), public_id=public_id)
    if governs(request.user, person) is None:
        raise PermissionDenied
    work = queries.list_work_in_hand(person)
    context = {"person": person, **work, "is_empty": not any(work.values())}
    return render(request, "oversight/hand_over.html", context)


def _make_post_card(post: Post, unit: Unit, pauses: Pauses) -> PostCard:
    deliveries = list(post.deliveries.all())
    for delivery in deliveries:
        delivery.unit = unit
    statuses = [(delivery, delivery_status(delivery, pauses)) for delivery in deliveries]
    return PostCard(post, post_status(post, deliveries, pauses), statuses)


def _read_form(request: HttpRequest) -> OverviewForm:
    if not request.user.reach(Permission.OVERSIGHT_VIEW):
        raise PermissionDenied
    return OverviewForm(request.GET, default=Period.last_days(DAYS))


def _get_query(form: OverviewForm) -> str:
    return form.cleaned_data.get("q", "") if form.is_valid() else ""


def _render_overview(
    request: HttpRequest,
    form: OverviewForm,
    rows: list[Row],
    context: dict[str, Any],
    *,
    template: str,
) -> HttpResponse:
    filters = form.cleaned_data if form.is_valid() else {}
    with_trouble = sum(1 for row in rows if row.trouble)
    if filters.get("trouble"):
        rows = [row for row in rows if row.trouble]
    sort = filters.get("sort", "")
    rows = sort_rows(rows, sort)
    at_first = ROWS_AT_FIRST
    if not sort and not filters.get("q"):  # those that have nothing to show stand last
        at_first = min(at_first, sum(not row.mark for row in rows) or at_first)
    summed = add_up_rows(rows, context.get("place"))
    if (format := request.GET.get("format")) in FORMATS:
        quotas.use("export", by=request.user)
        period = form.period
        place = context.get("place")
        file = name_file(_("Figures"), place.name if place else _("Nationwide"))
        name = f"{file}-{period.first:%Y%m%d}-{period.last:%Y%m%d}"
        return make_download(
            format, name, [_make_sheet(rows, summed, period, nation="nation" in context)]
        )
    context |= {
        "form": form,
        "period": form.period,
        "quick": make_quick_links(
            form.period, unit=context.get("place") or queries.find_overseen_unit(request.user, None)
        ),
        "rows": rows,
        "shown": rows if "all" in request.GET else rows[:at_first],
        "at_first": at_first,
        "total": summed,
        "with_trouble": with_trouble,
        "columns": _list_columns(
            sort, nation="nation" in context, days=queries.count_days_of_step(form.period)
        ),
        "rest": _make_row_query(request, nation="nation" in context),
        "filtered": bool(filters.get("q") or filters.get("trouble")),
    }
    return render_page(request, template, context)


def _make_row_query(request: HttpRequest, *, nation: bool) -> str:
    """Return the query of a row's page: what was chosen here and holds there, too. The key of a
    province is put after it.
    """
    query = request.GET.copy()
    for name in ("q", "trouble", "sort", "province", "figure", "all"):
        query.pop(name, None)
    if nation:
        query["province"] = ""
    return f"?{query.urlencode()}" if query else ""


def _list_columns(sort: str, *, nation: bool, days: int) -> list[dict[str, Any]]:
    """Return the heads of the table, each with the order that its next press gives."""
    names = [
        ("name", _("Province") if nation else _("Unit")),
        *([("alive_share", _("Units that published"))] if nation else []),
        ("posts", _("Posts written")),
        ("published", _("Publications")),
        *([] if nation else [("newest_step", STEPS[days])]),
        ("on_time_share", _("On time")),
        ("failed", _("Not published")),
        ("needs_person", _("Needs a person")),
        ("down", _("Channels")),
        ("followers", _("Followers")),
        ("reach_rate", _("Reach for each 1,000 followers")),
        ("last_post", _("Last post")),
    ]
    columns = []
    for name, label in names:
        first = name if name == "name" else f"-{name}"
        second = f"-{name}" if name == "name" else name
        columns.append(
            {
                "name": name,
                "label": label,
                "next": second if sort == first else first,
                "sorted": "descending"
                if sort == f"-{name}"
                else "ascending"
                if sort == name
                else "",
            }
        )
    return columns


def _make_sheet(rows: list[Row], summed: Row, period: Period, *, nation: bool) -> Sheet:
    head = [
        _("Province") if nation else _("Unit"),
        _("Official code"),
        _("Remark"),
        *([_("Units"), _("Units with a page"), _("Units that published")] if nation else []),
        _("Posts written"),
        _("Publications"),
        *([] if nation else [STEPS[queries.count_days_of_step(period)]]),
        _("Fell due"),
        _("On time"),
        _("On-time share"),
        _("Not published"),
        _("Needs a person"),
        _("Channels"),
        _("Channels that carry no posts now"),
        _("Connections that end within 14 days"),
        _("Followers"),
        _("Reach"),
        _("Reach for each 1,000 followers"),
        _("Last post"),
    ]

    def line(row: Row, name: str, code: str, note: str) -> list[Any]:
        return [
            name,
            code,
            note,
            *([row.units, row.with_page, row.alive] if nation else []),
            row.posts,
            row.published,
            *([] if nation else [", ".join(map(str, row.steps))]),
            row.due,
            row.on_time,
            "" if row.on_time_share is None else row.on_time_share,
            row.failed,
            row.needs_person,
            row.channels,
            row.down,
            row.dying,
            row.followers,
            row.reach,
            row.reach_rate,
            row.last_post or "",
        ]

    notes = {
        "closed": _("Closed"),
        "no_body": _("No police body"),
        "no_channel": _("No channel connected"),
        "not_begun": _("Not rolled out yet"),
        "": "",
    }
    lines = [line(row, row.unit.name, row.unit.code, notes[row.mark]) for row in rows]
    return Sheet(str(period).replace("/", "."), head, [*lines, line(summed, _("Total"), "", "")])
