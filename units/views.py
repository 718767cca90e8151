from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from core.actions import form_action, form_data
from core.lists import get_page, render_page
from core.permissions import Permission
from core.text import fold
from units import facts as unit_facts
from units import forms, services
from units.models import LEVEL_BELOW, Level, Unit
from units.queries import (
    Burden,
    count_burdens,
    find_best_matches,
    find_last_change_of_facts,
    find_people,
    find_reachable_units,
    get_facts,
)

PAGE = 50


def _get_visible_unit(request: HttpRequest, key: str) -> Unit:
    seen = Unit.objects.visible_to(request.user).select_related("parent", "successor")
    return get_object_or_404(seen, key=key)


def _get_arranged_unit(request: HttpRequest, key: str) -> Unit:
    unit = _get_visible_unit(request, key)
    if request.user.authority(Permission.UNIT_MANAGE, unit=unit) is None:
        raise PermissionDenied
    return unit


def _answer_back(request: HttpRequest, unit: Unit, why: str) -> HttpResponse:
    messages.error(request, why)
    return redirect("units:unit", unit.key)


def _can_merge_or_close(request: HttpRequest, unit: Unit) -> bool:
    """Check whether the person may merge or close it: who arranges the unit above decides that."""
    return bool(
        unit.is_current
        and unit.parent
        and request.user.authority(Permission.UNIT_MANAGE, unit=unit.parent)
    )


def _get_root(request: HttpRequest) -> Unit:
    """Return the top of the tree: the unit asked for, else the current position's, else the highest
    visible one.
    """
    seen = Unit.objects.visible_to(request.user)
    if key := request.GET.get("under", ""):
        return get_object_or_404(seen, key=key)
    position = next(
        (a for a in request.user.current_appointments if a.pk == request.session.get("desk")), None
    )
    root = position.unit if position else seen.order_by("path").first()
    if root is None:
        raise PermissionDenied
    return root


@require_GET
def tree(request: HttpRequest) -> HttpResponse:
    root = _get_root(request)
    filters = forms.Filters(request.GET)
    query, show = filters.chosen.get("q", ""), filters.chosen.get("show", "")
    today = timezone.localdate()
    seen = Unit.objects.visible_to(request.user).select_related("parent").order_by("search")
    units = seen.under(root).exclude(pk=root.pk) if query or show else seen.filter(parent=root)
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
    page = get_page(request, units.search(query), PAGE)
    _add_counts(list(page))
    may_create = (
        request.user.authority(Permission.UNIT_MANAGE, unit=root) is not None
        and root.level != Level.COMMUNE
    )
    context = {
        "root": root,
        "filters": filters,
        "page_obj": page,
        "may_create": may_create,
        "today": today,
    }
    return render_page(request, "units/tree.html", context)


def _add_counts(units: list[Unit]) -> None:
    """Set ``people``, ``channels`` and, on a province, ``communes`` on each unit; a province's
    include its communes'.
    """
    own_burdens = count_burdens(Unit.objects.filter(pk__in=[u.pk for u in units]))
    provinces = [u for u in units if u.level != Level.COMMUNE]
    children = Unit.objects.filter(parent__in=provinces, valid_to=None)
    burdens_below = count_burdens(children, by="parent") if provinces else {}
    communes = (
        dict(children.order_by().values_list("parent").annotate(Count("pk"))) if provinces else {}
    )
    for unit in units:
        own, below = own_burdens[unit.pk], burdens_below.get(unit.pk, Burden())
        unit.people, unit.channel_count = own.people + below.people, own.channels + below.channels
        unit.communes = communes.get(unit.pk, 0)


@require_GET
def options(request: HttpRequest) -> JsonResponse:
    """List the units that match the words, for the fields in which one is chosen."""
    query = fold(request.GET.get("q", "")[:100])
    seen = find_reachable_units(request.user, Permission.UNIT_VIEW).select_related("parent")
    units = find_best_matches(seen, query)[:20]
    return JsonResponse({"units": [{"label": u.label, "code": u.code} for u in units]})


@require_GET
def unit(request: HttpRequest, key: str) -> HttpResponse:
    row = _get_visible_unit(request, key)
    may_arrange = (
        row.is_current and request.user.authority(Permission.UNIT_MANAGE, unit=row) is not None
    )
    predecessors = list(row.predecessors.all())
    related = {row.parent_id, row.successor_id, *(old.pk for old in predecessors)}
    visible = Unit.objects.visible_to(request.user).filter(pk__in=related - {None})
    return render(
        request,
        "units/unit.html",
        {
            "unit": row,
            "people": find_people(row),
            "burden": count_burdens(Unit.objects.filter(pk=row.pk))[row.pk],
            "communes": row.children.filter(valid_to=None).count()
            if row.level != Level.COMMUNE
            else 0,
            "predecessors": predecessors,
            "visible": set(visible.order_by().values_list("pk", flat=True)),
            "former_names": row.former_names.all(),
            "facts": get_facts(row),
            "facts_changed": find_last_change_of_facts(row),
            "may_change_facts": row.is_current
            and request.user.authority(Permission.UNIT_FACTS, unit=row) is not None,
            "may_see_leader_phone": request.user.authority(Permission.OVERSIGHT_VIEW, unit=row)
            is not None
            or request.user.authority(Permission.UNIT_FACTS, unit=row) is not None,
            "may_arrange": may_arrange,
            "can_merge_or_close": _can_merge_or_close(request, row),
            "today": timezone.localdate(),
        },
    )


