"""Two people who plan one campaign: nothing of either is lost, and a closed one stays closed."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.timezone import localdate as today

from accounts.permissions import Role
from audit.models import Entry
from campaigns.editing import change_campaign
from campaigns.models import Campaign
from campaigns.planning import plans
from campaigns.planning.models import ChecklistItem, Document, Phase
from core.errors import Refused
from tests import factories
from tests.rivals import each_at_once

DAY = timedelta(days=1)


@pytest.fixture
def province(db):
    return factories.ProvinceFactory()


@pytest.fixture
def overseer(province):
    return factories.person(Role.OVERSEER, province)


@pytest.fixture
def campaign(province, overseer):
    return factories.CampaignFactory(
        unit=province, created_by=overseer, starts_on=today(), ends_on=today() + 30 * DAY
    )


@pytest.fixture
def item(campaign):
    return ChecklistItem.objects.create(campaign=campaign, text="Gửi bộ bài", due_on=today())


@pytest.fixture
def document(campaign):
    return Document.objects.create(campaign=campaign, name="Kế hoạch", number="24/2018/QH14")


def close(campaign, by):
    return plans.close_campaign(campaign, by=by, lessons="Gửi sớm hơn.", content={"posts": 3})


def count_parts() -> list[int]:
    return [model.objects.count() for model in (Phase, ChecklistItem, Document)]


ACTS = {
    "people and targets": lambda c, by, item, document: plans.set_plan(
        c, by=by, owner=by, helpers=[], targets={"posts": 9}
    ),
    "phase": lambda c, by, item, document: plans.add_phase(
        c, by=by, name="Phát động", starts_on=today(), ends_on=today()
    ),
    "item": lambda c, by, item, document: plans.add_item(
        c, by=by, text="In tờ rơi", due_on=today()
    ),
    "document": lambda c, by, item, document: plans.add_document(c, by=by, name="Công văn"),
    "removal": lambda c, by, item, document: plans.remove_part(item, by=by),
    "law": lambda c, by, item, document: plans.replace_repealed_law(document, by=by),
    "tick": lambda c, by, item, document: plans.tick_item(item, by=by, is_done=True),
    "days": lambda c, by, item, document: change_campaign(
        c, by=by, name="Khác", starts_on=c.starts_on, ends_on=c.ends_on
    ),
}


@pytest.mark.parametrize("act", ACTS)
def test_what_a_colleague_plans_after_the_closing_is_refused(
    campaign, overseer, item, document, act
):
    as_opened = Campaign.objects.select_related("unit").get(pk=campaign.pk)
    item.campaign = document.campaign = as_opened
    close(campaign, overseer)
    closed = Campaign.objects.values().get(pk=campaign.pk)
    parts = count_parts()

    with pytest.raises(Refused):
        ACTS[act](as_opened, factories.person(Role.OVERSEER, campaign.unit), item, document)

    assert Campaign.objects.values().get(pk=campaign.pk) == closed
    assert count_parts() == parts
    item.refresh_from_db()
    document.refresh_from_db()
    assert (item.done_at, document.number) == (None, "24/2018/QH14")
    assert Entry.objects.latest("pk").action == "campaign.closed"


def test_a_new_name_keeps_the_targets_that_a_colleague_set_meanwhile(campaign, overseer):
    as_opened = Campaign.objects.get(pk=campaign.pk)
    colleague = factories.person(Role.OVERSEER, campaign.unit)
    plans.set_plan(
        campaign, by=colleague, owner=colleague, helpers=[], targets={"posts": 40, "reach": 9000}
    )

    change_campaign(
        as_opened,
        by=overseer,
        name="Tên mới",
        starts_on=campaign.starts_on,
        ends_on=campaign.ends_on,
    )

    campaign.refresh_from_db()
    assert (campaign.name, campaign.search) == ("Tên mới", "ten moi")
    assert (campaign.target_posts, campaign.target_reach) == (40, 9000)
    assert campaign.owner == colleague


def test_new_targets_keep_the_days_that_a_colleague_set_meanwhile(campaign, overseer):
    as_opened = Campaign.objects.get(pk=campaign.pk)
    change_campaign(
        campaign,
        by=factories.person(Role.OVERSEER, campaign.unit),
        name="Tên mới",
        starts_on=campaign.starts_on,
        ends_on=campaign.ends_on + 9 * DAY,
    )

    plans.set_plan(as_opened, by=overseer, owner=None, helpers=[], targets={"posts": 5})

    row = Campaign.objects.get(pk=campaign.pk)
    assert (row.name, row.ends_on) == ("Tên mới", today() + 39 * DAY)
    assert row.target_posts == 5


def test_a_phase_is_held_to_the_days_that_a_colleague_set_meanwhile(campaign, overseer):
    as_opened = Campaign.objects.get(pk=campaign.pk)
    days = {"starts_on": today(), "ends_on": today() + 2 * DAY}
    change_campaign(campaign, by=overseer, name=campaign.name, **days)

    with pytest.raises(Refused):
        plans.add_phase(
            as_opened, by=overseer, name="Đợt 2", starts_on=today(), ends_on=today() + 3 * DAY
        )

    assert not Phase.objects.exists()


def test_a_document_that_a_colleague_removed_does_not_come_back(campaign, overseer, document):
    as_opened = Document.objects.select_related("campaign__unit").get(pk=document.pk)
    plans.remove_part(document, by=factories.person(Role.OVERSEER, campaign.unit))

    plans.replace_repealed_law(as_opened, by=overseer)

    assert not Document.objects.exists()


def test_of_two_who_tick_one_item_the_first_is_named(campaign, overseer, item):
    colleague = factories.person(Role.OVERSEER, campaign.unit)
    as_opened = ChecklistItem.objects.select_related("campaign__unit").get(pk=item.pk)

    plans.tick_item(item, by=colleague, is_done=True)
    plans.tick_item(as_opened, by=overseer, is_done=True)

    item.refresh_from_db()
    assert item.done_by == colleague
    assert Entry.objects.get(action="campaign.ticked").actor_id == colleague.pk


@pytest.mark.django_db(transaction=True)
def test_of_two_who_fill_the_last_place_of_the_list_one_does(monkeypatch):
    monkeypatch.setattr(plans, "MOST_ITEMS", 1)
    province = factories.ProvinceFactory()
    campaign = factories.CampaignFactory(unit=province)
    people = [factories.person(Role.OVERSEER, province) for _ in range(2)]

    def add(by):
        own = Campaign.objects.select_related("unit").get(pk=campaign.pk)
        plans.add_item(own, by=by, text="Gửi bộ bài", due_on=today())

    assert each_at_once(people, add) == {"done": 1, "refused": 1}
    assert campaign.checklist.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_who_close_one_campaign_one_does():
    province = factories.ProvinceFactory()
    campaign = factories.CampaignFactory(unit=province)
    people = [factories.person(Role.OVERSEER, province) for _ in range(2)]

    def end(by):
        close(Campaign.objects.select_related("unit").get(pk=campaign.pk), by)

    assert each_at_once(people, end) == {"done": 1, "refused": 1}
    assert Entry.objects.filter(action="campaign.closed").count() == 1


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"act": "plan", "target_posts": "-3", "target_clicks": "1234567"}, 422),
        ({"act": "phase", "name": "Đợt 1234567", "starts_on": "31/02/2027", "ends_on": ""}, 422),
        (
            {"act": "phase", "name": "Đợt 1234567", "starts_on": "01/01/2020", "ends_on": "-1"},
            422,
        ),
        ({"act": "item", "text": "Việc 1234567", "due_on": "mai"}, 422),
        ({"act": "document", "name": "Văn bản 1234567", "link": "khong phai"}, 422),
        ({"act": "document", "name": "Văn bản 1234567", "link": "https://example.com"}, 409),
    ],
)
def test_what_was_typed_into_the_plan_stays_where_it_is_refused(  # any clock
    client, campaign, overseer, form, status
):
    client.force_login(overseer)

    answer = client.post(reverse("campaigns:plan", args=[campaign.public_id]), form)

    assert answer.status_code == status
    assert "1234567" in answer.text
    assert count_parts() == [0, 0, 0]
    assert Campaign.objects.get(pk=campaign.pk).targets() == dict.fromkeys(campaign.targets())


@pytest.mark.parametrize("kind", ["phase", "item", "document"])
def test_a_part_of_another_campaign_is_not_removed_by_way_of_ones_own(
    client, campaign, overseer, item, document, kind
):
    foreign = factories.CampaignFactory()
    rows = {
        "phase": Phase(name="Đợt 1", starts_on=today(), ends_on=today()),
        "item": ChecklistItem(text="Gửi bộ bài", due_on=today()),
        "document": Document(name="Kế hoạch", number="24/2018/QH14"),
    }
    row = rows[kind]
    row.campaign = foreign
    row.save()
    client.force_login(overseer)
    address = reverse("campaigns:plan", args=[campaign.public_id])

    removal = client.post(address, {"act": "remove", "kind": kind, "id": str(row.public_id)})
    law = client.post(address, {"act": "law", "id": str(row.public_id)})

    assert (removal.status_code, law.status_code) == (404, 404)
    row.refresh_from_db()
    assert client.get(reverse("campaigns:plan", args=[foreign.public_id])).status_code == 404
    assert client.post(reverse("campaigns:duplicate", args=[foreign.public_id])).status_code == 404


def test_the_plan_asks_as_much_for_a_full_list_as_for_one_item(client, campaign, overseer, item):
    client.force_login(overseer)
    address = reverse("campaigns:plan", args=[campaign.public_id])

    def ask() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert client.get(address).status_code == 200
        return len(asked)

    ask()
    one = ask()
    done = {"done_by": overseer, "done_at": campaign.created_at}
    ChecklistItem.objects.bulk_create(
        ChecklistItem(campaign=campaign, text=f"Việc {n}", due_on=today(), **done)
        for n in range(39)
    )
    Document.objects.bulk_create(Document(campaign=campaign, name=f"KH {n}") for n in range(20))

    assert ask() == one <= 20
