"""Helpers and owners of campaigns, as their positions begin and end."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Role
from campaigns.planning import plans
from campaigns.planning.models import ChecklistItem
from campaigns.planning.queries import (
    find_authority,
    find_eligible_helpers,
    find_eligible_owners,
)
from core.errors import NotAllowed, Refused
from tests import factories

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
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
def helper(campaign):
    helper = factories.person(Role.APPROVER, factories.UnitFactory(parent=campaign.unit))
    campaign.helpers.add(helper)
    return helper


def test_helpers_write_campaigns_here_or_right_below_and_owners_here_alone(campaign, overseer):
    province = campaign.unit
    below = factories.UnitFactory(parent=province)
    chief = factories.person(Role.APPROVER, below)
    for role, unit in (
        (Role.OFFICER, below),
        (Role.OFFICER, province),
        (Role.OVERSEER, factories.ProvinceFactory()),
        (Role.OVERSEER, factories.ministry()),
        (Role.ADMINISTRATOR, province),
    ):
        factories.person(role, unit)
    gone = factories.person(Role.APPROVER, below)
    gone.appointments.update(valid_to=TODAY() - DAY)
    to_come = factories.person(Role.APPROVER, below)
    to_come.appointments.update(valid_from=TODAY() + DAY)
    factories.person(Role.APPROVER, below, is_active=False)

    assert set(find_eligible_helpers(campaign)) == {overseer, chief}
    assert set(find_eligible_owners(campaign)) == {overseer}
    names = {person: person.unit_name for person in find_eligible_helpers(campaign)}
    assert names == {overseer: province.name, chief: below.name}


def test_a_helper_whose_position_has_ended_ticks_nothing(client, campaign, helper):
    item = ChecklistItem.objects.create(campaign=campaign, text="Gửi bộ bài", due_on=TODAY())
    assert find_authority(campaign, helper).unit == helper.appointments.get().unit
    helper.appointments.update(valid_to=TODAY() - DAY)
    late = type(helper).objects.get(pk=helper.pk)

    assert find_authority(campaign, late) is None
    with pytest.raises(NotAllowed):
        plans.tick_item(item, by=late, is_done=True)
    client.force_login(late)
    answer = client.post(reverse("campaigns:tick", args=[item.public_id]), {"done": "1"})
    assert answer.status_code == 403
    item.refresh_from_db()
    assert item.done_at is None


def test_helping_gives_no_right_to_plan(client, campaign, helper):
    client.force_login(helper)
    for name in ("plan", "edit", "duplicate"):
        address = reverse(f"campaigns:{name}", args=[campaign.public_id])
        assert client.post(address, {"act": "item"}).status_code == 404
    for act in (
        lambda: plans.add_item(campaign, by=helper, text="Việc", due_on=TODAY()),
        lambda: plans.set_plan(campaign, by=helper, owner=None, helpers=[], targets={}),
    ):
        with pytest.raises(NotAllowed):
            act()


def test_a_campaign_has_so_many_helpers_at_most(campaign, overseer, monkeypatch):
    monkeypatch.setattr(plans, "MOST_HELPERS", 1)
    unit = factories.UnitFactory(parent=campaign.unit)
    people = [factories.person(Role.APPROVER, unit) for _number in range(2)]

    with pytest.raises(Refused):
        plans.set_plan(campaign, by=overseer, owner=None, helpers=people, targets={})
    plans.set_plan(campaign, by=overseer, owner=None, helpers=people[:1], targets={})

    assert list(campaign.helpers.all()) == people[:1]


def test_a_copy_takes_those_helpers_along_who_may_still_help(campaign, overseer, helper):
    gone = factories.person(Role.APPROVER, factories.UnitFactory(parent=campaign.unit))
    campaign.helpers.add(gone)
    gone.appointments.update(valid_to=TODAY() - DAY)

    copy = plans.copy_campaign(campaign, by=overseer)

    assert list(copy.helpers.all()) == [helper]
    assert copy.owner == overseer