@require_http_methods(["GET", "POST"])
def facts(request: HttpRequest, key: str) -> HttpResponse:
    """Change what the unit tells residents about itself."""
    row = _get_visible_unit(request, key)
    if request.user.authority(Permission.UNIT_FACTS, unit=row) is None:
        raise PermissionDenied
    form = forms.FactsForm(form_data(request), facts=get_facts(row))
    done = form_action(form, lambda: unit_facts.change_facts(row, form.facts(), by=request.user))
    if done:
        messages.success(request, _("Saved. Templates and posts show this from their next use on."))
        return redirect("units:unit", row.key)
    return render(request, "units/facts.html", {"form": form, "unit": row}, status=done.status)


@require_http_methods(["GET", "POST"])
def create(request: HttpRequest, key: str) -> HttpResponse:
    parent = _get_arranged_unit(request, key)
    if parent.level == Level.COMMUNE or not parent.is_current:
        return _answer_back(request, parent, _("No unit can be added below this one."))
    form = forms.NewUnit(request.POST or None, level=LEVEL_BELOW[Level(parent.level)])
    done = form_action(
        form, lambda: services.create_unit(parent=parent, by=request.user, **form.cleaned_data)
    )
    if done:
        messages.success(request, _("%(unit)s now stands in the tree.") % {"unit": done.result})
        return redirect("units:unit", done.result.key)
    return render(
        request, "units/create.html", {"form": form, "parent": parent}, status=done.status
    )


@require_http_methods(["GET", "POST"])
def rename(request: HttpRequest, key: str) -> HttpResponse:
    row = _get_arranged_unit(request, key)
    was = row.name
    form = forms.Rename(
        request.POST or None, initial={"name": row.name, "place": row.place, "code": row.code}
    )
    done = form_action(
        form, lambda: services.rename_unit(row, by=request.user, **form.cleaned_data)
    )
    if done:
        messages.success(
            request, _("Saved. The former name “%(name)s” stays on record.") % {"name": was}
        )
        return redirect("units:unit", row.key)
    return render(request, "units/rename.html", {"form": form, "unit": row}, status=done.status)


@require_http_methods(["GET", "POST"])
def close(request: HttpRequest, key: str) -> HttpResponse:
    row = _get_arranged_unit(request, key)
    if not _can_merge_or_close(request, row):
        return _answer_back(
            request, row, _("Only who administers the unit above can merge or close this one.")
        )
    form = forms.Close(request.POST or None)
    done = form_action(form, lambda: services.close_unit(row, by=request.user, **form.cleaned_data))
    if done:
        messages.success(request, _("%(unit)s is closed; its record stays.") % {"unit": row})
        return redirect("units:unit", row.key)
    burden = count_burdens(Unit.objects.filter(pk=row.pk))[row.pk]
    return render(
        request,
        "units/close.html",
        {"form": form, "unit": row, "burden": burden},
        status=done.status,
    )


@require_http_methods(["GET", "POST"])
def merge(request: HttpRequest, key: str) -> HttpResponse:
    """Show what a merger will do, then, once confirmed, do it: the same form
    is checked both times.
    """
    row = _get_arranged_unit(request, key)
    if not _can_merge_or_close(request, row):
        return _answer_back(
            request, row, _("Only who administers the unit above can merge or close this one.")
        )
    siblings = find_reachable_units(request.user, Permission.UNIT_MANAGE).filter(level=row.level)
    form = forms.Merge(request.POST or None, unit=row, units=siblings)
    context = {"form": form, "unit": row}
    if form.is_bound and form.is_valid() and "confirm" not in request.POST:
        if "change" in request.POST:
            return render(request, "units/merge.html", context)
        return render(
            request,
            "units/merge_preview.html",
            {**context, **_preview_merger(row, form.cleaned_data)},
        )
    done = form_action(
        form,
        lambda: services.merge_units(
            by=request.user, **_make_merge_arguments(row, form.cleaned_data)
        ),
    )
    if done:
        n = len(_make_merge_arguments(row, form.cleaned_data)["units"])
        message = ngettext(
            "%(n)s unit was merged into %(into)s.", "%(n)s units were merged into %(into)s.", n
        )
        messages.success(request, message % {"n": n, "into": done.result})
        return redirect("units:unit", done.result.key)
    return render(request, "units/merge.html", context, status=done.status)


def _make_merge_arguments(row: Unit, facts: dict[str, Any]) -> dict[str, Any]:
    """Return what the form says as the arguments of `services.merge_units`."""
    into = facts["into"]
    if facts["target"] == "new":
        into = {name: facts[name] for name in ("kind", "place", "name", "code")}
        into["name"] = into["name"] or services.make_police_name(into["place"])
    units = list({unit.pk: unit for unit in (row, *facts["others"])}.values())
    return {
        "units": units,
        "into": into,
        **{name: facts[name] for name in ("on", "reason", "move_people")},
    }


def _preview_merger(row: Unit, facts: dict[str, Any]) -> dict[str, Any]:
    """Return what a merger will do: the units that end, with their dependents, and the successor's
    name.
    """
    merger = _make_merge_arguments(row, facts)
    units, into = merger["units"], merger["into"]
    hanging = count_burdens(Unit.objects.filter(pk__in=[unit.pk for unit in units]))
    for unit in units:
        unit.burden = hanging[unit.pk]
        unit.communes = (
            unit.children.filter(valid_to=None).count() if unit.level != Level.COMMUNE else 0
        )
    return {
        "units": units,
        "into": into if isinstance(into, Unit) else into["name"],
        "facts": facts,
    }
