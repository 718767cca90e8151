"""Pages of campaigns: other units' campaigns, closed ones, what is refused, and many rows."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Role
from campaigns.kits.models import Kit
from campaigns.models import Campaign
from tests import factories

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
TODAY = timezone.localdate


@pytest.fixture
def province():
    return factories.ProvinceFactory()


@pytest.fixture
def overseer(client, province):
    overseer = factories.person(Role.OVERSEER, province)
    client.force_login(overseer)
    return overseer


@pytest.fixture
def campaign(province, overseer):
    return factories.CampaignFactory(unit=province, created_by=overseer)


def make_form(**changes):
    return {
        "name": "Đợt cao điểm 4815",
        "aim": "Người dân biết gọi 113",
        "starts_on": f"{TODAY():%d/%m/%Y}",
        "ends_on": f"{TODAY() + 9 * DAY:%d/%m/%Y}",
        "spread_minutes": "30",
        **changes,
    }


REFUSED = [
    ({"aim": "a" * 2001}, 422),
    ({"starts_on": "31/02/2030"}, 422),
    ({"starts_on": ""}, 422),
    ({"spread_minutes": "-1"}, 422),
    ({"spread_minutes": "nửa giờ"}, 422),
    ({"topics": ["0"]}, 422),
    ({"aim": "Số CCCD 048085000123 của anh A"}, 409),
]


@pytest.mark.parametrize(("changes", "status"), REFUSED)
def test_what_is_refused_stays_typed_and_begins_nothing(  # any clock
    client, overseer, changes, status
):
    answer = client.post(reverse("campaigns:new"), make_form(**changes))

    assert answer.status_code == status
    assert "Đợt cao điểm 4815" in answer.text
    assert not Campaign.objects.exists()


@pytest.mark.parametrize(("changes", "status"), REFUSED)
def test_what_is_refused_stays_typed_and_changes_nothing(  # any clock
    client, campaign, changes, status
):
    before = Campaign.objects.values().get()

    answer = client.post(reverse("campaigns:edit", args=[campaign.public_id]), make_form(**changes))

    assert answer.status_code == status
    assert "Đợt cao điểm 4815" in answer.text
    assert Campaign.objects.values().get() == before


def test_a_closed_campaign_refuses_a_change_and_keeps_what_was_typed(client, campaign):
    factories.campaign_result(campaign)
    before = Campaign.objects.values().get()

    answer = client.post(reverse("campaigns:edit", args=[campaign.public_id]), make_form())

    assert answer.status_code == 409
    assert "Đợt cao điểm 4815" in answer.text
    assert Campaign.objects.values().get() == before


@pytest.mark.parametrize("whose", ["neighbour", "ministry"])
@pytest.mark.parametrize("view", ["edit", "plan", "duplicate"])
def test_a_campaign_of_another_unit_is_not_changed(client, overseer, whose, view):
    unit = factories.ministry() if whose == "ministry" else factories.ProvinceFactory()
    foreign = factories.CampaignFactory(unit=unit)
    before = Campaign.objects.values().get()

    answer = client.post(reverse(f"campaigns:{view}", args=[foreign.public_id]), make_form())

    assert answer.status_code == 404
    assert Campaign.objects.values().get() == before


@pytest.mark.parametrize("view", ["edit", "plan", "duplicate"])
def test_an_officer_changes_no_campaign(client, campaign, view):
    client.force_login(factories.person(Role.OFFICER, campaign.unit))

    answer = client.post(reverse(f"campaigns:{view}", args=[campaign.public_id]), make_form())

    assert answer.status_code == 403
    assert Campaign.objects.count() == 1


def test_names_whose_letters_grow_when_they_are_folded_are_stored_and_found(client, overseer):
    name = "ﬃ" * 150  # each folds to "ffi"

    assert client.post(reverse("campaigns:new"), make_form(name=name)).status_code == 302

    campaign = Campaign.objects.get()
    assert campaign.name == name
    listed = client.get(reverse("campaigns:list"), {"q": "ﬃﬃﬃ"}).context["page_obj"]
    assert list(listed) == [campaign]
    kit = Kit.objects.create(
        unit=campaign.unit,
        campaign=campaign,
        topic=factories.topic(),
        name=name[:120],
        created_by=overseer,
        created_at=timezone.now(),
    )
    assert list(Kit.objects.search("ffiffi")) == [kit]


def test_each_stage_is_what_the_days_say(client, province, overseer):
    spans = {
        "ends today": (-9, 0),
        "begins today": (0, 9),
        "ended yesterday": (-9, -1),
        "begins tomorrow": (1, 9),
    }
    rows = {
        name: factories.CampaignFactory(
            unit=province,
            name=name,
            starts_on=TODAY() + first * DAY,
            ends_on=TODAY() + last * DAY,
        )
        for name, (first, last) in spans.items()
    }
    closed = factories.CampaignFactory(unit=province, name="closed")
    factories.campaign_result(closed)

    def listed(stage):
        found = client.get(reverse("campaigns:list"), {"stage": stage}).context["page_obj"]
        return {campaign.name for campaign in found}

    assert listed("running") == {"ends today", "begins today"}
    assert listed("coming") == {"begins tomorrow"}
    assert listed("past") == {"ended yesterday", "closed"}
    for stage in ("running", "coming", "past"):
        by_row = {row.name for row in [*rows.values(), closed] if row.stage(TODAY()) == stage}
        assert listed(stage) == by_row
    assert listed("nonsense") == {*spans, "closed"}


def test_170_campaigns_stand_on_pages_that_cost_the_same(client, province, overseer, campaign):
    address = reverse("campaigns:list")

    def ask(**query) -> int:
        with CaptureQueriesContext(connection) as asked:
            assert client.get(address, query).status_code == 200
        return len(asked)

    ask()
    one = ask()
    Campaign.objects.bulk_create(
        Campaign(
            unit=province,
            name=f"Đợt {n}",
            search=f"dot {n}",
            starts_on=TODAY(),
            ends_on=TODAY(),
            created_by=overseer,
        )
        for n in range(169)
    )

    assert [ask(), ask(page=7)] == [one, one]
    assert len(client.get(address, {"page": 7}).context["rows"]) == 170 - 6 * 25
    part = client.get(address, {"q": "dot 168"}, headers={"HX-Request": "true"})
    assert [campaign.name for campaign, _status in part.context["rows"]] == ["Đợt 168"]
    assert "<html" not in part.text
