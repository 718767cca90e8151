"""Periods offered by one tap begin with the days of the unit's own reports."""

from datetime import date

import pytest
from django.urls import reverse

from accounts.permissions import Role
from core.periods import Period
from engagement.presets import list_report_periods
from tests import factories

pytestmark = pytest.mark.django_db


def test_they_have_the_names_and_the_days_of_the_reports():
    found = list_report_periods(factories.UnitFactory(), today=date(2026, 11, 30))

    assert found == [
        # Weeks of reports begin on a Friday, months on the 15th of the month before.
        ("This report week", Period(date(2026, 11, 27), date(2026, 11, 30))),
        ("Report of month 11", Period(date(2026, 10, 15), date(2026, 11, 14))),
        ("Quarter IV", Period(date(2026, 9, 15), date(2026, 11, 30))),
        ("Year 2026", Period(date(2026, 1, 1), date(2026, 11, 30))),
    ]


def test_the_nation_is_offered_no_year_which_is_more_days_than_are_added_up():
    periods = list_report_periods(factories.ministry(), today=date(2026, 11, 30))
    labels = [name for name, _period in periods]
    assert labels == ["This report week", "Report of month 11", "Quarter IV"]


def test_results_and_overviews_offer_them(client):
    province = factories.UnitFactory().parent
    client.force_login(factories.person(Role.OVERSEER, province))

    for address in (
        reverse("engagement:results_of_unit", args=[province.key]),
        reverse("oversight:province"),
        reverse("oversight:unit", args=[province.key]),
    ):
        labels = [choice["label"] for choice in client.get(address).context["quick"]]
        assert labels[:4] == ["7 days", "30 days", "90 days", "This report week"]
        assert labels[4].startswith("Report of month ")
        assert labels[5].startswith("Quarter ")
