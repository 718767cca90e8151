"""The list of reports, the page on which one is begun, and files of reports."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Role
from engagement.reports import periods
from engagement.reports.models import Report
from tests import factories

pytestmark = pytest.mark.django_db
BEGIN, LIST = reverse("engagement:begin_report"), reverse("engagement:reports")
TODAY = timezone.localdate
DAY = timedelta(days=1)


@pytest.fixture
def unit():
    return factories.UnitFactory()


@pytest.fixture
def officer(client, unit):
    officer = factories.person(Role.OFFICER, unit)
    client.force_login(officer)
    return officer


def say(day) -> str:
    return f"{day:%d/%m/%Y}"


def about(period) -> str:
    return f"month:{period.first.isoformat()}:{period.last.isoformat()}"


@pytest.mark.parametrize(
    ("first", "last", "status"),
    [
        ("", "", 422),
        (0, "", 422),
        ("31/02/2030", 0, 422),
        (1, 5, 409),
        (0, -1, 409),
        (-400, 0, 409),
    ],
)
def test_days_of_which_there_is_no_report_are_refused_and_stay_typed(  # any clock
    client, officer, first, last, status
):
    first, last = (
        say(TODAY() + day * DAY) if isinstance(day, int) else day for day in (first, last)
    )

    answer = client.post(BEGIN, {"about": "ad_hoc", "first": first, "last": last})

    assert answer.status_code == status
    assert all(f'value="{day}"' in answer.text for day in (first, last) if day)
    assert not Report.objects.exists()


def test_what_the_form_does_not_offer_is_refused(client, unit, officer, month):
    shifted = type(month)(month.first + DAY, month.last + DAY)
    foreign = factories.CampaignFactory(unit=factories.ProvinceFactory())
    coming = factories.CampaignFactory(
        unit=unit.parent, starts_on=TODAY() + DAY, ends_on=TODAY() + 9 * DAY
    )

    for choice in (
        about(shifted),
        "month:x:y",
        "decade:2026-01-01:2026-12-31",
        f"campaign:{foreign.public_id}",
        f"campaign:{coming.public_id}",
    ):
        assert client.post(BEGIN, {"about": choice}).status_code == 422

    assert not Report.objects.exists()


def test_one_period_has_one_draft_and_what_was_sent_is_corrected(client, unit, officer, month):
    first = client.post(BEGIN, {"about": about(month)})
    second = client.post(BEGIN, {"about": about(month)})
    assert first["Location"] == second["Location"]
    assert Report.objects.count() == 1
    Report.objects.all().delete()
    factories.report(unit, state="sent", first=month.first, last=month.last)

    refused = client.post(BEGIN, {"about": about(month)})

    assert refused.status_code == 409
    assert Report.objects.count() == 1


def test_a_report_is_begun_for_a_unit_of_the_persons_own_alone(client, unit, officer, month):
    neighbour = factories.UnitFactory(parent=unit.parent)

    for key in (neighbour.key, unit.parent.key, "khong-co"):
        answer = client.post(f"{BEGIN}?unit={key}", {"about": about(month)})
        assert answer.status_code == 404
    client.force_login(factories.person(Role.SUPERVISOR, unit))

    assert client.post(BEGIN, {"about": about(month)}).status_code == 403
    assert not Report.objects.exists()


def test_the_report_on_a_campaign_of_a_unit_above_counts_its_days(client, unit, officer):
    campaign = factories.CampaignFactory(
        unit=unit.parent, starts_on=TODAY() - 9 * DAY, ends_on=TODAY() + 9 * DAY
    )

    client.post(BEGIN, {"about": f"campaign:{campaign.public_id}"})

    report = Report.objects.get()
    assert (report.campaign, report.first, report.last) == (
        campaign,
        campaign.starts_on,
        TODAY(),
    )


def test_filters_of_the_list_find_what_a_count_by_hand_finds(client, unit):
    province = unit.parent
    neighbour = factories.UnitFactory(parent=province)
    states = ("draft", "in_review", "approved", "sent")
    for place in (province, unit, neighbour, factories.UnitFactory()):
        for kind in ("month", "week"):
            for state in states:
                factories.report(place, kind=kind, state=state)
    client.force_login(factories.person(Role.OVERSEER, province))
    rows = list(Report.objects.select_related("unit"))

    def listed(**query):
        page = client.get(LIST, query).context["page_obj"]
        found = [row.pk for number in page.paginator.page_range for row in pages(query, number)]
        assert len(found) == len(set(found)) == page.paginator.count
        return set(found)

    def pages(query, number):
        return client.get(LIST, {**query, "page": number}).context["page_obj"]

    own = [row for row in rows if row.unit == province]
    below = [row for row in rows if row.unit in (unit, neighbour)]
    assert listed() == {row.pk for row in own}
    assert listed(show="below") == {row.pk for row in below}
    for kind in ("month", "week", "year"):
        for state in (*states, "returned"):
            query = {"show": "below", "kind": kind, "state": state}
            assert listed(**query) == {
                row.pk for row in below if (row.kind, row.state) == (kind, state)
            }
    assert listed(show="below", state="nonsense") == listed(show="below")


def test_the_list_costs_the_same_for_one_report_and_for_many(client, unit, officer):
    def ask() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert client.get(LIST).status_code == 200
        return len(asked)

    report = factories.report(unit)
    ask()
    one = ask()
    past = periods.list_recent_periods("week", TODAY(), 5, most=31)[:-1]
    Report.objects.bulk_create(
        Report(
            unit=unit,
            kind="week",
            first=period.first,
            last=period.last,
            due_on=period.last,
            figures=report.figures,
            author=officer,
            made_at=timezone.now(),
            changed_at=timezone.now(),
        )
        for period in past
    )

    assert ask() == one <= 20
    assert len(client.get(LIST, {"page": 2}).context["page_obj"]) == 31 - 25


@pytest.mark.parametrize("format", ["docx", "pdf", "xlsx", "scan", "exe"])
def test_a_file_is_there_once_it_is_made_and_for_those_who_read_the_report(
    client, unit, officer, format
):
    made = factories.report_with_files(unit)
    waiting = factories.report(unit, state="sent")
    foreign = factories.report_with_files()

    def download(report):
        address = reverse("engagement:report_file", args=[report.public_id, format])
        return client.get(address).status_code

    assert download(made) == (200 if format in ("docx", "pdf", "xlsx") else 404)
    assert (download(waiting), download(foreign)) == (404, 404)


@pytest.mark.parametrize("format", ["xlsx", "scan", "exe"])
def test_a_draft_is_read_as_a_paper_alone_and_as_a_draft_alone(client, unit, officer, format):
    draft, sent = factories.report(unit), factories.report(unit, state="sent")

    def download(report, format):
        address = reverse("engagement:report_draft", args=[report.public_id, format])
        return client.get(address).status_code

    assert download(draft, format) == 404
    assert (download(sent, "docx"), download(factories.report(), "docx")) == (404, 404)
