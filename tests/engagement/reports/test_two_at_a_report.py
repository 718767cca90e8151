"""Two people at one report, and people of other units at it."""

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Role
from audit.models import Entry
from engagement.reports import decisions, drafts, form_versions, periods
from engagement.reports.figures import compute_digest
from engagement.reports.models import Report, ReportApproval, ReportForm
from engagement.reports.queries import build_content
from engagement.reports.standard import make_standard_form
from tests import factories
from tests.rivals import act_at_once, each_at_once

at_once = pytest.mark.django_db(transaction=True)


def two(role, unit):
    return [factories.person(role, unit) for _number in range(2)]


def fresh(report) -> Report:
    return Report.objects.select_related("unit__parent", "figures", "form").get(pk=report.pk)


def count_entries(action) -> int:
    return Entry.objects.filter(action=action).count()


@pytest.fixture
def unit(db):
    return factories.UnitFactory()


@pytest.fixture
def begin_report(month):
    return lambda unit, by: drafts.begin(unit, "month", month, by=by)


@at_once
def test_two_who_begin_one_report_share_one_draft(begin_report):
    unit = factories.UnitFactory()

    outcomes = each_at_once(two(Role.OFFICER, unit), lambda by: begin_report(unit, by))

    assert outcomes == {"done": 2}
    assert Report.objects.count() == 1
    assert count_entries("report.begun") == 1


@at_once
def test_of_two_who_approve_one_report_one_does(begin_report):
    unit = factories.UnitFactory()
    writer = factories.person(Role.OFFICER, unit)
    report = begin_report(unit, writer)
    decisions.submit(report, by=writer)
    digest = compute_digest(build_content(fresh(report)))

    outcomes = each_at_once(
        two(Role.APPROVER, unit), lambda by: decisions.approve(report, by=by, digest=digest)
    )

    assert outcomes == {"done": 1, "refused": 1}
    assert ReportApproval.objects.count() == 1
    assert fresh(report).state == "approved"


@at_once
def test_a_report_that_one_leader_declines_while_another_approves_it_is_one_of_both(begin_report):
    unit = factories.UnitFactory()
    writer = factories.person(Role.OFFICER, unit)
    report = begin_report(unit, writer)
    decisions.submit(report, by=writer)
    digest = compute_digest(build_content(fresh(report)))
    first, second = two(Role.APPROVER, unit)

    outcomes = act_at_once(
        lambda: decisions.approve(report, by=first, digest=digest),
        lambda: decisions.decline(report, by=second, reason="Thiếu số liệu."),
    )

    assert outcomes == {"done": 1, "refused": 1}
    expected = {"approved": 1, "draft": 0}
    assert ReportApproval.objects.count() == expected[fresh(report).state]


@at_once
def test_figures_are_not_taken_anew_while_a_leader_approves_others(begin_report):
    unit = factories.UnitFactory()
    first, second = two(Role.OFFICER, unit)
    report = begin_report(unit, first)

    outcomes = act_at_once(
        lambda: decisions.submit(report, by=first),
        lambda: drafts.retake_figures(report, by=second),
    )

    assert outcomes["done"] >= 1
    assert fresh(report).state == "in_review"
    leader = factories.person(Role.APPROVER, unit)
    digest = compute_digest(build_content(fresh(report)))
    decisions.approve(report, by=leader, digest=digest)
    approval = ReportApproval.objects.get()
    assert approval.content["figures"] == fresh(report).figures.content


@at_once
def test_of_two_who_send_one_report_one_does():
    unit = factories.UnitFactory()
    report = factories.report(unit, state="approved")
    first, second = two(Role.OFFICER, unit)
    day = timezone.localdate()

    outcomes = act_at_once(
        lambda: decisions.send(report, by=first, number="125", signed_on=day),
        lambda: decisions.send(report, by=second, number="126", signed_on=day),
    )

    assert outcomes == {"done": 1, "refused": 1}
    entry = Entry.objects.get(action="report.sent")
    assert entry.data["number"] == fresh(report).number


@at_once
def test_of_two_who_correct_one_report_one_does():
    unit = factories.UnitFactory()
    report = factories.report(unit, state="sent")

    outcomes = each_at_once(
        two(Role.OFFICER, unit), lambda by: decisions.correct(report, by=by, changes="Sửa số liệu.")
    )

    assert outcomes == {"done": 1, "refused": 1}
    assert sorted(unit.reports.values_list("version", flat=True)) == [1, 2]


@at_once
def test_of_two_who_change_one_form_each_makes_a_version_of_its_own():
    province = factories.ProvinceFactory()
    content = make_standard_form("month")

    outcomes = each_at_once(
        two(Role.OVERSEER, province),
        lambda by: form_versions.change_form(province, "month", content, by=by),
    )

    assert outcomes == {"done": 2}
    assert sorted(ReportForm.objects.values_list("version", flat=True)) == [1, 2]


ACTS = {
    "edit_report": {"situation": "Lời của người khác"},
    "take_figures": {},
    "submit_report": {},
    "approve_report": {"digest": "0" * 64},
    "send_report": {"number": "1", "signed_on": f"{timezone.localdate():%d/%m/%Y}"},
    "decline_report": {"reason": "Sai"},
    "return_report": {"reason": "Sai"},
    "correct_report": {"reason": "Sai"},
    "make_report_files": {},
}


def read_rows() -> list[object]:
    fields = ("pk", "state", "texts", "reason", "number", "version", "changed_at")
    return list(Report.objects.order_by("pk").values_list(*fields))


@pytest.fixture
def reports(db, unit):
    """Make a report of the unit in each state in which some act is open."""
    past = periods.list_recent_periods("month", timezone.localdate(), 15, most=5)[:4]
    return [
        factories.report(unit, state=state, first=period.first, last=period.last)
        for state, period in zip(("draft", "in_review", "approved", "sent"), past, strict=True)
    ]


def send(client, act, report) -> int:
    address = reverse(f"engagement:{act}", args=[report.public_id])
    return client.post(address, ACTS[act]).status_code


def test_who_is_of_another_unit_changes_no_report(client, unit, reports):
    before = read_rows()
    neighbour = factories.UnitFactory(parent=unit.parent)
    strangers = [
        factories.person(Role.APPROVER, neighbour),
        factories.person(Role.OFFICER, neighbour),
        factories.person(Role.OVERSEER, factories.ProvinceFactory()),
    ]

    for person in strangers:
        client.force_login(person)
        answers = {send(client, act, report) for act in ACTS for report in reports}
        assert answers == {404}

    assert read_rows() == before


def test_those_above_write_and_approve_no_report_of_a_unit_below(client, unit, reports):
    client.force_login(factories.person(Role.OVERSEER, unit.parent))
    before = read_rows()

    for act in ACTS.keys() - {"return_report"}:
        for report in reports:
            assert send(client, act, report) in (302, 403, 409, 422), act

    assert read_rows() == before


def test_the_unit_itself_does_only_its_own_part(client, unit, reports):
    before = read_rows()

    for role, acts in (
        (Role.OFFICER, ("approve_report", "decline_report", "return_report")),
        (Role.APPROVER, ("return_report",)),
    ):
        client.force_login(factories.person(role, unit))
        assert {send(client, act, report) for act in acts for report in reports} == {403}

    assert read_rows() == before
