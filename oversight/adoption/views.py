"""The adoption board of a kit: what each unit did with it, by itself while it is open."""

import uuid

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST
from django.views.decorators.vary import vary_on_headers

from accounts.context import current_position
from accounts.notices import count_reminded_units
from accounts.permissions import Permission
from accounts.queries import can
from campaigns.kits import issuing
from campaigns.kits.models import Kit
from campaigns.kits.queries import find_provinces_to_remind, find_readable_kits
from core import quotas
from core.actions import button_action
from core.expensive import one_at_a_time
from core.lists import get_page, render_page
from engagement.dashboards.charts import Chart, name_steps, thin_totals
from engagement.exports.sheets import FORMATS, make_download
from engagement.exports.views import file_or_offer
from oversight.adoption import files, queries, states
from oversight.adoption.forms import BoardForm, BoardsForm
from oversight.adoption.queries import Board, Place
from oversight.queries import find_overseen_unit, find_overseen_units
from posts.kits import adopting
from units.models import Level, Unit

KITS = 12
FEW = 12  # units that need no fold


@require_GET
@one_at_a_time
def boards(request: HttpRequest) -> HttpResponse:
    """List the kits whose adoption the person follows, each with how many units did what."""
    if not request.user.reach(Permission.OVERSIGHT_VIEW):
        raise PermissionDenied
    form = BoardsForm(request.GET or None)
    query = form.chosen.get("q", "")
    listed_kits = queries.find_listed_kits(request.user)
    if query:
        listed_kits = listed_kits.filter(pk__in=Kit.objects.search(query).values("pk"))
    related = listed_kits.select_related("unit", "campaign", "current")
    page = get_page(request, related, KITS)
    kits_shown = list(page)
    sums = queries.count_units_by_adoption(kits_shown, request.user)
    context = {
        "form": form,
        "page_obj": page,
        "rows": [(kit, sums[kit.pk], _is_over(kit)) for kit in kits_shown],
    }
    return render_page(request, "oversight/adoption_list.html", context)


@require_GET
@vary_on_headers("HX-Request")
@one_at_a_time
def board(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show tiles by state and the units; for HTMX the moving part alone, or 204 while nothing has
    changed.
    """
    kit = _get_kit(request, public_id)
    now = timezone.now()
    whole = queries.make_board(kit, request.user, today=timezone.localdate(now))
    polls = request.htmx and "seen" in request.GET
    if polls and request.GET["seen"] == whole.stamp:
        return HttpResponse(status=204)
    request.GET = request.GET.copy()
    request.GET.pop("seen", None)  # the page's links are those of the page, not of the poll
    form = BoardForm(request.GET)
    chosen = form.chosen
    province = _get_province(request, chosen.get("province", ""))
    here = whole.within(province.pk if province else None)
    filtered = files.filter_board(here.in_state(chosen.get("state", "")), chosen.get("q", ""))
    chart = None if request.htmx else _draw_days(kit, here)
    if (format := request.GET.get("format")) in FORMATS and request.GET.get("chart") and chart:
        quotas.use("export", by=request.user)
        return make_download(format, f"{chart.file_name}-{now:%Y%m%d}", [chart.sheet])
    if format in FORMATS:
        return file_or_offer(
            request, files.ADOPTION, format, files.collect_params(request.GET, kit.public_id)
        )
    page = get_page(request, filtered.places)
    context = {
        "kit": kit,
        "may_read_kit": find_readable_kits(request.user).filter(pk=kit.pk).exists(),
        "version": kit.current,
        "form": form,
        "stamp": whole.stamp,
        "now": now,
        "province": province,
        "chosen": chosen.get("state", ""),
        "tiles": [(state, n) for state, n in here.counts() if n],
        "total": len(here.places),
        "provinces": [] if province else _count_by_province(whole),
        "columns": [state for state, n in whole.counts() if n],
        "page_obj": page,
        # The units lie open for those who looked for some of them, and where they are few.
        "is_asked": bool(set(request.GET) - {"format", "chart"}) or len(here.places) <= FEW,
        "rows": queries.list_rows(kit, page),
        "chart": chart,
        "unopened": len(here.in_state(states.UNOPENED).places),
        "is_over": _is_over(kit),
        "unpassed": find_provinces_to_remind(kit).count()
        if not province and can(request.user, Permission.OVERSIGHT_VIEW, unit=kit.unit)
        else 0,
    }
    return render_page(request, "oversight/adoption.html", context, part="board")


def _draw_days(kit: Kit, board: Board) -> Chart:
    """Draw how many units had come how far at the end of each day."""
    days = queries.list_days(kit, board.places)
    days = thin_totals(days, lambda row: (days[-1][0] - row[0]).days)
    names = [name_steps()[step] for step in ("opened", "drafted", "published")]
    series = [
        {"name": name, "points": [[day.isoformat(), totals[at]] for day, totals in days]}
        for at, name in enumerate(names)
    ]
    return Chart(
        "days",
        _("Units that took it up, day by day"),
        {"kind": "line", "series": series if days else []},
        [_("Day"), *names],
        [[day, *totals] for day, totals in days],
        is_wide=True,
        when_empty=_("No unit has opened the kit yet."),
    )


def _get_kit(request: HttpRequest, public_id: uuid.UUID) -> Kit:
    return queries.get_kit_or_404(request.user, public_id)


def _is_over(kit: Kit) -> bool:
    until = kit.current.window_until if kit.current else None
    return kit.is_withdrawn or bool(until and until < timezone.localdate())


def _get_province(request: HttpRequest, key: str) -> Unit | None:
    if not key:
        return None
    return get_object_or_404(find_overseen_units(request.user), key=key, level=Level.PROVINCE)


def _count_by_province(
    board: Board,
) -> list[tuple[Unit, list[tuple[states.AdoptionState, int]], int]]:
    """Return the provinces with their counts by state in one order; none where there is but
    one.
    """
    by_province = board.by_province()
    if len(by_province) < 2:
        return []
    columns = [state for state, n in board.counts() if n]
    units = Unit.objects.filter(pk__in=by_province).order_by("code", "name")
    return [
        (
            unit,
            [(state, by_province[unit.pk][state.key]) for state in columns],
            by_province[unit.pk].total(),
        )
        for unit in units
    ]


@require_POST
def remind_provinces(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Remind the provinces that have not passed the kit on to their units."""
    overseen = Kit.objects.within(request.user.reach(Permission.OVERSIGHT_VIEW))
    kit = get_object_or_404(overseen.select_related("unit", "current"), public_id=public_id)
    button_action(
        request,
        lambda: issuing.remind_provinces(kit, by=request.user),
        message=lambda n: (
            ngettext("%(n)s province was reminded.", "%(n)s provinces were reminded.", n) % {"n": n}
        ),
    )
    return redirect("oversight:adoption", kit.public_id)


@require_POST
def remind_units(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Send one notice to those who write for the units that have not opened the kit."""
    kit = _get_kit(request, public_id)
    address = reverse("oversight:adoption", args=[kit.public_id])
    place = find_overseen_unit(request.user, current_position(request))
    if place is None:
        raise PermissionDenied
    province = _get_province(request, request.GET.get("province", ""))
    whole = queries.make_board(kit, request.user, today=timezone.localdate())
    asleep: list[Place] = list(
        whole.within(province.pk if province else None).in_state(states.UNOPENED).places
    )
    button_action(
        request,
        lambda: adopting.remind(kit, {row.unit for row in asleep}, at=place, by=request.user),
        message=count_reminded_units,
    )
    return redirect(f"{address}?province={province.key}" if province else address)
