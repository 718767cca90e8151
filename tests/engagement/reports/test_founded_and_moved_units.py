"""Units that were founded after a period, or that moved to another province: who owes a report on
it, and in whose sum each stands.
"""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Notice
from accounts.permissions import Role
from engagement.reports import decisions, drafts
from engagement.reports.figures import freeze_figures
from engagement.reports.models import Report
from engagement.reports.queries import find_changes_since_taken
from engagement.reports.sums import compute_coverage
from tests import factories
from tests.engagement.reports.conftest import approve, send_approved
from units.services import merge_units

pytestmark = pytest.mark.django_db
OVERVIEW = reverse("engagement:reports_overview")
DAY = timedelta(days=1)


@pytest.fixture
def province():
    return factories.ProvinceFactory()


@pytest.fixture
def overseer(province):
    return factories.person(Role.OVERSEER, province)


@pytest.fixture
def founded(province, month):
    """Found a unit on the day after the month that was reported on."""
    return factories.UnitFactory(parent=province, valid_from=month.last + DAY)


def freeze(unit, month):
    (row,) = freeze_figures([unit], "month", month, now=timezone.now(), first=15)
    return row.content


def look(client, person, **query):
    client.force_login(person)
    return client.get(OVERVIEW, query)


def count_tiles(page) -> int:
    return sum(n for _name, _label, _tone, n in page.context["tiles"])


def test_a_sum_misses_no_unit_that_was_founded_after_the_period(province, founded, month):
    old = factories.UnitFactory(parent=province)

    content = freeze(province, month)

    assert [row["unit"] for row in content["missing"]] == [old.key]
    assert compute_coverage(content) == (0, 1)
    factories.report(old, state="sent")
    assert compute_coverage(freeze(province, month)) == (1, 1)
    assert not decisions.has_gaps(factories.report(province))
    nation = freeze(factories.ministry(), month)
    assert [row["unit"] for row in nation["missing"]] == [province.key]
    assert nation["scope"] == 3  # the ministry, the province and the older unit


def test_a_unit_that_was_founded_on_the_last_day_owes_the_report(province, month):
    young = factories.UnitFactory(parent=province, valid_from=month.last)

    content = freeze(province, month)

    assert [row["unit"] for row in content["missing"]] == [young.key]


def test_the_overview_asks_for_no_report_from_before_a_unit(client, province, overseer, founded):
    old = factories.UnitFactory(parent=province)
    officers = [factories.person(Role.OFFICER, unit) for unit in (old, founded)]

    page = look(client, overseer)

    assert [unit.pk for unit in page.context["page_obj"]] == [old.pk]
    assert (count_tiles(page), page.context["to_remind"]) == (1, 1)
    period = page.context["period"]
    given = {"kind": "month", "period": period.first.isoformat()}
    client.post(reverse("engagement:remind_unsent"), given)
    told = Notice.objects.filter(kind="report_asked").values_list("user", flat=True)
    assert list(told) == [officers[0].pk]
    running = look(client, overseer, period=(period.last + DAY).isoformat())
    assert {unit.pk for unit in running.context["page_obj"]} == {old.pk, founded.pk}


def test_the_row_of_a_unit_begins_with_its_first_period(client, province, overseer, month):
    young = factories.UnitFactory(parent=province, valid_from=month.first)
    old = factories.UnitFactory(parent=province)

    rows = {unit.pk: unit.coverage for unit in look(client, overseer).context["page_obj"]}

    assert [period for period, _look in rows[young.pk]] == [month]
    assert len(rows[old.pk]) > 1


def test_a_successor_owes_the_report_of_those_that_it_carries_on(
    client, province, overseer, month, within, publish
):
    old = factories.UnitFactory(parent=province)
    publish(unit=old, at=within, reach=10)
    administrator = factories.person(Role.ADMINISTRATOR, province)
    new = merge_units(
        [old],
        into={"kind": "phường", "place": "Phường Mới", "name": "", "code": "99001"},
        on=timezone.localdate(),
        by=administrator,
        reason="Nghị quyết 1",
    )
    assert new.valid_from > month.last

    content = freeze(province, month)

    assert [row["unit"] for row in content["missing"]] == [new.key]
    assert content["system"]["posts"] == 1
    assert [unit.pk for unit in look(client, overseer).context["page_obj"]] == [new.pk]
    assert freeze(new, month)["total"]["now"]["posts"] == 1


@pytest.fixture
def moved(province, month, within, publish):
    """Move a unit to another province after both have reported on the month with it: the unit,
    the province it left, the one it came to.
    """
    unit, other = factories.UnitFactory(parent=province), factories.ProvinceFactory()
    silent = factories.UnitFactory(parent=other)
    publish(unit=unit, at=within, reach=70)
    publish(unit=silent, at=within, reach=5)
    factories.report(unit, state="sent")
    factories.report(province, state="sent")
    unit.parent = other
    unit.save()
    factories.report(other, state="sent")
    return unit, province, other


def test_a_unit_in_two_sums_is_noted_and_hides_no_missing_one(moved, month):
    _unit, left, came = moved

    content = freeze(left.parent, month)

    assert {row["unit"] for row in content["units"]} == {left.key, came.key}
    assert content["total"]["now"]["posts"] == 2  # one of them is in both sums
    assert content["system"]["posts"] == 2  # with that of the silent unit
    checks = {row["figure"]: (row["sum"], row["summaries"]) for row in content["checks"]}
    assert (checks["posts"], checks["reach"]) == ((2, 1), (140, 70))
    # Both provinces and the moved unit hold something; the silent one does not.
    assert compute_coverage(content) == (3, 4)


def test_the_sum_is_right_once_the_province_that_it_left_has_corrected_its_report(moved, month):
    unit, left, _came = moved
    ministry = left.parent
    writer, leader = (factories.person(Role.OVERSEER, left) for _number in range(2))
    sent = Report.objects.get(unit=left)
    assert find_changes_since_taken(sent).returned == [unit.name]

    above = factories.person(Role.OVERSEER, ministry)
    decisions.return_report(sent, by=above, reason="Xã đã chuyển đi.")
    draft = decisions.correct(sent, by=writer, changes="Không còn xã đã chuyển.")
    decisions.submit(draft, by=writer)
    send_approved(approve(Report.objects.get(pk=draft.pk), leader), writer)

    content = freeze(ministry, month)
    assert content["checks"] == []
    assert (content["total"]["now"]["posts"], compute_coverage(content)) == (1, (3, 4))
    assert {row["unit"]: row["now"]["posts"] for row in content["units"]}[left.key] == 0


def test_a_moved_unit_begins_its_next_report_in_its_new_province(moved, client):
    unit, left, came = moved
    officer = factories.person(Role.OFFICER, unit)
    today = timezone.localdate()
    running = drafts.periods.find_containing_period("month", today, 15)

    draft = drafts.begin(unit, "month", running, by=officer)

    for province, status in ((left, 404), (came, 200)):
        client.force_login(factories.person(Role.OVERSEER, province))
        page = client.get(reverse("engagement:report", args=[draft.public_id]))
        assert page.status_code == status
