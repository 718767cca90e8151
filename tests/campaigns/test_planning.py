from datetime import date, timedelta

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse
from django.utils.timezone import localdate as today

from accounts.permissions import Role
from audit.models import Entry
from campaigns.editing import change_campaign
from campaigns.models import Campaign
from campaigns.planning import plans
from campaigns.planning.forms import PlanForm
from campaigns.planning.models import CampaignResult, Document
from campaigns.planning.queries import add_year, name_next_year, to_canonical_json
from core.errors import NotAllowed, Refused
from tests import factories
from tests.pages import one_line

pytestmark = pytest.mark.django_db


@pytest.fixture
def province():
    return factories.ProvinceFactory()


@pytest.fixture
def overseer(province):
    return factories.person(Role.OVERSEER, province)


@pytest.fixture
def campaign(province, overseer):
    return factories.CampaignFactory(
        unit=province, created_by=overseer, starts_on=today(), ends_on=today() + timedelta(days=30)
    )


def test_a_plan_is_made_on_one_page_and_refused_where_it_makes_none(client, campaign, overseer):
    helper = factories.person(Role.APPROVER, factories.UnitFactory(parent=campaign.unit))
    client.force_login(overseer)
    address = reverse("campaigns:plan", args=[campaign.public_id])
    first, last = f"{today():%d/%m/%Y}", f"{today() + timedelta(days=5):%d/%m/%Y}"

    def send(**fields):
        return client.post(address, fields).status_code

    people = {"owner": overseer.pk, "helpers": [helper.pk]}
    assert send(act="plan", target_posts="120", target_reach="50000", **people) == 302
    assert send(act="plan", target_posts="0", **people) == 422
    assert send(act="phase", name="Phát động", starts_on=first, ends_on=last) == 302
    assert send(act="phase", name="Sớm quá", starts_on="01/01/2020", ends_on=last) == 409
    assert send(act="item", text="Gửi bộ bài", due_on=last) == 302
    assert send(act="document", name="Kế hoạch", link="https://example.com/a") == 409
    assert send(act="document", name="Kế hoạch", link="https://vanban.chinhphu.vn/") == 302
    campaign.refresh_from_db()
    assert campaign.targets() == {"posts": 120, "units": None, "reach": 50000, "clicks": None}
    assert list(campaign.helpers.all()) == [helper]
    document = Document.objects.get()
    assert send(act="remove", kind="document", id=str(document.public_id)) == 302
    assert send(act="remove", kind="document", id=str(document.public_id)) == 404
    assert send(act="remove", kind="secret", id="1") == 404
    said = Entry.objects.filter(action="campaign.planned").order_by("pk")
    assert [entry.data["what"] for entry in said] == [
        "people and targets",
        "phase added",
        "item added",
        "document added",
        "document removed",
    ]
    page = one_line(client.get(address).content.decode())
    assert "Phát động" in page
    assert "Kế hoạch" not in page.split("document-title")[0].split('id="documents-title"')[1][:200]


def test_people_who_may_not_write_campaigns_neither_own_nor_help(campaign, overseer):
    officer = factories.person(Role.OFFICER, campaign.unit)
    below = factories.person(Role.APPROVER, factories.UnitFactory(parent=campaign.unit))
    elsewhere = factories.person(Role.OVERSEER, factories.ProvinceFactory())

    def plan(owner, helpers):
        plans.set_plan(campaign, by=overseer, owner=owner, helpers=helpers, targets={})

    for owner, helpers in ((below, []), (None, [officer]), (None, [elsewhere])):
        with pytest.raises(Refused):
            plan(owner, helpers)
    plan(overseer, [below])
    with pytest.raises(NotAllowed):
        plans.add_item(campaign, by=below, text="Gửi bộ bài", due_on=today())


def test_helpers_tick_the_checklist_and_others_do_not(client, campaign, overseer):
    commune = factories.UnitFactory(parent=campaign.unit)
    helper, other = (factories.person(Role.APPROVER, commune) for _ in range(2))
    item = plans.add_item(campaign, by=overseer, text="Gửi bộ bài", due_on=today())
    campaign.helpers.add(helper)
    address = reverse("campaigns:tick", args=[item.public_id])

    def tick(person, done):
        client.force_login(person)
        answer = client.post(address, {"done": done})
        item.refresh_from_db()
        return answer.status_code, item.done_by

    assert tick(other, "1") == (404, None)
    assert tick(helper, "1") == (302, helper)
    page = client.get(reverse("engagement:campaign", args=[campaign.public_id]))
    assert page.context["may_tick"] is True
    assert page.context["may_plan"] is False
    assert tick(helper, "0") == (302, None)
    assert [entry.action for entry in Entry.objects.filter(action__contains="ticked")] == [
        "campaign.unticked",
        "campaign.ticked",
    ]


