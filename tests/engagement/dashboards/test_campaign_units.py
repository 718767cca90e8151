"""The units of a campaign while units are merged, closed and founded: who is behind, who counts."""

import io
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from accounts.models import Notice
from accounts.permissions import Role
from tests import factories
from units.models import Unit
from units.services import close_unit, merge_units

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate


@pytest.fixture
def province():
    return factories.ProvinceFactory()


@pytest.fixture
def overseer(province):
    return factories.person(Role.OVERSEER, province)


@pytest.fixture
def campaign(province, overseer):
    return factories.CampaignFactory(unit=province, created_by=overseer)


@pytest.fixture
def add_unit(province):
    """Make a unit with a page, below the province: ``add_unit()``."""

    def add() -> Unit:
        unit = factories.UnitFactory(parent=province)
        factories.ChannelFactory(unit=unit)
        return unit

    return add


@pytest.fixture
def merge(province):
    administrator = factories.person(Role.ADMINISTRATOR, province)

    def into(old, new):
        merge_units([old], into=new, on=TODAY(), by=administrator, reason="Nghị quyết 1")

    return into


@pytest.fixture
def look(client, campaign, overseer):
    client.force_login(overseer)
    return lambda: client.get(reverse("engagement:campaign", args=[campaign.public_id]))


def list_units_of_sheet(client, campaign) -> list[str]:
    """Return the units that the exported file names as having published nothing."""
    address = reverse("engagement:campaign_export", args=[campaign.public_id])
    book = load_workbook(io.BytesIO(client.get(address, {"format": "xlsx"}).content))
    return [row[0] for row in book["Nothing published yet"].iter_rows(min_row=2, values_only=True)]


def test_a_successor_is_not_behind_with_what_was_published_before_the_merger(
    client, look, publish, campaign, add_unit, merge
):
    old, new, idle = add_unit(), add_unit(), add_unit()
    publish(channel=old.channels.get(), campaign=campaign, reach=9)
    assert look().context["behind"] == sorted([new, idle], key=lambda unit: unit.search)
    officers = [factories.person(Role.OFFICER, unit) for unit in (new, idle)]

    merge(old, new)

    context = look().context
    assert (context["behind"], context["behind_count"]) == ([idle], 1)
    assert {tile["name"]: tile["value"] for tile in context["tiles"]}["units"] == 1
    client.post(reverse("engagement:remind_campaign", args=[campaign.public_id]))
    told = Notice.objects.filter(kind="campaign_reminder").values_list("user", flat=True)
    assert list(told) == [officers[1].pk]
    assert list_units_of_sheet(client, campaign) == [idle.name]


def test_a_merger_in_two_steps_leaves_the_last_successor_in_the_campaign(
    look, publish, campaign, add_unit, merge
):
    first, second, last, idle = (add_unit() for _number in range(4))
    publish(channel=first.channels.get(), campaign=campaign)

    merge(first, second)
    merge(second, last)

    assert look().context["behind"] == [idle]


def test_what_the_successor_published_makes_no_part_of_others(
    look, publish, campaign, add_unit, merge
):
    old, new, idle = add_unit(), add_unit(), add_unit()
    publish(channel=new.channels.get(), campaign=campaign)
    publish(channel=idle.channels.get())  # in no campaign

    merge(old, new)

    assert look().context["behind"] == [idle]


def test_a_unit_that_was_closed_is_behind_with_nothing(look, campaign, province, add_unit):
    closed, idle = add_unit(), add_unit()
    administrator = factories.person(Role.ADMINISTRATOR, province)

    close_unit(closed, on=TODAY(), by=administrator, reason="Giải thể")

    context = look().context
    assert (context["behind"], context["behind_count"], context["pageless"]) == ([idle], 1, 0)


def test_a_unit_that_begins_tomorrow_is_not_behind_today(look, campaign, province):
    factories.ChannelFactory(
        unit=factories.UnitFactory(parent=province, valid_from=TODAY() + timedelta(days=1))
    )

    context = look().context

    assert (context["behind"], context["pageless"]) == ([], 0)


def test_170_units_behind_are_counted_and_ten_are_shown(
    client, look, publish, campaign, province, add_unit
):
    publish(channel=add_unit().channels.get(), campaign=campaign)
    page = look().wsgi_request.path

    def ask() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert client.get(page).status_code == 200
        return len(asked)

    one = ask()
    rows = [factories.UnitFactory.build(parent=province) for _number in range(169)]
    for row in rows:
        row.place_in_tree()
    Unit.objects.bulk_create(rows)
    for row in rows[:12]:
        factories.ChannelFactory(unit=row)

    assert ask() == one <= 20
    context = look().context
    assert (len(context["behind"]), context["behind_count"]) == (10, 12)
    assert (context["behind_left"], context["pageless"]) == (2, 157)
