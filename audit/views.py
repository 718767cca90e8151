from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers

from audit import queries, sentences
from core.fields import DayField
from core.paging import CappedPaginator


class Filters(forms.Form):
    who = forms.CharField(label=_("Who"), required=False, max_length=150)
    group = forms.ChoiceField(
        label=_("About"),
        required=False,
        choices=lambda: [("", _("All")), *sentences.list_groups()],
    )
    unit = forms.CharField(label=_("Unit"), required=False, max_length=200)
    what = forms.CharField(label=_("Title or name"), required=False, max_length=200)
    first = DayField(label=_("From"), required=False)
    last = DayField(label=_("Until"), required=False)


PAGE = 25
COUNTED = 5_000  # the record grows for ever


@require_GET
@vary_on_headers("HX-Request")
def log(request: HttpRequest) -> HttpResponse:
    if not request.user.reach("audit_view"):
        raise PermissionDenied
    filters = Filters(request.GET)
    filters.is_valid()
    rows = queries.find_entries(request.user, filters.cleaned_data)
    page = CappedPaginator(rows, PAGE, most=COUNTED).get_page(request.GET.get("page"))
    entries = list(page)
    queries.add_places(entries, request.user)
    context = {
        "filters": filters,
        "page_obj": page,
        "entries": entries,
    }
    return render(request, "audit/log.html#rows" if request.htmx else "audit/log.html", context)
