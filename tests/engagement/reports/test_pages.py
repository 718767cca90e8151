"""The pages of reports, and what they refuse."""

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Role
from engagement.reports import drafts
from engagement.reports.models import Report
from engagement.reports.queries import build_document
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def unit():
    return factories.UnitFactory()


@pytest.fixture
def officer(unit):
    return factories.person(Role.OFFICER, unit)


def address(report, name="report"):
    return reverse(f"engagement:{name}", args=[report.public_id])


def test_an_officer_drafts_in_one_tap_writes_and_the_leader_approves(client, unit, officer, month):
    client.force_login(officer)
    begin = reverse("engagement:begin_report")
    usual = client.get(begin).context["form"]["about"].value()

    client.post(begin, {"about": usual})
    report = Report.objects.get()
    client.post(address(report, "edit_report"), {"situation": "Địa bàn ổn định."})
    client.post(address(report, "submit_report"))
    report.refresh_from_db()
    assert (report.period, report.state) == (month, "in_review")

    client.force_login(factories.person(Role.APPROVER, unit))
    page = client.get(address(report))
    digest = page.context["approve_form"].initial["digest"]
    assert digest == build_document(report).digest
    client.post(address(report, "approve_report"), {"digest": "0" * 64})
    report.refresh_from_db()
    assert report.state == "in_review"
    client.post(address(report, "approve_report"), {"digest": digest})
    report.refresh_from_db()
    assert report.state == "approved"
    assert report.approval.content_sha256 == digest


def test_what_was_typed_stays_when_it_is_refused(client, unit, officer):
    report = factories.report(unit)
    client.force_login(officer)

    answer = client.post(address(report, "edit_report"), {"situation": "HỎA TỐC", "tasks": "Việc."})

    assert answer.status_code == 409
    assert "Việc." in answer.content.decode()
    longer = client.post(address(report, "edit_report"), {"situation": "a" * 54_000})
    assert longer.status_code == 422


def test_markup_in_a_text_is_shown_as_text(client, unit, officer):
    report = factories.report(unit, texts={"situation": "<script>x</script>"})
    client.force_login(officer)

    assert "<script>x</script>" not in client.get(address(report)).content.decode()


def test_many_units_without_a_report_are_folded_away(client, unit, month):
    missing = [factories.UnitFactory(parent=unit.parent) for _ in range(11)]
    overseer = factories.person(Role.OVERSEER, unit.parent)
    report = drafts.begin(unit.parent, "month", month, by=overseer)
    client.force_login(overseer)

    page = client.get(address(report)).content.decode()

    folded = page[page.index(">Đơn vị chưa có báo cáo, chưa cộng vào<") :].partition("</details>")[
        0
    ]
    assert [page.count(f">{unit.name}<") for unit in missing] == [1] * len(missing)
    assert all(f">{unit.name}<" in folded for unit in missing)


def test_chosen_days_are_asked_for(client, officer):
    client.force_login(officer)
    begin = reverse("engagement:begin_report")

    assert client.post(begin, {"about": "ad_hoc"}).status_code == 422
    days = {"about": "ad_hoc", "first": "01/11/2026", "last": "03/11/2026"}
    assert client.post(begin, days).status_code == 302
    assert client.post(begin, {"about": "month:2026-01-01:x"}).status_code == 422


def test_the_list_shows_the_own_unit_or_those_below(client, unit):
    own, below = factories.report(unit.parent), factories.report(unit)
    client.force_login(factories.person(Role.OVERSEER, unit.parent))
    reports = reverse("engagement:reports")

    assert list(client.get(reports).context["page_obj"]) == [own]
    assert list(client.get(reports, {"show": "below"}).context["page_obj"]) == [below]
    assert list(client.get(reports, {"show": "below", "state": "sent"}).context["page_obj"]) == []


def test_a_report_of_another_unit_is_not_there(client, officer):
    client.force_login(officer)

    assert client.get(address(factories.report())).status_code == 404


def test_who_corrects_a_returned_report_reads_why_wherever_they_write(client, unit, officer):
    why = "Chưa nêu nguyên nhân các tuần không có bài."
    report = factories.report(
        unit,
        state="returned",
        reason=why,
        returned_at=timezone.now(),
        returned_by=factories.UserFactory(),
    )
    client.force_login(officer)

    before = client.get(address(report, "correct_report")).content.decode()
    client.post(address(report, "correct_report"), {"reason": "Đã bổ sung."})
    newer = Report.objects.get(version=2)
    pages = [client.get(address(newer, name)) for name in ("report", "edit_report")]

    assert all(why in page for page in [before, *(page.content.decode() for page in pages)])
