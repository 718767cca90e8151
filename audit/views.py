from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import cached_property
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers

from audit import queries
from audit.forms import Filters

PAGE = 50
COUNTED = 5_000


class _LongPaginator(Paginator):
    """Count no further than a person will turn pages: the record grows for ever."""

    @cached_property
    def count(self) -> int:
        return self.object_list.order_by()[:COUNTED].count()


@require_GET
@vary_on_headers("HX-Request")
def log(request: HttpRequest) -> HttpResponse:
    if not request.user.reach("audit_view"):
        raise PermissionDenied
    filters = Filters(request.GET)
    filters.is_valid()
    page = _LongPaginator(queries.log(request.user, filters.cleaned_data), PAGE).get_page(
        request.GET.get("page")
    )
    entries = list(page)
    queries.place(entries, request.user)
    context = {
        "filters": filters,
        "page_obj": page,
        "entries": entries,
        "is_cut": page.paginator.count == COUNTED,
    }
    return render(request, "audit/log.html#rows" if request.htmx else "audit/log.html", context)
