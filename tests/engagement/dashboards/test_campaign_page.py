from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Notice
from accounts.permissions import Role
from campaigns.kits.models import Adoption
from campaigns.planning.models import ChecklistItem, PublicSummary
from core.errors import Refused
from engagement.dashboards import usual
from engagement.dashboards.reminders import remind_units_behind
from publishing.models import Delivery
from publishing.states import State
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
        unit=province, created_by=overseer, aim="Người dân biết gọi 113"
    )


@pytest.fixture
def look(client, campaign):
    address = reverse("engagement:campaign", args=[campaign.public_id])

    def open_as(person):
        client.force_login(person)
        return client.get(address)

    return open_as


def test_the_page_says_how_far_the_targets_are_and_who_is_behind(
    look, publish, campaign, province, overseer
):
    one, two, idle = (factories.UnitFactory(parent=province) for _ in range(3))
    factories.ChannelFactory(unit=idle)
    # A third of its days is over: 10 of 30 posts should be out, and 2 of 6 units.
    campaign.target_posts, campaign.target_units, campaign.target_reach = 30, 2, 900
    campaign.starts_on = timezone.localdate() - timedelta(days=9)
    campaign.ends_on = campaign.starts_on + timedelta(days=29)
    campaign.save()
    first = publish(unit=one, campaign=campaign, reach=70)
    publish(post=first.post, channel=factories.ChannelFactory(unit=one, platform="zalo"))
    publish(unit=two, campaign=campaign, at=timezone.now() - timedelta(days=3), reach=400)
    ChecklistItem.objects.create(
        campaign=campaign, text="Gửi bộ bài", due_on=timezone.localdate() - timedelta(days=1)
    )

    context = look(overseer).context

    found = {tile["name"]: (tile["value"], tile["tone"], tile["hint"]) for tile in context["tiles"]}
    assert found == {
        "posts": (2, "yellow", "of 30; should be 10 by today"),
        "units": (2, "green", "of 2: reached"),
        "reach": (470, "green", "of 900: on course; median of a post 70"),
        "clicks": (None, "", ""),
    }
    posts = context["charts"][0]
    assert [n for _day, n in posts["points"]] == [1, 2]
    assert posts["figures"]["series"][1]["points"][-1] == [campaign.ends_on.isoformat(), 30]
    assert context["behind"] == [idle]
    assert (context["dates"][0].words, context["dates"][0].is_late) == (
        "To be done: Gửi bộ bài",
        True,
    )


def test_units_behind_are_listed_by_name_whatever_their_accents(look, campaign, province, overseer):
    for place in ("Xã Vạn Ninh", "Xã Đại Lộc", "Xã Ái Nghĩa", "Xã An Khê"):
        factories.ChannelFactory(unit=factories.UnitFactory(parent=province, place=place))

    behind = look(overseer).context["behind"]

    assert [unit.place for unit in behind] == [
        "Xã Ái Nghĩa",
        "Xã An Khê",
        "Xã Đại Lộc",
        "Xã Vạn Ninh",
    ]


def test_a_commune_sees_its_own_part_and_the_target_of_all(look, publish, campaign, province):
    mine, other = (factories.UnitFactory(parent=province) for _ in range(2))
    campaign.target_posts = 30
    campaign.save()
    factories.ChannelFactory(unit=mine)
    publish(unit=other, campaign=campaign, reach=900)

    response = look(factories.person(Role.OFFICER, mine))

    context = response.context
    assert [(tile["value"], tile["hint"]) for tile in context["tiles"]] == [
        (0, ""),
        (0, ""),
        (None, ""),
        (None, ""),
    ]
    assert context["charts"] == []
    assert context["behind"] == [mine]
    assert "30" in one_line(response.content.decode())
    assert other.name not in response.content.decode()


def test_the_best_are_measured_by_what_is_usual_for_the_unit(look, publish, campaign, overseer):
    unit = factories.UnitFactory(parent=campaign.unit)
    channel = factories.ChannelFactory(unit=unit)
    small = factories.UnitFactory(parent=campaign.unit)
    ago = timezone.now() - timedelta(days=4)
    for reach in (100, 100, 100, 100, 110):
        publish(channel=channel, at=ago, reach=reach)
    star = publish(channel=channel, campaign=campaign, at=ago, reach=320)
    weak = publish(channel=channel, campaign=campaign, at=ago, reach=40)
    plain = publish(unit=small, campaign=campaign, at=ago, views=9000)

    best = look(overseer).context["best"]
    rows = usual.find_candidates(
        Delivery.objects.filter(post__campaign=campaign), now=timezone.now()
    )

    assert [(row.delivery, why) for row, why in best] == [
        (star, "Reach 320: 3.2 times the unit's usual on Facebook (100)"),
        (plain, "Views 9,000; too few posts on Facebook to say what is usual there"),
    ]
    assert [r.delivery for r in usual.choose_weakest(rows, now=timezone.now(), most=5)] == [weak]
    young = usual.choose_weakest(rows, now=ago + timedelta(days=1), most=5)
    assert young == []


