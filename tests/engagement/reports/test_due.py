"""Reports that forms ask for: due, drafted at the period's end, shown to those who write them."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Role
from engagement.reports import drafts, queries
from engagement.reports.models import Report, ReportForm
from engagement.reports.standard import make_standard_form
from engagement.reports.tasks import draft_reports
from tests import factories

pytestmark = pytest.mark.django_db
REPORTS = reverse("engagement:reports")


@pytest.fixture
def unit():
    return factories.UnitFactory()


@pytest.fixture
def officer(unit):
    return factories.person(Role.OFFICER, unit)


@pytest.fixture
def asked(unit, month):
    """Make the province ask for the month: ``asked(kind="month", made_at=…, due_after=…)``."""

    def ask(kind="month", *, of=None, made_at=month.start, due_after=11):
        of = of or unit.parent
        rows = ReportForm.objects.filter(unit=of, kind=kind)
        return ReportForm.objects.create(
            unit=of,
            kind=kind,
            version=rows.count() + 1,
            content={**make_standard_form(kind), "due_after": due_after},
            made_by=factories.UserFactory(),
            position="",
            made_at=made_at,
        )

    return ask


def due_of(unit, day):
    return [(due.kind, due.period, due.due_on, due.report) for due in queries.find_due([unit], day)]


def test_what_a_form_asks_for_is_due_until_it_is_sent(unit, month, asked):
    day, by = month.last + timedelta(days=1), month.last + timedelta(days=11)
    assert due_of(unit, day) == []
    asked()
    assert due_of(unit, day) == [("month", month, by, None)]
    assert due_of(unit, month.last) != due_of(unit, day)

    draft = factories.report(unit)
    assert due_of(unit, day) == [("month", month, by, draft)]

    draft.state, draft.sent_at = "sent", timezone.now()
    draft.save()
    assert due_of(unit, day) == []


def test_a_report_that_was_returned_is_due_again_one_that_is_corrected_is_not(unit, month, asked):
    asked()
    day = month.last + timedelta(days=1)
    returned = factories.report(
        unit,
        state="returned",
        reason="Thiếu phần kiến nghị.",
        returned_at=timezone.now(),
        returned_by=factories.UserFactory(),
    )
    same = {"first": month.first, "last": month.last}
    assert due_of(unit, day)[0][3] == returned

    draft = factories.report(unit, version=2, changes="Thêm kiến nghị.", **same)
    assert due_of(unit, day)[0][3] == draft

    Report.objects.filter(pk=draft.pk).update(state="sent", sent_at=timezone.now())
    factories.report(unit, version=3, changes="Sửa số.", **same)
    assert due_of(unit, day) == []


def test_nothing_is_due_from_before_it_was_asked_for_or_before_the_unit(unit, month, asked):
    day = month.last + timedelta(days=20)
    asked(made_at=month.end + timedelta(days=12))
    assert due_of(unit, day) == []

    asked(of=factories.ministry(), made_at=month.start)
    assert len(due_of(unit, day)) == 1

    unit.valid_from = month.last + timedelta(days=1)
    assert due_of(unit, day) == []


def test_a_province_owes_what_the_ministry_asks_for_and_the_ministry_nothing(unit, month, asked):
    asked()
    day = month.last + timedelta(days=1)
    assert due_of(unit.parent, day) == []

    asked(of=factories.ministry())

    assert len(due_of(unit.parent, day)) == 1
    assert due_of(factories.ministry(), day) == []


def test_what_is_due_takes_two_queries_however_many_units_and_kinds(unit, month, asked):
    for kind in ("month", "week", "quarter"):
        asked(kind)
    units = [unit, *(factories.UnitFactory(parent=unit.parent) for _number in range(3))]
    with CaptureQueriesContext(connection) as queries_made:
        assert len(queries.find_due(units, month.last + timedelta(days=1))) >= 4
    assert len(queries_made) == 2


def test_due_reports_are_drafted_by_themselves_once_and_never_more_than_drafted(unit, month, asked):
    asked(made_at=month.end - timedelta(days=1))
    now = month.end + timedelta(hours=5)
    with_draft = factories.report(factories.UnitFactory(parent=unit.parent))

    assert drafts.draft_due(now=month.end - timedelta(hours=1)) == 0
    assert drafts.draft_due(now=now) == 1
    assert drafts.draft_due(now=now) == 0

    report = Report.objects.get(unit=unit, kind="month")
    assert (report.state, report.period, report.author) == ("draft", month, None)
    assert Report.objects.filter(unit=with_draft.unit, kind="month").count() == 1
    assert set(Report.objects.values_list("state", flat=True)) == {"draft"}


def test_a_province_is_drafted_when_its_units_have_had_their_time(unit, month, asked):
    asked(of=factories.ministry())

    def drafted(days):
        drafts.draft_due(now=month.end + timedelta(days=days, hours=5))
        return Report.objects.filter(unit=unit.parent).exists()

    assert not drafted(7)
    assert drafted(8)  # two days before the day


def test_the_task_drafts_what_is_due_now(unit, asked):
    asked(due_after=60)

    draft_reports()
    draft_reports()

    assert Report.objects.filter(unit=unit).count() == 1


def test_an_officer_drafts_what_is_due_by_one_button(client, unit, officer, month, asked):
    asked(due_after=60)
    client.force_login(officer)
    page = client.get(REPORTS)
    (due,) = page.context["due"]
    address = f"{reverse('engagement:begin_report')}?unit={unit.key}"
    assert address in page.content.decode()

    client.post(address, {"about": due.about})

    report = Report.objects.get()
    assert (report.unit, report.period, report.author) == (unit, month, officer)
    assert client.get(REPORTS).context["due"][0].report == report


def test_begin_is_for_the_unit_of_the_address_or_none(client, unit, officer, asked):
    foreign = factories.UnitFactory()
    client.force_login(officer)
    begin = reverse("engagement:begin_report")

    assert client.get(begin, {"unit": foreign.key}).status_code == 404
    assert client.get(begin, {"unit": unit.key, "about": "x"}).status_code == 200


def test_today_shows_writers_what_is_drafted_and_returned(client, unit, officer, month):
    draft = factories.report(unit, due_on=timezone.localdate())
    returned = factories.report(
        unit,
        kind="week",
        state="returned",
        reason="Số liệu tuần chưa khớp.",
        returned_at=timezone.now(),
        returned_by=factories.UserFactory(),
        due_on=timezone.localdate() - timedelta(days=1),
    )
    factories.report(unit.parent)
    client.force_login(officer)

    card = client.get(reverse("oversight:today")).context["reports_due"]
    assert (card.rows, card.count) == ([returned, draft], 2)

    factories.report(
        unit, kind="week", version=2, changes="Sửa.", first=returned.first, last=returned.last
    )
    Report.objects.filter(pk=draft.pk).update(state="in_review")  # it is the leader's turn
    (row,) = client.get(reverse("oversight:today")).context["reports_due"].rows
    assert (row.kind, row.version) == ("week", 2)
