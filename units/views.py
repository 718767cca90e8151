from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods
from django.views.decorators.vary import vary_on_headers

from core.errors import NotAllowed, Refused
from units import forms, services
from units.models import Level, Unit
from units.queries import Burden, burdens, people_of, reach_of

PAGE = 50


def _shown(request: HttpRequest, key: str) -> Unit:
    seen = Unit.objects.visible_to(request.user).select_related("parent", "successor")
    return get_object_or_404(seen, key=key)


def _arranged(request: HttpRequest, key: str) -> Unit:
    unit = _shown(request, key)
    if request.user.authority("unit_manage", unit=unit) is None:
        raise PermissionDenied
    return unit


def _back(request: HttpRequest, unit: Unit, why: str) -> HttpResponse:
    messages.error(request, why)
    return redirect("units:unit", unit.key)


def _may_end(request: HttpRequest, unit: Unit) -> bool:
    """Whether the person may merge or close it: who arranges the unit above decides that."""
    return bool(unit.is_current and unit.parent and request.user.authority("unit_manage", unit=unit.parent))


def _root(request: HttpRequest) -> Unit:
    """Where the tree begins: the unit asked for, else the one at the desk, else the highest that is seen."""
    seen = Unit.objects.visible_to(request.user)
    if key := request.GET.get("under", ""):
        return get_object_or_404(seen, key=key)
    desk = next((held for held in request.user.held if held.pk == request.session.get("desk")), None)
    root = desk.unit if desk else seen.order_by("path").first()
    if root is None:
        raise PermissionDenied
    return root


@require_GET
@vary_on_headers("HX-Request")
def tree(request: HttpRequest) -> HttpResponse:
    root = _root(request)
    filters = forms.Filters(request.GET)
    filters.is_valid()
    words, show = filters.cleaned_data.get("q", ""), filters.cleaned_data.get("show", "")
    today = timezone.localdate()
    seen = Unit.objects.visible_to(request.user).select_related("parent").order_by("search")
    units = seen.under(root).exclude(pk=root.pk) if words or show else seen.filter(parent=root)
    if root.level == Level.COMMUNE:
        units = seen.filter(pk=root.pk)
    match show:
        case "closed":
            units = units.filter(valid_to__lte=today)
        case "no_police":
            units = units.current(today).filter(has_police_body=False)
        case "all":
            pass
        case _:
            units = units.current(today)
    page = Paginator(units.search(words), PAGE).get_page(request.GET.get("page"))
    _count(list(page))
    may_create = request.user.authority("unit_manage", unit=root) is not None and root.level != Level.COMMUNE
    context = {"root": root, "filters": filters, "page_obj": page, "may_create": may_create, "today": today}
    return render(request, "units/tree.html#rows" if request.htmx else "units/tree.html", context)


def _count(units: list[Unit]) -> None:
    """Hangs ``people``, ``channels`` and, on a province, ``communes`` on each; a province's include its communes'."""
    own = burdens(Unit.objects.filter(pk__in=[u.pk for u in units]))
    provinces = [u for u in units if u.level != Level.COMMUNE]
    below = Unit.objects.filter(parent__in=provinces, valid_to=None)
    sums = burdens(below, by="parent") if provinces else {}
    communes = dict(below.order_by().values_list("parent").annotate(Count("pk"))) if provinces else {}
    for unit in units:
        mine, theirs = own[unit.pk], sums.get(unit.pk, Burden())
        unit.people, unit.channel_count = mine.people + theirs.people, mine.channels + theirs.channels
        unit.communes = communes.get(unit.pk, 0)


@require_GET
def options(request: HttpRequest) -> JsonResponse:
    """The units that bear the words, for the fields in which one is chosen."""
    words = request.GET.get("q", "")[:100]
    units = reach_of(request.user, "unit_view").search(words).select_related("parent")[:20]
    return JsonResponse({"units": [{"label": u.label, "code": u.code} for u in units]})


@require_GET
def unit(request: HttpRequest, key: str) -> HttpResponse:
    row = _shown(request, key)
    may_arrange = row.is_current and request.user.authority("unit_manage", unit=row) is not None
    return render(
        request,
        "units/unit.html",
        {
            "unit": row,
            "people": people_of(row),
            "burden": burdens(Unit.objects.filter(pk=row.pk))[row.pk],
            "communes": row.children.filter(valid_to=None).count() if row.level != Level.COMMUNE else 0,
            "predecessors": row.predecessors.all(),
            "former_names": row.former_names.all(),
            "may_arrange": may_arrange,
            "may_end": _may_end(request, row),
            "today": timezone.localdate(),
        },
    )


