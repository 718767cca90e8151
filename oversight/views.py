from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers

from accounts.context import desk_of
from accounts.permissions import Permission
from channels.models import Channel
from engagement.periods import Period, PeriodForm, quick_links
from engagement.tables import FORMATS, Sheet, as_file
from oversight import queries
from oversight.forms import OverviewForm
from oversight.queries import Row
from oversight.today import cards
from publishing.context import pauses_of
from publishing.wording import post_label, told
from units.models import Level, Unit

DAYS = 30
POSTS_A_PAGE = 25


@require_GET
def today(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    context = {**cards(request.user, now=now, pauses=pauses_of(request)), "desk": desk_of(request), "now": now}
    return render(request, "oversight/today.html", context)


@require_GET
@vary_on_headers("HX-Request")
def province(request: HttpRequest) -> HttpResponse:
    """The communes of one province, or of whatever smaller ground the person watches over."""
    form = _form(request)
    place = _place(request, form)
    if place is None:
        return redirect("oversight:nation")
    now = timezone.now()
    rows = queries.unit_rows(request.user, place, form.period, words=_words(form), now=now)
    context = {"place": place, "may_nation": queries.watches_nation(request.user)}
    return _overview(request, form, rows, context, template="oversight/province.html", file="units")


@require_GET
@vary_on_headers("HX-Request")
def nation(request: HttpRequest) -> HttpResponse:
    if not queries.watches_nation(request.user):
        raise PermissionDenied
    form = _form(request)
    rows = queries.province_rows(request.user, form.period, words=_words(form), now=timezone.now())
    return _overview(request, form, rows, {"nation": True}, template="oversight/nation.html", file="provinces")


@require_GET
def unit(request: HttpRequest, key: str) -> HttpResponse:
    if not request.user.reach(Permission.OVERSIGHT_VIEW):
        raise PermissionDenied
    shown = get_object_or_404(queries.ground(request.user).select_related("parent", "successor"), key=key)
    form = PeriodForm(request.GET, default=Period.last_days(DAYS))
    now = timezone.now()
    page = Paginator(queries.posts_in(shown, form.period), POSTS_A_PAGE).get_page(request.GET.get("page"))
    for post in page:
        post.look = post_label(post.state)
        for delivery in post.deliveries.all():
            delivery.unit = shown
        post.shown_deliveries = [(d, told(d, pauses_of(request))) for d in post.deliveries.all()]
    context = {
        "unit": shown,
        "form": form,
        "period": form.period,
        "quick": quick_links(form.period),
        "row": queries.one_row(shown, form.period, now=now),
        "channels": Channel.objects.usable().filter(unit=shown),
        "dying_before": now + queries.DYING,
        "people": queries.people_in(shown, today=timezone.localdate()),
        "page_obj": page,
    }
    return render(request, "oversight/unit.html", context)


def _form(request: HttpRequest) -> OverviewForm:
    if not request.user.reach(Permission.OVERSIGHT_VIEW):
        raise PermissionDenied
    return OverviewForm(request.GET, default=Period.last_days(DAYS))


def _words(form: OverviewForm) -> str:
    return form.cleaned_data.get("q", "") if form.is_valid() else ""


def _place(request: HttpRequest, form: OverviewForm) -> Unit | None:
    """Whose units are shown; None for the whole nation, which has a page of its own."""
    key = request.GET.get("province", "")
    if key:
        return get_object_or_404(queries.ground(request.user), key=key, level=Level.PROVINCE)
    place = queries.desk_unit(request.user, desk_of(request))
    return None if place is None or place.level == Level.MINISTRY else place


def _overview(
    request: HttpRequest, form: OverviewForm, rows: list[Row], context: dict[str, Any], *, template: str, file: str
) -> HttpResponse:
    wanted = form.cleaned_data if form.is_valid() else {}
    with_trouble = sum(1 for row in rows if row.trouble)
    if wanted.get("trouble"):
        rows = [row for row in rows if row.trouble]
    sort = wanted.get("sort", "")
    rows = queries.sort_rows(rows, sort)
    summed = queries.total(rows, context.get("place"))
    if (format := request.GET.get("format")) in FORMATS:
        period = form.period
        name = f"{file}-{period.first:%Y%m%d}-{period.last:%Y%m%d}"
        return as_file(format, name, [_sheet(rows, summed, period, nation="nation" in context)])
    context |= {
        "form": form,
        "period": form.period,
        "quick": quick_links(form.period),
        "rows": rows,
        "total": summed,
        "with_trouble": with_trouble,
        "columns": _columns(sort, nation="nation" in context),
        "filtered": bool(wanted.get("q") or wanted.get("trouble")),
    }
    fragment = request.htmx and not request.htmx.boosted
    return render(request, f"{template}#rows" if fragment else template, context)


def _columns(sort: str, *, nation: bool) -> list[dict[str, Any]]:
    """The heads of the table, each with the order that its next press gives."""
    names = [
        ("name", _("Province") if nation else _("Unit")),
        *([("alive_share", _("Units that published"))] if nation else []),
        ("posts", _("Posts written")),
        ("published", _("Publications")),
        ("on_time_share", _("On time")),
        ("failed", _("Not published")),
        ("needs_person", _("Needs a person")),
        ("down", _("Channels")),
        ("followers", _("Followers")),
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
                "sorted": "descending" if sort == f"-{name}" else "ascending" if sort == name else "",
            }
        )
    return columns


def _sheet(rows: list[Row], summed: Row, period: Period, *, nation: bool) -> Sheet:
    head = [
        _("Province") if nation else _("Unit"),
        _("Official code"),
        _("Remark"),
        *([_("Units"), _("Units that published")] if nation else []),
        _("Posts written"),
        _("Publications"),
        _("Fell due"),
        _("On time"),
        _("On-time share"),
        _("Not published"),
        _("Needs a person"),
        _("Channels"),
        _("Channels that carry no posts now"),
        _("Connections that end within 14 days"),
        _("Followers"),
        _("Last post"),
    ]

    def line(row: Row, name: str, code: str, note: str) -> list[Any]:
        return [
            name,
            code,
            note,
            *([row.units, row.alive] if nation else []),
            row.posts,
            row.published,
            row.due,
            row.on_time,
            "" if row.on_time_share is None else row.on_time_share,
            row.failed,
            row.needs_person,
            row.channels,
            row.down,
            row.dying,
            row.followers,
            row.last_post or "",
        ]

    notes = {"closed": _("Closed"), "no_body": _("No police body"), "no_channel": _("No channel connected"), "": ""}
    lines = [line(row, row.unit.name, row.unit.code, notes[row.mark]) for row in rows]
    return Sheet(str(period).replace("/", "."), head, [*lines, line(summed, _("Total"), "", "")])
