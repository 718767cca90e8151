"""The list of posts: filters in the address, search without accents, bulk archiving, and a steady price."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Role
from campaigns.models import Topic
from core.text import fold
from posts.models import Post
from posts.states import PostState
from tests import factories
from tests.factories import ChannelFactory, PostFactory, UnitFactory, person

pytestmark = pytest.mark.django_db
LIST = reverse("posts:list")


@pytest.fixture
def unit():
    return UnitFactory()


@pytest.fixture
def officer(client, unit):
    officer = person(Role.OFFICER, unit)
    client.force_login(officer)
    return officer


def titles(client, **query) -> list[str]:
    return [post.title for post in client.get(LIST, query).context["page_obj"]]


def make(unit, title, **fields):
    return PostFactory(unit=unit, title=title, search=fold(title), channels=fields.pop("channels", []), **fields)


def test_the_unit_sees_its_own_posts_newest_change_first_and_no_archived_ones(client, unit, officer):
    now = timezone.now()
    make(unit, "Cũ", changed_at=now - timedelta(days=1))
    make(unit, "Mới", changed_at=now)
    make(unit, "Lưu trữ", state=PostState.ARCHIVED)
    make(UnitFactory(parent=unit.parent), "Của đơn vị bạn")

    assert titles(client) == ["Mới", "Cũ"]
    assert titles(client, state="archived") == ["Lưu trữ"]
    assert titles(client, sort="changed") == ["Cũ", "Mới"]
    assert titles(client, sort="title") == ["Cũ", "Mới"]
    assert titles(client, sort="password") == ["Mới", "Cũ"]


def test_each_filter_narrows_the_list(client, unit, officer):
    channel, campaign = ChannelFactory(unit=unit), factories.CampaignFactory(unit=unit.parent)
    topic = Topic.objects.exclude(code="lua_dao").first()
    make(unit, "Đà Nẵng cảnh báo", author=officer)
    make(unit, "Có kênh", channels=[channel])
    make(unit, "Có chủ đề", topic=topic)
    make(unit, "Có chiến dịch", campaign=campaign)
    factories.submitted(make(unit, "Đã trình"))

    assert titles(client, q="da nang CANH") == ["Đà Nẵng cảnh báo"]
    assert titles(client, mine="on") == ["Đà Nẵng cảnh báo"]
    assert titles(client, channel=channel.public_id) == ["Có kênh"]
    assert titles(client, topic=topic.code) == ["Có chủ đề"]
    assert titles(client, campaign=campaign.public_id) == ["Có chiến dịch"]
    assert titles(client, state="in_review") == ["Đã trình"]


def test_a_province_narrows_to_a_unit_below_it_and_sees_no_other(client):
    province = factories.ProvinceFactory()
    near, far = UnitFactory(parent=province), UnitFactory(parent=province)
    make(near, "Gần"), make(far, "Xa"), make(UnitFactory(), "Tỉnh khác")
    client.force_login(person(Role.OVERSEER, province))

    assert sorted(titles(client)) == ["Gần", "Xa"]
    assert titles(client, unit=near.key) == ["Gần"]
    assert sorted(titles(client, unit=UnitFactory().key)) == ["Gần", "Xa"]


def test_an_administrator_reads_no_drafts(client, unit):
    client.force_login(person(Role.ADMINISTRATOR, unit))
    assert client.get(LIST).status_code == 403


def test_pages_hold_twenty_five_and_keep_the_filter(client, unit, officer):
    for n in range(26):
        make(unit, f"Bài {n}")
    response = client.get(LIST, {"q": "bai"})
    assert len(response.context["page_obj"]) == 25
    assert "?q=bai&amp;page=2" in response.content.decode()
    assert len(titles(client, q="bai", page=2)) == 1
    assert len(titles(client, q="bai", page="xyz")) == 25


def test_htmx_gets_the_rows_alone(client, unit, officer):
    make(unit, "Bài")
    response = client.get(LIST, headers={"HX-Request": "true"})
    assert "<html" not in response.content.decode()
    assert "HX-Request" in response["Vary"]


def test_an_empty_list_teaches_and_a_too_narrow_filter_says_so(client, unit, officer):
    assert "No post yet" in client.get(LIST).content.decode()
    assert "No post fits these filters" in client.get(LIST, {"q": "x"}).content.decode()


def test_the_list_costs_the_same_for_one_row_and_for_three(client, unit, officer, django_assert_max_num_queries):
    client.get(LIST)  # the first page of a session also writes the session
    counts = []
    for rows in (1, 2):
        for n in range(rows):
            make(
                unit,
                f"Bài {rows}{n}",
                channels=[ChannelFactory(unit=unit)],
                campaign=factories.CampaignFactory(unit=unit),
            )
        with django_assert_max_num_queries(20) as queries:
            client.get(LIST)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_chosen_drafts_are_put_away_and_others_stay(client, unit, officer):
    drafts = [make(unit, "Một"), make(unit, "Hai")]
    waiting, foreign = factories.submitted(make(unit, "Đã trình")), make(UnitFactory(), "Của đơn vị khác")
    chosen = [str(p.public_id) for p in (*drafts, waiting, foreign)]

    response = client.post(reverse("posts:archive_many"), {"post": [*chosen, "no id"]}, follow=True)

    states = {p.title: p.state for p in Post.objects.all()}
    assert states == {"Một": "archived", "Hai": "archived", "Đã trình": "in_review", "Của đơn vị khác": "draft"}
    page = response.content.decode()
    assert "2 drafts are put away." in page
    assert "2 posts stay" in page
