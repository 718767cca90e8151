"""Lists: their filters, their pages, and their rows alone for htmx."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.functional import cached_property
from django.utils.http import urlencode

PAGE = 25


class FilterForm(forms.Form):
    """Filters of a list, as the address gives them; without any, the form has no errors to show."""

    def __init__(self, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data or None, **kwargs)

    @cached_property
    def chosen(self) -> dict[str, Any]:
        """Return the values by field. One that fits nothing is left out, and narrows nothing."""
        return self.cleaned_data if self.is_valid() or self.is_bound else {}


class SearchField(forms.CharField):
    """The search box of a list. Named ``q``, it stands before the other filters."""

    def __init__(self, label: Any, placeholder: Any = "", *, max_length: int = 100) -> None:
        widget = forms.SearchInput(attrs={"placeholder": placeholder or label})
        super().__init__(label=label, max_length=max_length, required=False, widget=widget)


# The fields of a list's filters that may stand in a saved view, by the name of the list's view.
SAVED_FIELDS: dict[str, frozenset[str]] = {}


def offer_saving(page: str, filters: type[forms.Form], *others: str) -> None:
    """Let people save views of a list: of its filters, and of ``others`` that the form adds when it
    is made. Words that somebody typed are left out, for they might name a person.
    """
    chosen = (n for n, field in filters.base_fields.items() if not isinstance(field, SearchField))  # type: ignore[attr-defined]
    SAVED_FIELDS[page] = frozenset([*chosen, *others])


def clean_query(page: str, given: QueryDict) -> str:
    """Return what of a query is a filter of the list that may be saved, in one order."""
    names = sorted(SAVED_FIELDS[page] & given.keys())
    return urlencode([(name, str(given[name])[:100]) for name in names if given[name]])


class CappedPaginator(Paginator):
    """Count no further than a person will turn pages, in a list that grows for ever."""

    def __init__(self, rows: Any, per_page: int, *, most: int):
        super().__init__(rows, per_page)
        self.rows, self.most = rows, most

    @cached_property
    def count(self) -> int:
        return self.rows.order_by()[: self.most].count()

    @property
    def is_cut(self) -> bool:
        return self.count >= self.most


def get_page(
    request: HttpRequest,
    rows: QuerySet | Sequence[Any],
    size: int = PAGE,
    *,
    most: int | None = None,
    count: int | None = None,
) -> Page:
    """Return the page that the address names: the first if it names none, the last if too high.
    ``most``: turn no further than so many rows. ``count``: the rows are counted.
    """
    paginator = CappedPaginator(rows, size, most=most) if most else Paginator(rows, size)
    if count is not None:
        paginator.count = count
    return paginator.get_page(request.GET.get("page"))


def render_page(
    request: HttpRequest,
    template: str,
    context: dict[str, Any],
    *,
    part: str = "rows",
    status: int = 200,
) -> HttpResponse:
    """Render a page or, where htmx asks, its ``{% partialdef %}`` alone, of the same address."""
    name = f"{template}#{part}" if request.htmx else template  # type: ignore[attr-defined]
    response = render(request, name, context, status=status)
    patch_vary_headers(response, ["HX-Request"])  # no cache shows a part as a page
    return response
