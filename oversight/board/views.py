"""The tile board of a province: which of its units need help, and with what first."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST
from django.views.decorators.vary import vary_on_headers

from accounts.notices import count_reminded_units
from accounts.permissions import Permission
from core.actions import button_action, refusal
from core.expensive import one_at_a_time
from core.lists import FilterForm, SearchField, render_page
from oversight.board import reminding
from oversight.board.cards import describe_issues
from oversight.issues import (
    MOST_SILENT_DAYS,
    SILENT_DAYS,
    annotate_last_post,
    compute_stamp,
    count_units_by_kind,
    find_issues,
)
from oversight.kinds import FINE, KINDS, PAGELESS
from oversight.places import get_shown_place
from oversight.queries import find_overseen_units, oversees_nation
from units.models import Level


class BoardForm(FilterForm):
    """The filters of the tile board, as in the address."""

    q = SearchField(_("Search units"))
    kind = forms.ChoiceField(
        label=_("Needs help with"),
        required=False,
        choices=[
            ("", _("All")),
            *((key, kind.label) for key, kind in KINDS.items()),
            (FINE.key, FINE.label),
        ],
    )
    days = forms.IntegerField(
        label=_("Silent for so many days"),
        required=False,
        min_value=1,
        max_value=MOST_SILENT_DAYS,
        widget=forms.NumberInput(attrs={"placeholder": SILENT_DAYS}),
    )
    province = forms.SlugField(max_length=100, required=False, widget=forms.HiddenInput)


@require_GET
@vary_on_headers("HX-Request")
@one_at_a_time
def board(request: HttpRequest) -> HttpResponse:
    """Show a tile for each unit, the most in need first; for HTMX the tiles alone, or 204 where
    nothing has changed since those that the page shows.
    """
    place = get_shown_place(request)
    if place is None:
        return redirect("oversight:nation")
    given = {"province": request.GET.get("province", "")}  # by itself it is no filter
    form = BoardForm(request.GET, initial=given)
    chosen = form.chosen
    days = chosen.get("days") or SILENT_DAYS
    query = chosen.get("q", "")
    rows = find_issues(place, now=timezone.now(), silent_days=days, query=query)
    counts = count_units_by_kind(rows)
    kind = chosen.get("kind", "")
    kinds = {**KINDS, FINE.key: FINE}
    tiles = [
        (row, kinds[kind] if kind else row.worst)
        for row in rows
        if not kind or row.counts[kind] or (kind == FINE.key and not row.found)
    ]
    # A phone folds the units that have yet to connect a page: there may be a hundred of them.
    folded = [tile for tile in tiles if tile[1].key == PAGELESS] if not kind else []
    stamp = compute_stamp(rows, f"{place.pk} {kind} {days} {query}")
    if request.htmx and request.GET.get("seen") == stamp:
        return HttpResponse(status=204)
    request.GET = request.GET.copy()
    request.GET.pop("seen", None)  # the page's links are those of the page, not of the poll
    context = {
        "place": place,
        "may_nation": oversees_nation(request.user),
        "form": form,
        "days": days,
        "query": f"?days={days}" if days != SILENT_DAYS else "",
        "chosen": kind,
        "filters": [(issue_kind, counts[key]) for key, issue_kind in kinds.items() if counts[key]],
        "tiles": tiles,
        "in_sight": [tile for tile in tiles if kind or tile[1].key != PAGELESS],
        "folded": folded,
        "total": len(rows),
        # The board names apart those that have yet to open a page: they are late with nothing.
        "in_need": sum(row.worst not in (FINE, KINDS[PAGELESS]) for row in rows),
        "pageless": counts[PAGELESS],
        "filtered": bool(query or kind),
        "stamp": stamp,
    }
    return render_page(request, "oversight/board.html", context, part="tiles")


@require_GET
def issues(request: HttpRequest, key: str) -> HttpResponse:
    """Show what a unit needs help with, thing by thing, each with what can be done about it."""
    unit, days = _get_unit(request, key), _read_silent_days(request.GET)
    issues = describe_issues(unit, last_post=unit.last_post, now=timezone.now(), silent_days=days)
    facts = getattr(unit, "facts", None)
    may_nation = oversees_nation(request.user)
    back = {} if days == SILENT_DAYS else {"days": days}
    if may_nation and unit.parent and unit.level == Level.COMMUNE:
        back["province"] = unit.parent.key
    context = {
        "unit": unit,
        "issues": issues if unit.is_current else [],
        "days": "" if days == SILENT_DAYS else days,
        "phone": facts.leader_phone if facts else "",
        "back": reverse("oversight:board", query=back),
    }
    return render(request, "oversight/issues.html", context)


def _read_silent_days(data: QueryDict) -> int:
    """Return after how many days a unit counts as silent, as chosen on the board."""
    return BoardForm(data).chosen.get("days") or SILENT_DAYS


def _get_unit(request: HttpRequest, key: str) -> Any:
    if not request.user.reach(Permission.OVERSIGHT_VIEW):
        raise PermissionDenied
    units = annotate_last_post(find_overseen_units(request.user)).select_related("parent", "facts")
    return get_object_or_404(units, key=key)


@require_POST
def remind_unit(request: HttpRequest, key: str) -> HttpResponse:
    """Remind a unit's officers and leaders of what it needs to mend."""
    unit, days = _get_unit(request, key), _read_silent_days(request.POST)
    done: list[int] = []
    kind = request.POST.get("kind", "")
    given = {"by": request.user, "silent_days": days}
    if refused := refusal(lambda: done.append(reminding.remind_unit(unit, kind, **given))):
        messages.error(request, refused)
    else:
        message = ngettext(
            "%(n)s person of the unit was reminded, in the portal and by mail.",
            "%(n)s people of the unit were reminded, in the portal and by mail.",
            done[0],
        )
        messages.success(request, message % {"n": done[0]})
    query = {} if days == SILENT_DAYS else {"days": days}
    return redirect(reverse("oversight:issues", args=[unit.key], query=query))


@require_POST
def remind_pageless(request: HttpRequest) -> HttpResponse:
    """Ask the units without a page, of the place that the board shows, to open one."""
    place = get_shown_place(request)
    if place is None:
        return redirect("oversight:nation")
    button_action(
        request,
        lambda: reminding.remind_pageless(place, by=request.user),
        message=count_reminded_units,
    )
    province = request.GET.get("province")
    return redirect(reverse("oversight:board", query={"province": province} if province else {}))
