"""The overview of what the official pages of the units below have and lack."""

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from accounts.context import current_position
from accounts.permissions import Permission
from channels.completeness.presenters import LABELS, score_of
from core import quotas
from core.expensive import one_at_a_time
from core.lists import FilterForm, SearchField, get_page, render_page
from engagement.exports.sheets import FORMATS, Sheet, make_download
from oversight.completeness.queries import Row, list_rows_below
from oversight.queries import find_overseen_unit, find_overseen_units, oversees_nation
from platforms.facts import PROFILE
from units.models import Level, Unit


class PagesForm(FilterForm):
    q = SearchField(gettext_lazy("Search units"))
    missing = forms.ChoiceField(
        label=gettext_lazy("Lacks"),
        choices=[("", gettext_lazy("All")), *LABELS.items()],
        required=False,
    )
    province = forms.SlugField(max_length=8, required=False, widget=forms.HiddenInput)


PAGE = 15


@require_GET
@one_at_a_time
def official_pages(request: HttpRequest) -> HttpResponse:
    """Show the units right below with how complete their pages are, by name: the provinces, or the
    communes of one.
    """
    if not request.user.reach(Permission.OVERSIGHT_VIEW):
        raise PermissionDenied
    form = PagesForm(request.GET or None)
    chosen = form.chosen
    place = _get_place(request, chosen.get("province", ""))
    if place is None:
        return redirect("channels:completeness")
    item = chosen.get("missing", "")
    rows_below = list_rows_below(place, request.user, query=chosen.get("q", ""))
    rows = [row for row in rows_below if row.pages and (not item or row.missing[item])]
    pageless = [row for row in rows_below if not row.pages and not item]
    if (format := request.GET.get("format")) in FORMATS:
        quotas.use("export", by=request.user)
        return make_download(
            format,
            f"trang-chinh-thuc-{timezone.localdate():%Y%m%d}",
            [_make_sheet(rows + pageless)],
        )
    totals = {name: sum(row.missing[name] for row in rows_below) for name in PROFILE}
    context = {
        "form": form,
        "place": place,
        "nation": place.level == Level.MINISTRY,
        "may_nation": oversees_nation(request.user),
        "page_obj": get_page(request, rows, PAGE),
        "pages": sum(row.pages for row in rows_below),
        "pageless": pageless,
        "score": score_of(
            sum(row.score.there for row in rows_below),
            sum(row.score.possible for row in rows_below),
        ),
        "asked": item,
        "asked_label": LABELS[item] if item else "",
        "tiles": [(name, LABELS[name], n) for name, n in totals.items() if n],
        "filtered": any(chosen.get(name) for name in ("q", "missing")),
    }
    for row in context["page_obj"]:
        row.unit.missing = row.missing[item] if item else None
    return render_page(request, "oversight/official_pages.html", context)


def _get_place(request: HttpRequest, key: str) -> Unit | None:
    if key:
        return get_object_or_404(find_overseen_units(request.user), key=key, level=Level.PROVINCE)
    return find_overseen_unit(request.user, current_position(request))


def _make_sheet(rows: list[Row]) -> Sheet:
    columns = [_("Lacks: %(item)s") % {"item": LABELS[name]} for name in PROFILE]
    head = [_("Unit"), _("Pages"), _("Not looked at yet"), _("How complete"), *columns]
    return Sheet(
        title=_("Official pages"),
        head=head,
        rows=[
            [row.unit.name, row.pages, row.unknown, row.score.share, *row.missing.values()]
            for row in rows
        ],
    )