def test_the_page_asks_the_same_few_questions_whatever_its_rows(
    client, look, publish, campaign, overseer
):
    def fill():
        unit = factories.UnitFactory(parent=campaign.unit)
        kit = factories.kit(campaign.unit, campaign=campaign, state="issued")
        Adoption.objects.create(kit=kit, version=kit.current, unit=unit, opened_at=timezone.now())
        publish(unit=unit, campaign=campaign, reach=10)
        ChecklistItem.objects.create(
            campaign=campaign, text="Gửi bộ bài", due_on=timezone.localdate()
        )

    counted = []
    campaign.target_posts, campaign.target_reach = 5, 500
    campaign.save()
    for times in (1, 2):
        for _ in range(times):
            fill()
        address = look(overseer).wsgi_request.path
        with CaptureQueriesContext(connection) as asked:
            assert client.get(address).status_code == 200
        counted.append(len(asked))
    assert counted[0] == counted[1] <= 20


def test_a_campaign_is_closed_shown_and_taken_back(client, look, publish, campaign, overseer):
    unit = factories.UnitFactory(parent=campaign.unit)
    live = publish(unit=unit, campaign=campaign, reach=700)
    link = "https://facebook.com/a/posts/1"
    Delivery.objects.filter(pk=live.pk).update(permalink=link)
    look(overseer)
    close = reverse("engagement:campaign_close", args=[campaign.public_id])
    act = reverse("engagement:campaign_summary", args=[campaign.public_id])
    assert client.post(act, {"act": "show"}).status_code == 302
    assert not PublicSummary.objects.exists()
    colleague = factories.person(Role.OVERSEER, campaign.unit)
    assert client.post(close, {"lessons": ""}).status_code == 422

    assert client.post(close, {"lessons": "Gửi bộ bài sớm hơn."}).status_code == 302
    publish(unit=unit, campaign=campaign, reach=9999)
    context = look(overseer).context
    assert (context["result"].content["figures"]["reach"], context["is_unchanged"]) == (700, True)
    assert not context["may_plan"]
    assert not context["may_show"]
    assert client.post(act, {"act": "show"}).status_code == 403  # who closed it alone
    assert not PublicSummary.objects.exists()
    client.force_login(colleague)
    client.post(act, {"act": "show"})
    row = PublicSummary.objects.get()
    address = reverse("engagement:public_summary", args=[row.public_id])
    client.logout()
    page = client.get(address)
    text = page.content.decode()
    assert page["Cache-Control"] == "public, max-age=300"
    assert not page.cookies
    assert "700" in text
    assert "9.999" not in text
    assert link in text

    Delivery.objects.filter(pk=live.pk).update(state=State.RECALLED)
    assert link not in client.get(address).content.decode()
    client.force_login(overseer)
    client.post(act, {"act": "revoke"})
    assert client.get(address).status_code == 404
    client.force_login(colleague)
    client.post(act, {"act": "show"})
    assert client.get(address).status_code == 200


def test_units_behind_are_reminded_once_a_day_from_the_page(
    client, look, publish, campaign, province, overseer
):
    busy, idle, also_idle = (factories.UnitFactory(parent=province) for _ in range(3))
    elsewhere = factories.UnitFactory()
    for unit in (idle, also_idle, elsewhere):
        factories.ChannelFactory(unit=unit)
    officers = [factories.person(Role.OFFICER, unit) for unit in (busy, idle, also_idle, elsewhere)]
    publish(unit=busy, campaign=campaign, reach=7)
    assert look(overseer).context["may_remind"]
    button = reverse("engagement:remind_campaign", args=[campaign.public_id])

    client.post(button)
    client.post(button)

    told = Notice.objects.filter(kind="campaign_reminder").values_list("user", flat=True)
    assert sorted(told) == [officers[1].pk, officers[2].pk]
    with pytest.raises(Refused, match="today already"):
        remind_units_behind(campaign, at=province, by=overseer)
    assert not look(officers[1]).context["may_remind"]
    assert client.post(button).status_code == 403


def test_units_without_a_page_are_not_behind_but_named_apart(
    client, look, publish, campaign, province, overseer
):
    busy, idle, pageless = (factories.UnitFactory(parent=province) for _ in range(3))
    factories.ChannelFactory(unit=idle)
    officers = [factories.person(Role.OFFICER, unit) for unit in (idle, pageless)]
    publish(unit=busy, campaign=campaign)

    shown = look(overseer)

    assert shown.context["behind"] == [idle]
    assert shown.context["behind_count"] == 1
    assert shown.context["pageless"] == 1
    assert "Remind 1 unit" in shown.text
    assert f'{reverse("oversight:board")}?kind=pageless"' in shown.text
    client.post(reverse("engagement:remind_campaign", args=[campaign.public_id]))
    told = Notice.objects.filter(kind="campaign_reminder").values_list("user", flat=True)
    assert list(told) == [officers[0].pk]


def test_nobody_is_reminded_of_a_campaign_that_does_not_run(campaign, province, overseer):
    factories.UnitFactory(parent=province)
    campaign.starts_on = timezone.localdate() + timedelta(days=1)
    campaign.ends_on = campaign.starts_on + timedelta(days=9)
    campaign.save()

    with pytest.raises(Refused, match="does not run"):
        remind_units_behind(campaign, at=province, by=overseer)
