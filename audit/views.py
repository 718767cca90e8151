from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from audit import queries, sentences
from core.fields import DayField
from core.lists import FilterForm, get_page, render_page
from core.permissions import Permission


class Filters(FilterForm):
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


COUNTED = 5_000  # the record grows for ever


@require_GET
def log(request: HttpRequest) -> HttpResponse:
    if not request.user.reach(Permission.AUDIT_VIEW):
        raise PermissionDenied
    filters = Filters(request.GET)
    rows = queries.find_entries(request.user, filters.chosen)
    page = get_page(request, rows, most=COUNTED)
    entries = list(page)
    queries.add_places(entries, request.user)
    context = {
        "filters": filters,
        "page_obj": page,
        "entries": entries,
    }
    return render_page(request, "audit/log.html", context)
