"""A list's pages, its filters, and its rows alone for htmx."""

import pytest
from django import forms

from core.lists import PAGE, FilterForm, SearchField, get_page, render_page
from tests.factories import ProvinceFactory
from units.models import Unit


class UnitFilter(FilterForm):
    q = SearchField("Search units")
    level = forms.ChoiceField(choices=[("", "All"), ("commune", "Communes")], required=False)


@pytest.mark.parametrize(
    ("asked", "number"),
    [
        ("", 1),
        ("page=", 1),
        ("page=2", 2),
        ("page=abc", 1),
        ("page=0", 4),
        ("page=-1", 4),
        ("page=999999999999", 4),
        ("page=" + "9" * 5000, 1),
    ],
)
def test_every_page_number_leads_to_a_page(rf, asked, number):
    assert get_page(rf.get(f"/?{asked}"), range(3 * PAGE + 1)).number == number


@pytest.mark.django_db
def test_a_list_that_grows_for_ever_is_counted_no_further_than_it_is_turned(
    rf, django_assert_num_queries
):
    for _ in range(5):
        ProvinceFactory()
    with django_assert_num_queries(2):
        page = get_page(rf.get("/?page=9"), Unit.objects.order_by("pk"), 2, most=3)
        rows = list(page)

    assert (page.number, page.paginator.count, page.paginator.is_cut) == (2, 3, True)
    assert len(rows) == 1
    assert not get_page(rf.get("/"), Unit.objects.order_by("pk"), 2, most=99).paginator.is_cut


@pytest.mark.django_db
def test_rows_that_are_counted_already_are_not_counted_again(rf, django_assert_num_queries):
    with django_assert_num_queries(1):
        page = get_page(rf.get("/"), Unit.objects.order_by("pk"), most=50, count=30)
        list(page)

    assert page.paginator.num_pages == 2


def test_a_filter_that_fits_nothing_narrows_nothing_and_leaves_the_others():
    form = UnitFilter({"q": "Hải Châu", "level": "planet"})

    assert form.chosen == {"q": "Hải Châu"}


def test_an_address_without_filters_chooses_nothing():
    assert (UnitFilter({}).chosen, UnitFilter({}).is_bound) == ({}, False)


@pytest.mark.parametrize("by_htmx", [True, False])
def test_htmx_gets_the_rows_alone_and_no_cache_takes_them_for_the_page(rf, by_htmx):
    request = rf.get("/")
    request.htmx = by_htmx

    response = render_page(request, "core/keys.html", {"pages": []}, part="keys")

    assert ("<html" in response.content.decode(), response["Vary"]) == (not by_htmx, "HX-Request")
