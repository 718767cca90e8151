from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.timezone import localdate as today

from accounts.permissions import Role
from audit.models import Entry
from campaigns import editing
from campaigns.models import Campaign
from core.errors import NotAllowed, Refused
from tests import factories

NAME = "Đợt cao điểm"


def form(**changes: object) -> dict[str, object]:
    period = {
        "starts_on": today().isoformat(),
        "ends_on": (today() + timedelta(days=30)).isoformat(),
    }
    return {"name": NAME, "aim": "Người dân biết gọi 113", **period, **changes}


@pytest.fixture
def province():
    return factories.ProvinceFactory()


@pytest.fixture
def commune(province):
    return factories.UnitFactory(parent=province)


@pytest.fixture
def sign_in(client):
    def enter(role, unit):
        user = factories.person(role, unit)
        client.force_login(user)
        return user

    return enter


def names(response):
    return [campaign.name for campaign in response.context["page_obj"]]


@pytest.mark.django_db
def test_the_list_holds_the_units_own_campaigns_and_those_above(client, sign_in, province, commune):
    for unit, name in (
        (commune, "own"),
        (province, "above"),
        (factories.ministry(), "national"),
        (factories.UnitFactory(parent=province), "sibling"),
        (factories.UnitFactory(), "elsewhere"),
    ):
        factories.CampaignFactory(unit=unit, name=name)
    sign_in(Role.OFFICER, commune)

    assert sorted(names(client.get(reverse("campaigns:list")))) == ["above", "national", "own"]


@pytest.mark.django_db
def test_a_province_also_lists_the_campaigns_below_it(client, sign_in, province, commune):
    factories.CampaignFactory(unit=commune, name="below")
    sign_in(Role.OVERSEER, province)

    assert names(client.get(reverse("campaigns:list"))) == ["below"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"stage": "running"}, ["Đang chạy"]),
        ({"stage": "past"}, ["Đã qua"]),
        ({"stage": "coming"}, ["Sắp tới"]),
        ({"q": "da qua"}, ["Đã qua"]),
        ({"q": "nothing like it"}, []),
    ],
)
def test_the_list_is_filtered_by_state_and_searched_without_accents(
    client, sign_in, commune, query, found
):
    for name, begins, ends in (("Đang chạy", -5, 0), ("Đã qua", -9, -1), ("Sắp tới", 1, 9)):
        factories.CampaignFactory(
            unit=commune,
            name=name,
            starts_on=today() + timedelta(days=begins),
            ends_on=today() + timedelta(days=ends),
        )
    sign_in(Role.OFFICER, commune)

    assert names(client.get(reverse("campaigns:list"), query)) == found


@pytest.mark.django_db
def test_the_list_costs_the_same_queries_for_one_and_for_three_campaigns(client, sign_in, commune):
    sign_in(Role.OFFICER, commune)
    address = reverse("campaigns:list")

    def measured():
        with CaptureQueriesContext(connection) as captured:
            client.get(address)
        return len(captured)

    factories.CampaignFactory(unit=commune)
    client.get(address)
    one = measured()
    factories.CampaignFactory.create_batch(2, unit=commune)

    assert measured() == one


@pytest.mark.django_db
def test_a_leader_opens_a_campaign_of_their_unit_and_it_is_on_record(client, sign_in, commune):
    boss = sign_in(Role.APPROVER, commune)

    response = client.post(reverse("campaigns:new"), form(topics=[factories.topic().pk]))

    campaign = Campaign.objects.get()
    assert response["Location"] == reverse("engagement:campaign", args=[campaign.public_id])
    assert (campaign.unit, campaign.created_by, list(campaign.topics.all())) == (
        commune,
        boss,
        [factories.topic()],
    )
    entry = Entry.objects.get(action="campaign.begun")
    assert (entry.actor_id, entry.unit_path, entry.object_id) == (
        boss.pk,
        commune.path,
        str(campaign.public_id),
    )


