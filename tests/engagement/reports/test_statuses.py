"""Statuses of units in the overview of reports, counted once more from what they wrote and sent."""

from datetime import timedelta
from itertools import product

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Role
from engagement.reports.models import Report
from tests import factories

pytestmark = pytest.mark.django_db
OVERVIEW = reverse("engagement:reports_overview")
DAY = timedelta(days=1)


@pytest.fixture
def province():
    return factories.ProvinceFactory()


@pytest.fixture
def overseer(client, province):
    overseer = factories.person(Role.OVERSEER, province)
    client.force_login(overseer)
    return overseer


def add(unit, month, state, *, version=1, sent=None, due=None):
    """Write a version of the unit's report on the month."""
    fields = {"changes": "Sửa số liệu."} if version > 1 else {}
    if state == "returned":
        who = {"returned_by": factories.UserFactory(), "returned_at": timezone.now()}
        fields |= {"reason": "Thiếu.", **who}
    report = factories.report(
        unit, state=state, first=month.first, last=month.last, version=version, **fields
    )
    times = {"sent_at": sent} if sent else {}
    Report.objects.filter(pk=report.pk).update(due_on=due or month.last + 11 * DAY, **times)


# Versions of a unit's report, the oldest first, with the status that its row has.
STORIES = {
    "none": [],
    "draft": [("draft", None)],
    "draft in review": [("in_review", None)],
    "approved": [("approved", None)],
    "sent": [("sent", 0)],
    "sent on the last day": [("sent", 11)],
    "late": [("sent", 12)],
    "sent, being corrected": [("sent", 5), ("draft", None)],
    "sent, corrected late": [("sent", 5), ("sent", 20)],
    "late, corrected": [("sent", 12), ("sent", 14)],
    "returned": [("returned", 5)],
    "returned, being mended": [("returned", 5), ("draft", None)],
    "sent after a return": [("returned", 5), ("sent", 9)],
    "sent, the correction returned": [("sent", 5), ("returned", 9)],
}
EXPECTED = {
    "draft in review": "draft",
    "sent on the last day": "sent",
    "sent, being corrected": "sent",
    "sent, corrected late": "sent",
    "late, corrected": "late",
    "returned, being mended": "returned",
    "sent after a return": "sent",
    "sent, the correction returned": "returned",
}


@pytest.fixture
def units(province, month):
    found = {}
    for name, versions in STORIES.items():
        unit = factories.UnitFactory(parent=province, name=f"Công an {name}")
        found[name] = unit
        for number, (state, day) in enumerate(versions, 1):
            sent = None if day is None else month.end + timedelta(days=day - 1, hours=23)
            add(unit, month, state, version=number, sent=sent)
    return found


def test_each_unit_has_the_status_of_its_story(client, units, overseer, month):
    expected = {name: EXPECTED.get(name, name) for name in STORIES}

    page = client.get(OVERVIEW, {"kind": "month", "period": month.first.isoformat()})

    by_name = {unit.name.removeprefix("Công an "): unit.status for unit in page.context["page_obj"]}
    assert by_name == expected
    tiles = {name: n for name, _label, _tone, n in page.context["tiles"] if n}
    statuses = [*expected.values()]
    assert tiles == {name: statuses.count(name) for name in set(statuses)}
    unsent = sum(name not in ("sent", "late") for name in statuses)
    assert page.context["to_remind"] == unsent


def test_the_filter_and_the_search_narrow_the_list_and_not_the_tiles(client, units, overseer):
    whole = client.get(OVERVIEW)
    tiles = whole.context["tiles"]

    for status, words in product(("sent", "draft", "none"), ("", "cong an sent")):
        page = client.get(OVERVIEW, {"status": status, "q": words})
        found = {unit.name for unit in page.context["page_obj"]}
        wanted = {
            unit.name
            for name, unit in units.items()
            if EXPECTED.get(name, name) == status and (not words or "sent" in name)
        }
        assert found == wanted, (status, words)
        if not words:
            assert page.context["tiles"] == tiles


def test_another_kind_and_another_period_have_none_of_these(client, units, overseer, month):
    for query in (
        {"kind": "week"},
        {"kind": "month", "period": (month.last + DAY).isoformat()},
    ):
        page = client.get(OVERVIEW, query)
        assert {unit.status for unit in page.context["page_obj"]} == {"none"}
