"""Fields of forms: days and times as people here write them, and choices of rows."""

from datetime import time

import pytest
from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone, translation

from core.fields import ClockField, DayAndClockField, DayField, ShortModelChoiceField
from tests import factories
from units.models import Unit


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("19:30", time(19, 30)),
        ("19h30", time(19, 30)),
        ("7h", time(7)),
        (" 07.05 ", time(7, 5)),
        ("0730", time(7, 30)),
        ("730", time(7, 30)),
        ("20", time(20)),
    ],
)
def test_a_time_is_read_as_it_is_written_here(written, meant):
    assert ClockField().clean(written) == meant


@pytest.mark.parametrize("written", ["24:00", "19:60", "7:30 PM", "sáng", "1:2", "-1"])
def test_what_is_no_time_is_refused_with_an_example(written):
    with pytest.raises(ValidationError, match="19:30"):
        ClockField().clean(written)


def test_a_day_and_a_time_are_one_moment_of_local_time():
    found = DayAndClockField().clean(["28/11/2026", "19h30"])

    assert timezone.localtime(found).strftime("%d/%m/%Y %H:%M") == "28/11/2026 19:30"


def test_an_empty_moment_that_is_not_required_is_none():
    assert DayAndClockField(required=False).clean(["", ""]) is None


def test_a_stored_moment_is_shown_in_the_two_fields():
    moment = timezone.make_aware(timezone.datetime(2026, 11, 28, 19, 30))  # any clock

    html = str(DayAndClockField().widget.render("at", moment))

    assert ('value="28/11/2026"' in html, 'value="19:30"' in html) == (True, True)


def test_a_day_outside_the_years_of_the_portal_is_refused_as_days_are_written():
    with pytest.raises(ValidationError, match=r"01/01/1945 .* 31/12/2099"):
        DayField().clean("31/12/9999")


@pytest.mark.django_db
def test_a_short_choice_reads_its_rows_by_one_statement(django_assert_num_queries):
    unit = factories.UnitFactory()
    field = ShortModelChoiceField(
        Unit.objects.filter(pk=unit.pk), to_field_name="key", empty_label="All"
    )

    with django_assert_num_queries(1) as asked:
        shown = field.widget.render("unit", None)

    assert "CURSOR" not in asked[0]["sql"]
    assert f'<option value="{unit.key}">{unit}</option>' in shown
    assert shown.index("All") < shown.index(unit.key)


def test_a_list_in_which_nothing_is_chosen_says_so_in_vietnamese():
    with translation.override("vi"):
        assert str(forms.ModelChoiceField(Unit.objects.none()).empty_label) == "– Chọn –"
