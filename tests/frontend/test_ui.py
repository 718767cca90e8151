import re
from datetime import UTC, date, datetime, timedelta

import pytest
from django import forms
from django.core.paginator import Paginator
from django.template import Context, RequestContext, Template
from django.test import RequestFactory
from django.urls import resolve, reverse
from django.utils import timezone, translation
from django.utils.safestring import mark_safe

from accounts.permissions import DEEP, Role
from core.navigation import ENTRIES, SIDEBAR, TABS, Entry
from core.templatetags.ui import (
    count_or_missing,
    distance,
    figure_rows,
    icon,
    local_time,
    nav_item,
)
from tests.factories import ProvinceFactory, UnitFactory, person


@pytest.mark.parametrize(("figure", "shown"), [(12345, "12.345"), (0, "0"), (999, "999")])
def test_a_figure_is_grouped_the_vietnamese_way(figure, shown):
    with translation.override("vi"):
        assert count_or_missing(figure) == shown


def test_a_figure_drawn_once_is_grouped_as_each_language_does():
    for language, shown in (("vi", "12.345"), ("en", "12,345"), ("vi", "12.345")):
        with translation.override(language):
            assert count_or_missing(12345) == shown


def test_a_table_of_figures_labels_its_cells_links_its_rows_and_escapes_both():
    with translation.override("vi"):
        rows = figure_rows(
            ["Xã", "Lượt <xem>", "Ngày"],
            [["Hải & Châu", 12345, date(2026, 3, 1)], ["Sơn Trà", None, 0.5]],
            ["/units/a/?x=1&y=2", ""],
        )

    assert rows.split("\n") == [
        '<tr><th scope="row"><a href="/units/a/?x=1&amp;y=2">Hải &amp; Châu</a></th>'
        '<td class="num" data-label="Lượt &lt;xem&gt;">12.345</td>'
        '<td class="num" data-label="Ngày">01/03/2026</td></tr>',
        '<tr><th scope="row">Sơn Trà</th>'
        '<td class="num" data-label="Lượt &lt;xem&gt;">chưa đo</td>'
        '<td class="num" data-label="Ngày">50 %</td></tr>',
    ]


def test_a_table_of_figures_without_links_has_all_its_rows():
    assert figure_rows(["Day", "n"], [["a", 1], ["b", 2]], ()).count("<tr>") == 2


def test_a_figure_nobody_measured_is_never_shown_as_zero():
    with translation.override("en"):
        assert count_or_missing(None) == "not measured"


def test_a_moment_is_shown_on_the_clock_of_the_station():
    with translation.override("vi"):
        assert local_time(datetime(2026, 12, 5, 0, 0, tzinfo=UTC)) == "07:00 05/12/2026"
        assert local_time(None) == ""


@pytest.mark.parametrize(
    ("away", "words"),
    [
        (timedelta(seconds=-20), "now"),
        (timedelta(minutes=-1, seconds=-5), "1 minute ago"),
        (timedelta(hours=-5, minutes=-50), "5 hours ago"),
        (timedelta(days=-1, hours=-23), "1 day ago"),
        (timedelta(days=3, minutes=1), "in 3 days"),
        (timedelta(minutes=45, seconds=30), "in 45 minutes"),
    ],
)
def test_a_distance_in_time_is_reported_in_its_largest_unit(away, words):
    assert distance(timezone.now() + away) == words


@pytest.mark.parametrize(
    ("address", "entry", "current"),
    [
        ("/posts/", "publishing:post_list", True),
        ("/posts/new/", "publishing:post_list", False),
        ("/posts/new/", "posts:new", True),
        ("/people/invite/", "accounts:people", True),
        ("/me/", "accounts:people", False),
    ],
)
def test_an_entry_is_current_on_its_page_and_on_those_below_it(address, entry, current):
    request = RequestFactory().get(address)
    request.resolver_match = resolve(address)

    item = nav_item(Context({"request": request}), Entry(entry, "list", "label", TABS, 0))

    assert ("aria-current" in item) is current


def test_on_each_page_of_the_navigation_its_own_entry_alone_is_current():
    entries = [entry for entry in ENTRIES if entry.part in SIDEBAR]
    assert len(entries) > 10
    for here in entries:
        request = RequestFactory().get(reverse(here.view))
        request.resolver_match = resolve(request.path)
        context = Context({"request": request})
        # A page may have an entry for each group of people whom it is shown to.
        assert {entry.view for entry in entries if "aria-current" in nav_item(context, entry)} == {
            here.view
        }


def test_an_icon_drawn_once_is_not_what_another_label_gets():
    marked = icon("list", "", mark_safe("<b>all</b>"))

    assert 'aria-label="<b>all</b>"' in marked
    assert 'aria-label="&lt;b&gt;all&lt;/b&gt;"' in icon("list", "", "<b>all</b>")
    assert 'aria-hidden="true"' in icon("list")


def test_an_entry_drawn_once_bears_the_words_of_each_language():
    entry = next(entry for entry in ENTRIES if entry.view == "publishing:post_list")
    drawn = {}
    for language in ("vi", "en"):
        with translation.override(language):
            drawn[language] = nav_item(Context(), entry)

    assert "Posts" in drawn["en"]
    assert "Posts" not in drawn["vi"]


def test_the_options_of_a_choice_bear_their_words_escaped_and_which_is_chosen():
    field = forms.ChoiceField(choices=[("", "<all>"), ("Units", [(7, "Hội & An")])])
    html = field.widget.render("unit", 7)

    assert '<option value="">&lt;all&gt;</option>' in html
    assert (
        '<optgroup label="Units"><option value="7" selected>Hội &amp; An</option></optgroup>'
        in html
    )


class OneField(forms.Form):
    title = forms.CharField(help_text="Short.")


def test_a_field_ties_its_label_help_and_error_to_the_control():
    html = Template("{{ form.title.as_field_group }}").render(
        Context({"form": OneField({"title": ""})})
    )

    assert '<label class="form-label" for="id_title">' in html
    assert 'aria-describedby="id_title_helptext id_title_error"' in html
    assert '<div class="form-hint" id="id_title_helptext">Short.</div>' in html
    assert 'id="id_title_error"' in html
    assert 'class="form-control is-invalid"' in html


def test_pages_of_a_list_keep_its_filters(rf):
    page = Paginator(range(100), 10).get_page(2)
    template = Template('{% include "components/pagination.html" with page_obj=page only %}')
    html = template.render(RequestContext(rf.get("/?state=late&page=2"), {"page": page}))

    assert 'href="?state=late&amp;page=1"' in html
    assert 'href="?state=late&amp;page=3"' in html


@pytest.mark.django_db
@pytest.mark.parametrize("role", Role.values)
def test_the_frame_shows_each_role_only_pages_that_open_for_it(client, role):
    unit = ProvinceFactory()
    client.force_login(person(role, unit if role in DEEP else UnitFactory(parent=unit)))

    html = client.get(reverse("accounts:me")).content.decode()
    entries = set(re.findall(r'<a class="nav-link" href="([^"]+)"', html))

    assert {address: client.get(address).status_code for address in entries} == dict.fromkeys(
        entries, 200
    )