@pytest.mark.django_db
def test_an_end_before_the_start_is_reported_beside_the_field_and_nothing_typed_is_lost(
    client, sign_in, commune
):
    sign_in(Role.APPROVER, commune)
    wrong = form(ends_on=(today() - timedelta(days=1)).isoformat())

    response = client.post(reverse("campaigns:new"), wrong)

    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["ends_on"]
    assert NAME in response.content.decode()
    assert not Campaign.objects.exists()


@pytest.mark.django_db
def test_a_campaign_is_closed_early_by_its_end_date(client, sign_in, province):
    sign_in(Role.OVERSEER, province)
    campaign = factories.CampaignFactory(unit=province)
    before = campaign.ends_on.isoformat()
    changed = {
        "name": campaign.name,
        "aim": campaign.aim,
        "starts_on": campaign.starts_on.isoformat(),
        "ends_on": today().isoformat(),
    }

    response = client.post(reverse("campaigns:edit", args=[campaign.public_id]), changed)

    assert response.status_code == 302
    campaign.refresh_from_db()
    assert campaign.ends_on == today()
    data = Entry.objects.get(action="campaign.changed").data
    assert (data["fields"], data["was"][1], data["now"][1]) == (
        ["ends_on"],
        before,
        today().isoformat(),
    )


@pytest.mark.django_db
def test_saving_without_a_change_leaves_no_record(province):
    boss = factories.person(Role.OVERSEER, province)
    campaign = factories.CampaignFactory(unit=province)

    editing.change_campaign(
        campaign,
        by=boss,
        name=campaign.name,
        starts_on=campaign.starts_on,
        ends_on=campaign.ends_on,
        aim=campaign.aim,
    )

    assert not Entry.objects.exists()


@pytest.mark.django_db
def test_a_commune_reads_the_provinces_campaign_but_does_not_change_it(
    client, sign_in, province, commune
):
    sign_in(Role.APPROVER, commune)
    campaign = factories.CampaignFactory(unit=province)

    assert client.get(reverse("engagement:campaign", args=[campaign.public_id])).status_code == 200
    assert client.get(reverse("campaigns:edit", args=[campaign.public_id])).status_code == 404


@pytest.mark.django_db
def test_the_service_itself_refuses_strangers_and_impossible_periods(commune):
    period = {"starts_on": today(), "ends_on": today()}
    with pytest.raises(NotAllowed):
        editing.begin_campaign(
            unit=commune, by=factories.person(Role.OFFICER, commune), name="x", **period
        )
    with pytest.raises(Refused):
        editing.begin_campaign(
            unit=commune,
            by=factories.person(Role.APPROVER, commune),
            name="x",
            starts_on=today(),
            ends_on=today() - timedelta(days=1),
        )
    assert not Campaign.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(("given", "kept"), [("", 0), ("0", 0), ("90", 90)])
def test_a_campaign_keeps_over_how_many_minutes_it_spreads(client, sign_in, province, given, kept):
    sign_in(Role.OVERSEER, province)

    client.post(reverse("campaigns:new"), form(spread_minutes=given))

    assert Campaign.objects.get().spread_minutes == kept


@pytest.mark.django_db
@pytest.mark.parametrize("given", ["241", "-1", "1.5", "x"])
def test_a_spread_beyond_four_hours_is_refused_beside_the_field(client, sign_in, province, given):
    sign_in(Role.OVERSEER, province)

    response = client.post(reverse("campaigns:new"), form(spread_minutes=given))

    assert response.context["form"].errors == {
        "spread_minutes": ["Please enter a number of minutes from 0 to 240."]
    }
    assert not Campaign.objects.exists()


@pytest.mark.django_db
def test_a_change_of_the_spread_is_on_record(province):
    overseer = factories.person(Role.OVERSEER, province)
    campaign = factories.CampaignFactory(unit=province)
    same = {"name": campaign.name, "starts_on": campaign.starts_on, "ends_on": campaign.ends_on}

    editing.change_campaign(campaign, by=overseer, spread_minutes=30, **same)

    assert Entry.objects.get(action="campaign.changed").data["fields"] == ["spread_minutes"]
    with pytest.raises(Refused, match="at most 240 minutes"):
        editing.change_campaign(campaign, by=overseer, spread_minutes=241, **same)
