"""A report from the draft to the unit above: figures frozen, four eyes, versions."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Notice
from accounts.permissions import Role
from core.errors import NotAllowed, Refused
from core.periods import Period
from engagement.models import Measurement
from engagement.reports import decisions, drafts, form_versions
from engagement.reports.figures import compute_digest, compute_figures, is_unchanged
from engagement.reports.models import Report, ReportApproval, ReportForm
from engagement.reports.queries import (
    annotate_status,
    build_content,
    build_document,
    find_form,
    find_unsent,
)
from engagement.reports.standard import make_standard_form
from tests import factories
from tests.engagement.reports.conftest import approve, send_approved
from units.models import Unit

pytestmark = pytest.mark.django_db


@pytest.fixture
def unit():
    return factories.UnitFactory()


@pytest.fixture
def officer(unit):
    return factories.person(Role.OFFICER, unit)


@pytest.fixture
def leader(unit):
    return factories.person(Role.APPROVER, unit)


@pytest.fixture
def overseer(unit):
    return factories.person(Role.OVERSEER, unit.parent)


def test_a_report_goes_from_the_draft_to_the_unit_above(
    unit, officer, leader, overseer, month, within, publish
):
    publish(unit=unit, at=within, views=90, reach=40)
    publish(unit=unit, at=within - timedelta(days=31), reach=10)
    publish(unit=unit, at=within - timedelta(days=90), reach=7)

    report = drafts.begin(unit, "month", month, by=officer)
    drafts.write(report, {"situation": "Địa bàn ổn định.", "unknown": "x"}, by=officer)
    decisions.submit(report, by=officer)
    assert [(row.pk, row.turn) for row in find_unsent(leader)] == [(report.pk, "approve")]
    assert list(find_unsent(officer)) == []
    report.refresh_from_db()
    approve(report, leader)
    assert report.state == "approved"
    assert not Notice.objects.filter(user=overseer, kind="report_sent").exists()
    assert Notice.objects.filter(user=officer, kind="report_approved").exists()
    assert [(row.pk, row.turn) for row in find_unsent(officer)] == [(report.pk, "write")]
    report = send_approved(report, officer)

    assert report.state == "sent"
    assert list(find_unsent(officer)) == []
    assert report.texts == {"situation": "Địa bàn ổn định."}
    now = report.approval.content["figures"]["total"]["now"]
    before = report.approval.content["figures"]["total"]["before"]
    assert (now["posts"], now["publications"], now["due"], now["on_time"]) == (1, 1, 1, 1)
    assert (now["measures"]["reach"], now["measures"]["clicks"]) == (40, None)
    assert before["measures"]["reach"] == 10
    assert report.approval.content["figures"]["definitions"]["reach"]["means"]
    assert report.approval.content["figures"]["checks"] == []
    assert is_unchanged(report.approval)
    assert is_unchanged(report.figures)
    assert sorted(report.files.values_list("format", "job__state")) == [
        ("docx", "waiting"),
        ("pdf", "waiting"),
        ("xlsx", "waiting"),
    ]
    assert Notice.objects.get(user=overseer, kind="report_sent").facts == {
        "unit": unit.label,
        "report": str(report),
    }
    document = build_document(report)
    assert document.digest == report.approval.content_sha256
    assert document.signature.name == leader.full_name
    assert document.parts[0].paragraphs == ("Địa bàn ổn định.",)
    assert document.parts[1].tables[0].rows[0] == ("Bài đã đăng", 1, 1, 0)
    taken_up = {row[0]: row[1:4] for row in document.parts[1].tables[3].rows}
    assert taken_up["Lượt xem"] == (90, None, None)
    assert taken_up["Lượt tiếp cận"] == (40, 10, 30)
    assert taken_up["Lượt bấm"][0] is None


def test_nobody_approves_what_they_wrote_in(unit, officer, leader, month):
    report = drafts.begin(unit, "month", month, by=leader)
    decisions.submit(report, by=officer)
    report.refresh_from_db()

    with pytest.raises(Refused, match="You wrote in this report"):
        approve(report, leader)

    with pytest.raises(IntegrityError, match="four_eyes_on_a_report"), transaction.atomic():
        ReportApproval.objects.create(
            report=report,
            content={},
            content_sha256="0" * 64,
            author=leader,
            approved_by=leader,
            position="",
            approved_at=timezone.now(),
        )


def test_what_has_changed_since_the_leader_opened_it_is_not_approved(unit, officer, leader, month):
    report = drafts.begin(unit, "month", month, by=officer)
    seen = compute_digest(build_content(report))
    drafts.write(report, {"tasks": "Thêm một việc."}, by=officer)
    decisions.submit(report, by=officer)

    with pytest.raises(Refused, match="has changed"):
        decisions.approve(report, by=leader, digest=seen)
    assert not ReportApproval.objects.exists()


def test_frozen_figures_and_approvals_never_change(unit, officer, leader, sent):
    report = sent(unit, officer, leader)

    for row in (report.figures, report.approval):
        for change in (lambda row=row: row.save(), lambda row=row: row.delete()):
            with pytest.raises((DatabaseError, IntegrityError)), transaction.atomic():
                change()
    with pytest.raises(Refused, match="moved on"):
        drafts.write(report, {"tasks": "Khác."}, by=officer)
    with pytest.raises(Refused, match="moved on"):
        drafts.retake_figures(report, by=officer)


def test_figures_that_grow_later_change_nothing_of_what_was_sent(
    unit, officer, leader, sent, within, publish
):
    delivery = publish(unit=unit, at=within, reach=5)
    report = sent(unit, officer, leader)
    Measurement.objects.filter(delivery=delivery).update(reach=500)

    document = build_document(Report.objects.get(pk=report.pk))

    reach = next(r for r in document.parts[1].tables[3].rows if r[0] == "Lượt tiếp cận")
    assert reach[1] == 5


def test_a_correction_is_a_new_version_that_says_what_changed(unit, officer, leader, sent, month):
    report = sent(unit, officer, leader)
    with pytest.raises(Refused, match="sent already"):
        drafts.begin(unit, "month", month, by=officer)
    with pytest.raises(Refused, match="what changes"):
        decisions.correct(report, by=officer, changes=" ")

    newer = decisions.correct(report, by=officer, changes="Bổ sung số liệu kênh Zalo.")
    with pytest.raises(Refused, match="newest version"):
        decisions.correct(report, by=officer, changes="Nữa.")
    decisions.submit(newer, by=officer)
    newer.refresh_from_db()
    approve(newer, leader)

    assert (newer.version, report.version) == (2, 1)
    assert "Bổ sung số liệu kênh Zalo." in build_document(newer).opening[0]
    with pytest.raises(IntegrityError, match="a_new_version_says_what_changed"):
        Report.objects.filter(pk=newer.pk).update(changes="")


def test_a_superior_returns_with_a_reason_and_nobody_else_does(
    unit, officer, leader, overseer, sent
):
    report = sent(unit, officer, leader)

    with pytest.raises(NotAllowed):
        decisions.return_report(report, by=leader, reason="Thiếu.")
    with pytest.raises(Refused, match="why"):
        decisions.return_report(report, by=overseer, reason="")
    decisions.return_report(report, by=overseer, reason="Thiếu phần kiến nghị.")

    report.refresh_from_db()
    assert (report.state, report.reason) == ("returned", "Thiếu phần kiến nghị.")
    told = Notice.objects.get(user=officer, kind="report_returned")
    assert told.facts["reason"] == "Thiếu phần kiến nghị."
    with pytest.raises(Refused, match="moved on"):
        decisions.return_report(report, by=overseer, reason="Lại.")


def test_a_leader_gives_a_report_back_to_its_author(unit, officer, leader, month):
    report = drafts.begin(unit, "month", month, by=officer)
    decisions.submit(report, by=officer)

    decisions.decline(report, by=leader, reason="Viết rõ hơn.")

    report.refresh_from_db()
    assert (report.state, report.reason) == ("draft", "Viết rõ hơn.")
    assert Notice.objects.get(user=officer, kind="report_declined").facts["reason"]


def test_those_above_write_and_approve_nothing_of_a_unit_below(unit, officer, overseer, month):
    with pytest.raises(Refused, match="itself writes"):
        drafts.begin(unit, "month", month, by=overseer)
    report = drafts.begin(unit, "month", month, by=officer)
    decisions.submit(report, by=officer)
    report.refresh_from_db()
    with pytest.raises(Refused, match="itself writes"):
        approve(report, overseer)
    with pytest.raises(NotAllowed):
        drafts.begin(unit, "month", month, by=factories.person(Role.OFFICER))


@pytest.mark.parametrize("text", ["HỎA TỐC", "TUYỆT MẬT", "Liên hệ anh Nam, 0912 345 678."])
def test_marks_and_personal_data_are_not_stored(unit, officer, month, text):
    report = drafts.begin(unit, "month", month, by=officer)

    with pytest.raises(Refused):
        drafts.write(report, {"situation": text}, by=officer)

    report.refresh_from_db()
    assert report.texts == {}


def test_a_regular_report_has_the_days_that_the_form_sets(unit, officer, month):
    other = Period(month.first + timedelta(days=1), month.last)
    ahead = Period(timezone.localdate() + timedelta(days=1), timezone.localdate() + timedelta(9))

    with pytest.raises(Refused, match="other days"):
        drafts.begin(unit, "month", other, by=officer)
    with pytest.raises(Refused, match="have begun"):
        drafts.begin(unit, "ad_hoc", ahead, by=officer)
    with pytest.raises(Refused, match="a year at most"):
        drafts.begin(
            unit, "ad_hoc", Period(month.first - timedelta(days=400), month.last), by=officer
        )
    assert drafts.begin(unit, "month", month, by=officer) == drafts.begin(
        unit, "month", month, by=officer
    )


def test_a_report_on_a_campaign_counts_its_posts_alone(unit, officer, publish):
    campaign = factories.CampaignFactory(unit=unit.parent)
    publish(unit=unit, campaign=campaign, reach=7)
    publish(unit=unit, reach=100)
    days = Period(campaign.starts_on, campaign.ends_on)

    report = drafts.begin(unit, "campaign", days, by=officer, campaign=campaign)

    now = report.figures.content["total"]["now"]
    assert (now["posts"], now["measures"]["reach"], now["due"]) == (1, 7, 1)
    assert report.figures.content["total"]["before"] is None
    assert report.last == timezone.localdate()
    foreign = factories.CampaignFactory()
    with pytest.raises(Refused, match="not one of yours"):
        drafts.begin(unit, "campaign", days, by=officer, campaign=foreign)


def test_a_province_adds_up_what_its_units_sent_and_names_who_is_missing(
    unit, officer, leader, overseer, sent, month, within, publish
):
    missing = factories.UnitFactory(parent=unit.parent)
    publish(unit=unit, at=within, reach=40)
    publish(unit=missing, at=within, reach=1000)
    publish(unit=unit.parent, at=within, reach=2)
    sent(unit, officer, leader)

    report = drafts.begin(unit.parent, "month", month, by=overseer)

    figures = report.figures.content
    assert figures["total"]["now"]["measures"]["reach"] == 42
    assert figures["total"]["now"]["posts"] == 2
    assert [row["unit"] for row in figures["units"]] == [unit.key]
    assert [row["unit"] for row in figures["missing"]] == [missing.key]
    assert figures["checks"] == []
    document = build_document(report)
    assert document.parts[1].paragraphs[2].endswith(f"{missing.name}.")  # each is the province's
    by_unit = next(appendix for appendix in document.appendices if appendix.total)
    assert by_unit.total[1:3] == (2, 2)


def test_many_units_without_a_report_stand_in_an_appendix(
    unit, officer, leader, overseer, sent, month, within, publish
):
    missing = [factories.UnitFactory(parent=unit.parent) for _ in range(11)]
    publish(unit=unit, at=within, reach=40)
    sent(unit, officer, leader)

    document = build_document(drafts.begin(unit.parent, "month", month, by=overseer))

    assert "11 đơn vị" in document.parts[1].paragraphs[2]
    assert missing[0].name not in document.parts[1].paragraphs[2]
    names = [cell for row in document.appendices[-1].rows for cell in row if cell]
    assert sorted(names) == sorted(unit.name for unit in missing)


def test_many_units_without_a_report_stand_by_province_for_the_ministry(sent, month):
    communes = {}
    for _number in range(2):
        province = factories.UnitFactory().parent
        for _number in range(5):
            factories.UnitFactory(parent=province)
        sent(province, *(factories.person(Role.OVERSEER, province) for _number in range(2)))
        communes[province.place] = {child.name for child in province.children.all()}
    top = factories.person(Role.OVERSEER, factories.ministry())

    document = build_document(drafts.begin(factories.ministry(), "month", month, by=top))

    rows = document.appendices[-1].rows
    assert {place: set(names.split("; ")) for place, _count, names in rows} == communes
    assert [count for _place, count, _names in rows] == [6, 6]


def test_a_sum_that_differs_from_the_summaries_is_shown(
    unit, officer, leader, overseer, sent, month, within, publish
):
    delivery = publish(unit=unit, at=within, reach=40)
    sent(unit, officer, leader)
    Measurement.objects.filter(delivery=delivery).update(reach=44)

    report = drafts.begin(unit.parent, "month", month, by=overseer)

    assert report.figures.content["checks"] == [{"figure": "reach", "sum": 40, "summaries": 44}]
    checks = build_document(report).parts[1].tables[-1]
    assert checks.rows == (("Lượt tiếp cận", 40, 44),)


def test_what_the_ministry_adds_names_the_communes_that_are_missing_too(
    unit, officer, leader, overseer, sent, month, within, publish
):
    factories.UnitFactory(parent=unit.parent)
    publish(unit=unit, at=within, reach=40)
    sent(unit, officer, leader)
    sent(unit.parent, overseer, factories.person(Role.OVERSEER, unit.parent))
    top = factories.person(Role.OVERSEER, factories.ministry())

    report = drafts.begin(factories.ministry(), "month", month, by=top)

    figures = report.figures.content
    assert figures["total"]["now"]["measures"]["reach"] == 40
    assert len(figures["missing"]) == 1
    assert figures["checks"] == []


def test_figures_cost_the_same_queries_for_one_unit_and_for_many(month, within, publish):
    units = [factories.UnitFactory() for _ in range(4)]
    for unit in units:
        publish(unit=unit, at=within, reach=3)

    def cost(some):
        with CaptureQueriesContext(connection) as asked:
            compute_figures([row.pk for row in some], month, now=timezone.now())
        return len(asked)

    assert cost(units[:1]) == cost(units) <= 12


def test_drafting_all_units_is_repeatable_and_leaves_what_is_there(
    unit, officer, month, within, publish
):
    publish(unit=unit, at=within, reach=3)
    other = factories.UnitFactory()
    mine = drafts.begin(unit, "month", month, by=officer)

    made = drafts.draft_all("month", month, now=timezone.now())
    again = drafts.draft_all("month", month, now=timezone.now())

    bodies = Unit.objects.filter(has_police_body=True).count()
    assert (made, again) == (bodies - 1, 0)
    assert Report.objects.filter(unit=unit).get() == mine
    assert Report.objects.get(unit=other).author is None


def test_a_unit_stands_in_the_overview_as_it_does(unit, officer, leader, overseer, sent, month):
    def status():
        rows = annotate_status(Unit.objects.filter(pk=unit.pk), "month", month)
        return rows.get().status

    assert status() == "none"
    report = drafts.begin(unit, "month", month, by=officer)
    assert status() == "draft"
    decisions.submit(report, by=officer)
    report.refresh_from_db()
    assert status() == "draft"
    approve(report, leader)
    assert status() == "approved"
    send_approved(report, officer)
    Report.objects.filter(pk=report.pk).update(due_on=timezone.localdate())
    assert status() == "sent"
    Report.objects.filter(pk=report.pk).update(due_on=timezone.localdate() - timedelta(days=1))
    assert status() == "late"
    decisions.return_report(report, by=overseer, reason="Thiếu.")
    assert status() == "returned"


def test_a_province_changes_the_form_for_its_communes_by_a_new_version(
    unit, officer, overseer, month
):
    content = make_standard_form("month")
    content["parts"][0]["heading"] = "Đặc điểm địa bàn"
    first = form_versions.change_form(unit.parent, "month", content, by=overseer)
    report = drafts.begin(unit, "month", month, by=officer)
    content["parts"][0]["heading"] = "Tình hình"

    second = form_versions.change_form(unit.parent, "month", content, by=overseer)

    assert (first.version, second.version) == (1, 2)
    assert find_form(unit, "month").row == second
    assert find_form(unit.parent, "month").row is None
    assert find_form(factories.UnitFactory(), "month").row is None
    report.refresh_from_db()
    assert build_document(report).parts[0].heading == "Đặc điểm địa bàn"
    with pytest.raises((DatabaseError, IntegrityError)), transaction.atomic():
        ReportForm.objects.filter(pk=first.pk).update(version=9)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"first": 1}, "ministry sets the first day"),
        ({"parts": []}, "1 to 10 parts"),
        ({"subject": "KHẨN"}, "mark of urgency"),
        ({"measures": ["likes"]}, "does not exist"),
        ({"due_after": 99}, "does not exist"),
    ],
)
def test_a_form_that_cannot_be_followed_is_refused(unit, overseer, change, said):
    with pytest.raises(Refused, match=said):
        form_versions.change_form(
            unit.parent, "month", {**make_standard_form("month"), **change}, by=overseer
        )


def test_a_commune_makes_no_form(unit, leader):
    with pytest.raises(NotAllowed):
        form_versions.change_form(unit, "month", make_standard_form("month"), by=leader)
