"""The overview for those above: who has sent a report, is late, was returned, or did nothing."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.db.models import BooleanField, Count, ExpressionWrapper, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from accounts.context import current_position
from accounts.notices import count_reminded_units
from accounts.permissions import GRANTS, Permission
from core.actions import button_action
from core.expensive import one_at_a_time
from core.lists import FilterForm, SearchField, get_page, render_page
from core.periods import Period
from engagement.reports import periods, queries, reminders
from engagement.reports.figures import exclude_founded_later
from engagement.reports.states import REGULAR, ReportKind
from units.models import Level, Unit

PAGE = 25
PERIODS = 6
LOOKS: dict[str, tuple[Any, str, str]] = {
    "sent": (_("Sent in time"), "green", "circle-check"),
    "late": (_("Sent late"), "yellow", "clock-exclamation"),
    "returned": (_("Returned"), "red", "arrow-back-up"),
    "approved": (_("To be signed and sent"), "blue", "writing"),
    "draft": (_("Being written"), "grey", "pencil"),
    "none": (_("Nothing yet"), "grey", "circle-dashed"),
}


class OverviewFilter(FilterForm):
    """The filters of the overview, as in the address."""

    q = SearchField(_("Search units"))
    kind = forms.ChoiceField(
        label=_("Kind of report"),
        required=False,
        choices=[(kind.value, kind.label) for kind in REGULAR],
    )
    period = forms.ChoiceField(
        label=_("Period"), required=False, widget=forms.Select(attrs={"class": "is-long"})
    )
    status = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[("", _("All")), *((name, look[0]) for name, look in LOOKS.items())],
    )
    level = forms.ChoiceField(
        label=_("Level"),
        required=False,
        choices=[("", _("Right below")), ("communes", _("All communes"))],
    )

    def __init__(self, data: Any, *, offered: list[Period]) -> None:
        super().__init__(data)
        choices = [(period.first.isoformat(), str(period)) for period in offered]
        self.fields["period"].choices = choices
        # What is asked for without a choice is no filter that somebody set.
        self.fields["period"].initial = choices[0][0]
        self.fields["kind"].initial = ReportKind.MONTH


@require_GET
@one_at_a_time
def overview(request: HttpRequest) -> HttpResponse:
    """List the units below with the status of the report of each on a period."""
    place = _get_unit(request)
    today = timezone.localdate()
    kind, period, offered = _read_period(request.GET, place)
    given = request.GET.copy()
    given["kind"], given["period"] = kind, period.first.isoformat()
    form = OverviewFilter(given, offered=offered)
    chosen = form.chosen
    communes = chosen.get("level") == "communes"
    units = queries.find_bodies_below(place, period, on=today, communes=communes)
    units = units.search(chosen.get("q", ""))
    rows = queries.annotate_status(units, kind, period)
    counted = dict(rows.order_by().values_list("status").annotate(n=Count("pk")))
    if status := chosen.get("status"):
        rows = rows.filter(status=status)
    # Of a hundred units few have a report to open: theirs come first.
    order = (ExpressionWrapper(Q(status="none"), BooleanField()), "parent__search", "search", "pk")
    page = get_page(request, rows.select_related("parent").order_by(*order), PAGE)
    coverage = _read_coverage(page, kind, offered)
    for unit in page:
        unit.look = LOOKS[unit.status]
        unit.coverage = [
            (period, LOOKS[statuses[unit.pk]])
            for period, statuses in coverage
            if unit.pk in statuses
        ]
    context = {
        "page_obj": page,
        "form": form,
        "place": place,
        "period": period,
        "tiles": [
            (name, label, tone, counted.get(name, 0)) for name, (label, tone, _i) in LOOKS.items()
        ],
        "asked": status or "",
        "communes": communes or place.level == Level.PROVINCE,
        "kind": kind,
        "to_remind": 0
        if communes or period.last >= today
        else sum(counted.get(name, 0) for name in reminders.UNSENT),
    }
    return render_page(request, "engagement/reports/overview.html", context)


def _read_coverage(
    units: Iterable[Unit], kind: str, offered: Sequence[Period]
) -> list[tuple[Period, dict[int, str]]]:
    """Return by period that is over, the oldest first, the status of the report of each unit that
    owed one.
    """
    today = timezone.localdate()
    rows = Unit.objects.filter(pk__in=[unit.pk for unit in units])
    coverage = []
    for offer in sorted(offered, key=lambda period: period.first):
        if offer.last < today:
            owed = queries.annotate_status(exclude_founded_later(rows, offer), kind, offer)
            coverage.append((offer, dict(owed.values_list("pk", "status"))))
    return coverage


def _read_period(given: Mapping[str, Any], place: Unit) -> tuple[str, Period, list[Period]]:
    """Return kind and period that an address or a form names, and the periods that are offered. A
    period of another kind, left in the address, is none of this one's.
    """
    kind = given.get("kind", "")
    kind = kind if kind in {regular.value for regular in REGULAR} else ReportKind.MONTH
    first = queries.find_form(place, kind).content["first"]
    offered = periods.list_recent_periods(kind, timezone.localdate(), first, most=PERIODS)
    by_first = {period.first.isoformat(): period for period in offered}
    return kind, by_first.get(given.get("period", ""), offered[0]), offered


@require_POST
def remind_unsent(request: HttpRequest) -> HttpResponse:
    """Remind the units right below that have not sent their report on a period."""
    place = _get_unit(request)
    kind, period, _offered = _read_period(request.POST, place)
    button_action(
        request,
        lambda: reminders.remind_unsent(place, kind, period, by=request.user),
        message=count_reminded_units,
    )
    query = {"kind": kind, "period": period.first.isoformat()}
    return redirect(reverse("engagement:reports_overview", query=query))


def _get_unit(request: HttpRequest) -> Unit:
    """Return the unit from which the person watches over others: that of the current position, else
    the first.
    """
    watching = [
        appointment
        for appointment in request.user.current_appointments
        if Permission.OVERSIGHT_VIEW in GRANTS[appointment.role]
    ]
    if not watching:
        raise PermissionDenied
    position = current_position(request)
    return next(
        (appointment.unit for appointment in watching if appointment == position), watching[0].unit
    )
