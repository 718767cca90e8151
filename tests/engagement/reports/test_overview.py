"""The overview for those above, reminders, and the command that drafts all reports."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Notice
from accounts.permissions import Role
from engagement.reports import form_versions
from engagement.reports.models import Report
from engagement.reports.reminders import send_reminders
from engagement.reports.standard import make_standard_form
from tests import factories
from tests.pages import one_line
from try_out.history import time_set_to

pytestmark = pytest.mark.django_db
OVERVIEW = reverse("engagement:reports_overview")


@pytest.fixture
def province():
    return factories.ProvinceFactory()


@pytest.fixture
def overseer(province):
    return factories.person(Role.OVERSEER, province)


def test_the_province_sees_who_sent_and_who_did_not(client, province, overseer):
    none = factories.UnitFactory(parent=province, name="Công an xã An")
    sent = factories.report(
        factories.UnitFactory(parent=province, name="Công an xã Yên"), state="sent"
    )
    foreign = factories.UnitFactory()
    client.force_login(overseer)

    page = client.get(OVERVIEW)
    only = client.get(OVERVIEW, {"status": "none"})

    assert [unit.pk for unit in page.context["page_obj"]] == [sent.unit_id, none.pk]
    counted = {name: n for name, _label, _tone, n in page.context["tiles"]}
    assert counted["none"] == 1
    assert counted["sent"] + counted["late"] == 1
    assert [unit.pk for unit in only.context["page_obj"]] == [none.pk]
    assert foreign.name not in page.content.decode()


def test_the_overview_costs_the_same_for_one_unit_and_for_many(client, province, overseer):
    client.force_login(overseer)

    def cost():
        with CaptureQueriesContext(connection) as asked:
            assert client.get(OVERVIEW).status_code == 200
        return len(asked)

    factories.report(factories.UnitFactory(parent=province), state="sent")
    cost()
    one = cost()
    for _number in range(3):
        factories.report(factories.UnitFactory(parent=province), state="sent")
    assert cost() == one


def test_the_ministry_sees_provinces_or_all_communes(client, province):
    commune = factories.UnitFactory(parent=province)
    client.force_login(factories.person(Role.OVERSEER, factories.ministry()))

    provinces = client.get(OVERVIEW).context["page_obj"]
    communes = client.get(OVERVIEW, {"level": "communes", "q": commune.place}).context["page_obj"]

    assert province.pk in [unit.pk for unit in provinces]
    assert [unit.pk for unit in communes] == [commune.pk]


@pytest.mark.parametrize(
    "query", [{"kind": "x"}, {"period": "x"}, {"kind": "week", "period": "2026-10-15"}]
)
def test_an_address_that_no_page_made_shows_the_last_period(client, overseer, query):
    client.force_login(overseer)

    assert client.get(OVERVIEW, query).status_code == 200


def test_units_are_reminded_once_before_and_after_the_day_of_what_was_asked(
    province, overseer, month
):
    unit = factories.UnitFactory(parent=province)
    officer = factories.person(Role.OFFICER, unit)
    other = factories.person(Role.OFFICER, factories.UnitFactory())
    due = month.last + timedelta(days=11)

    def told(days):
        now = (month.end + timedelta(days=10 + days)).replace(hour=8)
        assert timezone.localdate(now) == due + timedelta(days=days)
        send_reminders(now=now)
        return list(Notice.objects.filter(user=officer).values_list("kind", flat=True))

    assert told(-2) == []  # nobody asked for it
    with time_set_to(month.start):
        form_versions.change_form(province, "month", make_standard_form("month"), by=overseer)
    assert told(-3) == []
    assert told(-2) == ["report_due"]
    assert told(-2) == ["report_due"]
    assert Notice.objects.filter(user=other).count() == 0
    factories.report(unit, state="sent")
    assert told(1) == ["report_due"]


def test_the_command_drafts_the_last_month_of_all_units(month, capsys):
    unit = factories.UnitFactory()

    call_command("draft_reports", "month")
    call_command("draft_reports", "month")

    report = Report.objects.get(unit=unit)
    assert report.period == month
    assert "drafted 3 reports" in capsys.readouterr().out


def test_the_period_that_nobody_chose_unfolds_no_filters(client, province, overseer):
    factories.UnitFactory(parent=province)
    client.force_login(overseer)

    assert '<details class="filter-more">' in one_line(client.get(OVERVIEW).text)
    chosen = client.get(OVERVIEW, {"kind": "week"}).text
    assert '<details class="filter-more" open>' in one_line(chosen)


def test_a_province_does_not_read_its_name_in_every_row(client, province, overseer):
    unit = factories.UnitFactory(parent=province)
    client.force_login(overseer)
    assert unit.label not in client.get(OVERVIEW).text

    client.force_login(factories.person(Role.OVERSEER, factories.ministry()))
    assert unit.label in client.get(OVERVIEW, {"level": "communes"}).text


def test_whoever_has_not_sent_is_reminded_from_where_it_is_seen(client, province, overseer):
    silent, begun, ready, sent = [factories.UnitFactory(parent=province) for _number in range(4)]
    officers = {
        unit.pk: factories.person(Role.OFFICER, unit) for unit in (silent, begun, ready, sent)
    }
    elsewhere = factories.person(Role.OFFICER, factories.UnitFactory())
    open_reports = [factories.report(begun), factories.report(ready, state="approved")]
    factories.report(sent, state="sent")
    client.force_login(overseer)
    page = client.get(OVERVIEW)
    assert page.context["to_remind"] == 3
    counted = {name: n for name, _label, _tone, n in page.context["tiles"]}
    assert [counted[name] for name in ("none", "draft", "approved")] == [1, 1, 1]
    assert counted["sent"] + counted["late"] == 1
    period = page.context["period"]

    def remind():
        given = {"kind": "month", "period": period.first.isoformat()}
        return client.post(reverse("engagement:remind_unsent"), given, follow=True)

    assert "3 units were reminded" in one_line(remind().content.decode())
    notices = Notice.objects.filter(kind="report_asked")
    assert {row.user for row in notices} == {officers[unit.pk] for unit in (silent, begun, ready)}
    # Each leads to what is left to do.
    for row in open_reports:
        notice = notices.get(user=officers[row.unit_id])
        assert notice.address == reverse("engagement:report", args=[row.public_id])
    assert elsewhere not in {row.user for row in notices}
    assert str(period) in notices[0].facts["report"]
    assert "today already" in one_line(remind().content.decode())
    assert notices.count() == 3
    client.force_login(officers[sent.pk])
    assert remind().status_code == 403


def test_each_unit_shows_whether_its_last_reports_came(client, province, overseer):
    unit = factories.UnitFactory(parent=province)
    sent = factories.report(unit, state="sent")
    client.force_login(overseer)

    [row] = client.get(OVERVIEW).context["page_obj"]

    periods = [period for period, _look in row.coverage]
    assert [period.first for period in periods] == sorted(period.first for period in periods)
    came = {period.first: str(label) for period, (label, _tone, _icon) in row.coverage}
    assert came.pop(sent.first) in {"Sent in time", "Sent late"}
    assert set(came.values()) == {"Nothing yet"}