def _saved(form: Any, act: Any) -> Any:
    """Does ``act``; None after a refusal, whose words then stand on the form."""
    try:
        return act()
    except NotAllowed as refused:
        raise PermissionDenied(str(refused)) from refused
    except Refused as refused:
        form.add_error(None, str(refused))
    return None


@require_http_methods(["GET", "POST"])
def create(request: HttpRequest, key: str) -> HttpResponse:
    parent = _arranged(request, key)
    if parent.level == Level.COMMUNE or not parent.is_current:
        return _back(request, parent, _("No unit can be added below this one."))
    form = forms.NewUnit(request.POST or None)
    if request.method == "POST" and form.is_valid():
        facts = form.cleaned_data
        facts["name"] = facts["name"] or services.police_name(facts["place"])
        if made := _saved(form, lambda: services.create(parent=parent, by=request.user, **facts)):
            messages.success(request, _("%(unit)s now stands in the tree.") % {"unit": made})
            return redirect("units:unit", made.key)
    status = 422 if form.is_bound else 200
    return render(request, "units/create.html", {"form": form, "parent": parent}, status=status)


@require_http_methods(["GET", "POST"])
def rename(request: HttpRequest, key: str) -> HttpResponse:
    row = _arranged(request, key)
    form = forms.Rename(request.POST or None, initial={"name": row.name, "place": row.place, "code": row.code})
    if request.method == "POST" and form.is_valid():
        was = row.name

        def act() -> bool:
            services.rename(row, by=request.user, **form.cleaned_data)
            return True

        if _saved(form, act):
            messages.success(request, _("Saved. The former name “%(name)s” stays on record.") % {"name": was})
            return redirect("units:unit", row.key)
    status = 422 if form.is_bound else 200
    return render(request, "units/rename.html", {"form": form, "unit": row}, status=status)


@require_http_methods(["GET", "POST"])
def close(request: HttpRequest, key: str) -> HttpResponse:
    row = _arranged(request, key)
    if not _may_end(request, row):
        return _back(request, row, _("Only who administers the unit above can merge or close this one."))
    form = forms.Close(request.POST or None)
    if request.method == "POST" and form.is_valid():

        def act() -> bool:
            services.close(row, by=request.user, **form.cleaned_data)
            return True

        if _saved(form, act):
            messages.success(request, _("%(unit)s is closed; its record stays.") % {"unit": row})
            return redirect("units:unit", row.key)
    burden = burdens(Unit.objects.filter(pk=row.pk))[row.pk]
    status = 422 if form.is_bound else 200
    return render(request, "units/close.html", {"form": form, "unit": row, "burden": burden}, status=status)


@require_http_methods(["GET", "POST"])
def merge(request: HttpRequest, key: str) -> HttpResponse:
    """First shows what a merger will do, then, confirmed, does it: the same checked form both times."""
    row = _arranged(request, key)
    if not _may_end(request, row):
        return _back(request, row, _("Only who administers the unit above can merge or close this one."))
    siblings = reach_of(request.user, "unit_manage").filter(level=row.level)
    form = forms.Merge(request.POST or None, unit=row, units=siblings)
    context: dict[str, Any] = {"form": form, "unit": row}
    if request.method == "POST" and form.is_valid():
        facts = form.cleaned_data
        units = list({u.pk: u for u in (row, *facts["others"])}.values())
        into = facts["into"]
        if facts["target"] == "new":
            into = {name: facts[name] for name in ("kind", "place", "name", "code")}
            into["name"] = into["name"] or services.police_name(into["place"])
        if "confirm" in request.POST:

            def act() -> Unit:
                return services.merge(
                    units,
                    into=into,
                    on=facts["on"],
                    by=request.user,
                    reason=facts["reason"],
                    move_people=facts["move_people"],
                )

            if made := _saved(form, act):
                words = ngettext(
                    "%(n)s unit was merged into %(into)s.", "%(n)s units were merged into %(into)s.", len(units)
                )
                messages.success(request, words % {"n": len(units), "into": made})
                return redirect("units:unit", made.key)
        elif "change" not in request.POST:
            hanging = burdens(Unit.objects.filter(pk__in=[u.pk for u in units]))
            for u in units:
                u.burden = hanging[u.pk]
                u.communes = u.children.filter(valid_to=None).count() if u.level != Level.COMMUNE else 0
            context |= {"units": units, "into": into if isinstance(into, Unit) else into["name"], "facts": facts}
            return render(request, "units/merge_preview.html", context)
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "units/merge.html", context, status=status)