def test_the_copy_for_the_next_year_has_the_plan_and_nothing_that_happened(
    client, campaign, overseer
):
    campaign.name, campaign.target_posts = f"Tết {today().year}", 40
    campaign.save()
    factories.kit(campaign.unit, campaign=campaign, state="issued")
    plans.add_phase(
        campaign, by=overseer, name="Đợt 1", starts_on=today(), ends_on=campaign.ends_on
    )
    item = plans.add_item(campaign, by=overseer, text="Gửi bộ bài", due_on=today())
    plans.tick_item(item, by=overseer, is_done=True)
    plans.add_document(campaign, by=overseer, name="Kế hoạch", number="12/KH-CAT")
    client.force_login(overseer)

    answer = client.post(reverse("campaigns:duplicate", args=[campaign.public_id]))

    copy = Campaign.objects.exclude(pk=campaign.pk).get()
    assert answer["Location"] == reverse("campaigns:edit", args=[copy.public_id])
    assert (copy.name, copy.starts_on) == (f"Tết {today().year + 1}", add_year(today()))
    assert (copy.target_posts, copy.owner, copy.closed_at) == (40, overseer, None)
    assert [phase.name for phase in copy.phases.all()] == ["Đợt 1"]
    assert [(item.text, item.done_at) for item in copy.checklist.all()] == [("Gửi bộ bài", None)]
    assert [document.number for document in copy.documents.all()] == ["12/KH-CAT"]
    assert copy.kits.count() == 0


def test_a_year_later_knows_leap_days_and_names_without_a_year():
    assert add_year(date(2028, 2, 29)) == date(2029, 2, 28)  # any clock
    assert name_next_year("Cao điểm", 2026) == "Cao điểm (2027)"
    assert len(name_next_year("a" * 150, 2026)) == 150


def test_a_closed_campaign_is_frozen_for_good(campaign, overseer):
    content = {"posts": 3, "share": 0.25, "name": "Tết"}

    result = plans.close_campaign(
        campaign, by=overseer, lessons="Gửi bộ bài sớm hơn.", content=content
    )

    campaign.refresh_from_db()
    result.refresh_from_db()
    assert (campaign.ends_on, campaign.stage(today())) == (today(), "past")
    assert to_canonical_json(result.content) == to_canonical_json(content)
    assert campaign not in Campaign.objects.running(today())
    with pytest.raises(Refused):
        plans.close_campaign(campaign, by=overseer, lessons="Lại.", content=content)
    with pytest.raises(Refused):
        plans.add_item(campaign, by=overseer, text="Muộn", due_on=today())
    with pytest.raises(Refused):
        change_campaign(campaign, by=overseer, name="Tên khác", starts_on=today(), ends_on=today())
    for act in (
        lambda rows: rows.update(lessons="khác"),
        lambda rows: rows.delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            act(CampaignResult.objects.filter(pk=result.pk))


@pytest.mark.parametrize(
    ("name", "number", "named"),
    [
        ("Luật An ninh mạng", "24/2018/QH14", ("Luật An ninh mạng", "116/2025/QH15")),
        (
            "Bảo vệ dữ liệu cá nhân",
            "13/2023/NĐ-CP",
            ("Luật Bảo vệ dữ liệu cá nhân", "91/2025/QH15"),
        ),
    ],
)
def test_a_document_that_is_repealed_is_warned_of_and_replaced_by_one_tap(
    client, campaign, overseer, name, number, named
):
    document = plans.add_document(campaign, by=overseer, name=name, number=number)
    client.force_login(overseer)
    address = reverse("campaigns:plan", args=[campaign.public_id])
    [(_row, warnings)] = client.get(address).context["documents"]
    assert named[1] in warnings[0]

    assert client.post(address, {"act": "law", "id": str(document.public_id)}).status_code == 302

    document.refresh_from_db()
    assert (document.name, document.number) == named
    assert client.get(address).context["documents"] == [(document, [])]
    assert Entry.objects.order_by("pk").last().data["what"] == "repealed law replaced"


def test_helpers_are_listed_with_their_unit(campaign):
    commune = factories.UnitFactory(parent=campaign.unit)
    helper = factories.person(Role.APPROVER, commune)

    labels = [label for _value, label in PlanForm(campaign=campaign).fields["helpers"].choices]

    assert f"{helper} · {commune.name}" in labels
