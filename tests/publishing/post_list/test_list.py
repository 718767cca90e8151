"""The list of posts: tabs and filters in the address, search without accents, bulk archiving, and a
steady price.
"""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Role
from campaigns.models import Topic
from core.text import fold
from posts.models import Post
from posts.origins import starting
from posts.states import PostState
from publishing.states import Reason, State
from tests import factories
from tests.factories import ChannelFactory, PostFactory, UnitFactory, person

pytestmark = pytest.mark.django_db
LIST = reverse("publishing:post_list")


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
    return PostFactory(
        unit=unit, title=title, search=fold(title), channels=fields.pop("channels", []), **fields
    )


def test_the_unit_sees_its_own_posts_newest_change_first_and_no_archived_ones(
    client, unit, officer
):
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


def test_pages_hold_twenty_and_keep_the_filter(client, unit, officer):
    for n in range(21):
        make(unit, f"Bài {n}")
    response = client.get(LIST, {"q": "bai"})
    assert len(response.context["page_obj"]) == 20
    assert "?q=bai&amp;page=2" in response.content.decode()
    assert len(titles(client, q="bai", page=2)) == 1
    assert len(titles(client, q="bai", page="xyz")) == 20


def test_htmx_gets_the_rows_alone(client, unit, officer):
    make(unit, "Bài")
    response = client.get(LIST, headers={"HX-Request": "true"})
    assert "<html" not in response.content.decode()
    assert "HX-Request" in response["Vary"]


def test_an_empty_list_teaches_and_a_too_narrow_filter_says_so(client, unit, officer):
    assert "No post yet" in client.get(LIST).content.decode()
    assert "No post fits these filters" in client.get(LIST, {"q": "x"}).content.decode()


def test_the_list_costs_the_same_for_one_row_and_for_three(
    client, unit, officer, django_assert_max_num_queries
):
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
            factories.delivery(factories.approved(unit=unit))
        with django_assert_max_num_queries(19) as queries:
            client.get(LIST)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_chosen_drafts_are_put_away_and_others_stay(client, unit, officer):
    drafts = [make(unit, "Một"), make(unit, "Hai")]
    waiting, foreign = (
        factories.submitted(make(unit, "Đã trình")),
        make(UnitFactory(), "Của đơn vị khác"),
    )
    chosen = [str(p.public_id) for p in (*drafts, waiting, foreign)]

    response = client.post(reverse("posts:archive_many"), {"post": [*chosen, "no id"]}, follow=True)

    states = {p.title: p.state for p in Post.objects.all()}
    assert states == {
        "Một": "archived",
        "Hai": "archived",
        "Đã trình": "in_review",
        "Của đơn vị khác": "draft",
    }
    page = response.content.decode()
    assert "2 drafts are put away." in page
    assert "2 posts stay" in page


# --- Tabs -----------------------------------------------------------------------------------------


def tabs(client, **query):
    return {tab["value"]: tab["n"] for tab in client.get(LIST, query).context["tabs"]}


@pytest.fixture
def posts(unit, officer):
    """One of each kind, and another unit's."""
    due = timezone.now() + timedelta(hours=1)
    other = UnitFactory(parent=unit.parent)
    for where in (unit, other):
        make(where, "Nháp")
        factories.submitted(make(where, "Chờ duyệt"))
        factories.approved(make(where, "Chưa hẹn giờ", channels=[ChannelFactory(unit=where)]))
        coming = factories.approved(make(where, "Sẽ đăng", channels=[ChannelFactory(unit=where)]))
        factories.delivery(coming, due_at=due)
        factories.live_delivery(unit=where)
        failed = factories.approved(make(where, "Có lỗi", channels=[ChannelFactory(unit=where)]))
        factories.delivery(failed, state="failed")
    Post.objects.filter(deliveries__state="published").update(
        title="Đã đăng", search=fold("Đã đăng")
    )


def test_each_tab_holds_its_posts_and_says_how_many(client, unit, posts):
    kinds = {
        "drafts": "Nháp",
        "review": "Chờ duyệt",
        "unscheduled": "Chưa hẹn giờ",
        "upcoming": "Sẽ đăng",
        "published": "Đã đăng",
        "trouble": "Có lỗi",
    }
    assert {tab: titles(client, tab=tab) for tab in kinds} == {
        tab: [title] for tab, title in kinds.items()
    }
    assert tabs(client) == {**dict.fromkeys(kinds, 1), "": 6}
    assert sorted(titles(client, tab="nonsense")) == sorted(kinds.values())


def test_each_kind_of_trouble_is_counted_and_listed(client, unit, officer):
    troubles = {
        "Chờ người": {"state": State.NEEDS_PERSON},
        "Mất kết nối": {"state": State.SCHEDULED, "error_code": Reason.ACCESS},
        "Không gỡ được": {
            "state": State.RECALLING,
            "error_code": Reason.ACCESS,
            "published_at": timezone.now(),
            "remote_id": "1",
        },
        "Lỡ giờ": {"state": State.EXPIRED},
        "Không đăng được": {"state": State.FAILED},
    }
    for title, fields in troubles.items():
        post = factories.approved(make(unit, title, channels=[ChannelFactory(unit=unit)]))
        factories.delivery(post, **fields)

    assert sorted(titles(client, tab="trouble")) == sorted(troubles)
    assert tabs(client)["trouble"] == len(troubles)


def test_the_counts_of_the_tabs_are_those_of_the_filter_and_of_what_one_may_see(
    client, unit, posts
):
    assert tabs(client, q="dang", tab="drafts") == {
        "drafts": 0,
        "review": 0,
        "unscheduled": 0,
        "upcoming": 1,
        "published": 1,
        "trouble": 0,
        "": 2,
    }
    client.force_login(person(Role.OVERSEER, unit.parent))
    assert set(tabs(client).values()) == {2, 12}


def test_the_list_says_when_a_post_was_or_will_be_published(client, unit, officer):
    at = timezone.make_aware(datetime(2026, 11, 2, 7, 30))  # any clock
    live_delivery = factories.live_delivery(unit=unit, published_at=at)
    coming = factories.delivery(factories.approved(unit=unit), due_at=at + timedelta(days=365))
    requested = make(unit, "Nháp", requested_time=at)

    cards = {card.post.pk: card for card in client.get(LIST).context["cards"]}

    assert (cards[live_delivery.post_id].published_at, cards[live_delivery.post_id].due_at) == (
        at,
        None,
    )
    assert (cards[coming.post_id].published_at, cards[coming.post_id].due_at) == (
        None,
        coming.fire_at,
    )
    assert (cards[requested.pk].published_at, cards[requested.pk].due_at) == (None, None)


def test_a_tab_that_is_empty_says_so_and_leads_to_all(client, unit, officer):
    make(unit, "Nháp")
    page = client.get(LIST, {"tab": "trouble"}).content.decode()
    assert "No post here now" in page
    assert f'href="{LIST}"' in page


def test_who_may_schedule_finds_the_way_beside_each_post_without_a_time(client, unit, posts):
    post = Post.objects.get(unit=unit, title="Chưa hẹn giờ")
    address = reverse("publishing:schedule", args=[post.public_id])
    assert address in client.get(LIST, {"tab": "unscheduled"}).content.decode()
    client.force_login(person(Role.OVERSEER, unit.parent))
    assert address not in client.get(LIST, {"tab": "unscheduled"}).content.decode()


def test_a_draft_that_nobody_has_written_in_is_not_in_the_list(client, unit, officer):
    starting.start_draft(unit=unit, by=officer)
    make(unit, "Có chữ")
    assert titles(client) == ["Có chữ"]
    assert tabs(client)["drafts"] == 1


def test_a_tab_counts_and_pages_no_further_than_anybody_reads_and_says_so(
    client, unit, officer, monkeypatch
):
    for module in ("queries", "views"):
        monkeypatch.setattr(f"publishing.post_list.{module}.MOST_COUNTED", 2)
    for n in range(3):
        make(unit, f"Nháp {n}")

    page = client.get(LIST, {"tab": "drafts"})
    response = client.get(LIST, {"tab": "drafts", "part": "tabs"}, headers={"HX-Request": "true"})

    tab = next(tab for tab in response.context["tabs"] if tab["value"] == "drafts")
    assert (tab["n"], tab["more"]) == (2, True)
    assert page.context["page_obj"].paginator.count == 2
    assert "Only the first 2 posts are paged" in page.content.decode()
    html = " ".join(response.content.decode().split())
    assert 'title="2 posts or more"><span aria-hidden="true">2+</span>' in html
    assert '<span class="visually-hidden">2 posts or more</span>' in html


def test_pages_end_where_nobody_turns_any_and_the_list_says_so(client, unit, officer, monkeypatch):
    for n in range(3):
        make(unit, f"Nháp {n}")
    words = "Only the first 2 posts are paged"
    assert words not in client.get(LIST).content.decode()

    monkeypatch.setattr("publishing.post_list.views.MOST_COUNTED", 1)
    monkeypatch.setattr("publishing.post_list.views.MOST_LISTED", 2)
    response = client.get(LIST)

    assert response.context["page_obj"].paginator.count == 2
    assert words in response.content.decode()


@pytest.fixture
def long_list(client, unit, monkeypatch):
    """Show an overseer more posts than a tab counts."""
    for module in ("queries", "views"):
        monkeypatch.setattr(f"publishing.post_list.{module}.MOST_COUNTED", 2)
    for n in range(3):
        make(unit, f"Nháp {n}")
    client.force_login(person(Role.OVERSEER, unit.parent, language="en"))


def numbers(response):
    return {tab["value"]: tab["n"] for tab in response.context["tabs"] if tab["n"] is not None}


def test_a_long_list_shows_its_posts_first_and_counts_its_tabs_afterwards(client, long_list):
    page = client.get(LIST, {"tab": "drafts", "q": "nhap"})
    html = page.content.decode()
    asked = client.get(
        LIST, {"tab": "drafts", "q": "nhap", "part": "tabs"}, headers={"HX-Request": "true"}
    )

    assert (len(page.context["cards"]), numbers(page)) == (2, {})
    assert 'hx-get="?tab=drafts&amp;q=nhap&amp;part=tabs" hx-trigger="load"' in html
    assert numbers(asked)["drafts"] == 2
    counted = asked.content.decode()
    assert counted.lstrip().startswith("<nav")
    assert "hx-get" not in counted
    assert "part=" not in counted


def test_a_tab_of_a_long_list_counts_among_its_newest_and_says_that_there_may_be_more(
    client, unit, long_list, monkeypatch
):
    monkeypatch.setattr("publishing.post_list.queries.MOST_LISTED", 3)  # and one more
    now = timezone.now()
    stuck, rejected = (
        factories.approved(make(unit, title, channels=[ChannelFactory(unit=unit)]))
        for title in ("Mắc", "Mắc lâu")
    )
    for post in (stuck, rejected):
        factories.delivery(
            post, ChannelFactory(unit=unit), state=State.NEEDS_PERSON, error_code=Reason.UNKNOWN
        )
    approved = [factories.approved(make(unit, f"Duyệt {n}")) for n in range(2)]
    newest = [stuck, approved[0], *Post.objects.filter(title__startswith="Nháp")[:2]]
    Post.objects.update(changed_at=now - timedelta(days=2))
    Post.objects.filter(pk__in=[post.pk for post in newest]).update(changed_at=now)

    asked = client.get(LIST, {"part": "tabs"}, headers={"HX-Request": "true"})

    shown = {tab["value"]: (tab["n"], tab["more"]) for tab in asked.context["tabs"]}
    assert shown == {
        "drafts": (2, True),
        "review": (None, False),
        "unscheduled": (1, True),
        "upcoming": (None, False),
        "published": (None, False),
        "trouble": (1, True),
        "": (2, True),
    }


def test_a_tab_of_a_long_list_shows_those_among_its_newest_and_says_so(
    client, unit, long_list, monkeypatch
):
    for n in range(3):
        factories.approved(make(unit, f"Duyệt {n}"))
    Post.objects.filter(title="Duyệt 0").update(changed_at=timezone.now() - timedelta(days=2))
    words = "Only the newest 1 posts were looked at"

    def shown():
        page = client.get(LIST, {"tab": "unscheduled"})
        return titles(client, tab="unscheduled"), words in page.content.decode()

    assert shown() == (["Duyệt 2", "Duyệt 1"], False)
    for module in ("queries", "views"):
        monkeypatch.setattr(f"publishing.post_list.{module}.MOST_LISTED", 1)
    assert shown() == (["Duyệt 2"], True)


def test_a_list_as_long_as_is_looked_at_counts_all_of_it(client, unit, long_list, monkeypatch):
    monkeypatch.setattr("publishing.post_list.queries.MOST_LISTED", 3)

    asked = client.get(LIST, {"part": "tabs"}, headers={"HX-Request": "true"})

    assert numbers(asked) == {
        **dict.fromkeys(("review", "unscheduled", "upcoming", "published", "trouble"), 0),
        "drafts": 2,
        "": 2,
    }


def test_a_short_list_of_many_units_is_counted_at_once(client, unit):
    make(unit, "Nháp")
    client.force_login(person(Role.OVERSEER, unit.parent, language="en"))

    page = client.get(LIST)

    assert (numbers(page)["drafts"], numbers(page)[""]) == (1, 1)
    assert "hx-get" not in page.content.decode().partition('class="post-tabs"')[2][:300]


@pytest.mark.parametrize("role", [Role.OFFICER, Role.OVERSEER])
def test_many_posts_are_listed_at_once_with_their_number_and_their_tabs_counted_afterwards(
    client, unit, role, monkeypatch
):
    monkeypatch.setattr("publishing.post_list.views.COUNTED_AT_ONCE", 2)
    for n in range(3):
        make(unit, f"Nháp {n}")
    place = unit if role == Role.OFFICER else unit.parent
    client.force_login(person(role, place, language="en"))

    page = client.get(LIST, {"q": "nhap"})
    asked = client.get(LIST, {"q": "nhap", "part": "tabs"}, headers={"HX-Request": "true"})
    drafts = client.get(LIST, {"q": "nhap", "tab": "drafts"})

    assert (len(page.context["cards"]), page.context["page_obj"].paginator.count) == (3, 3)
    assert numbers(page) == {}
    assert 'hx-get="?q=nhap&amp;part=tabs" hx-trigger="load"' in page.content.decode()
    assert (numbers(asked)["drafts"], numbers(asked)[""]) == (3, 3)
    assert (len(drafts.context["cards"]), numbers(drafts)["drafts"]) == (3, 3)


def test_a_list_of_many_units_without_a_post_opens(client, unit):
    client.force_login(person(Role.OVERSEER, unit.parent, language="en"))

    page = client.get(LIST)

    assert (page.status_code, set(numbers(page).values())) == (200, {0})


def test_a_long_list_costs_as_much_as_ten_times_as_long(
    client, unit, long_list, django_assert_max_num_queries
):
    def cost():
        with django_assert_max_num_queries(20) as seen:
            client.get(LIST)
        return len(seen)

    cost()
    few = cost()
    for n in range(27):
        make(unit, f"Bài {n}")

    assert abs(cost() - few) <= 1  # more than one page is counted


def test_the_newest_posts_of_many_units_are_read_in_the_order_of_an_index(client, unit):
    client.force_login(person(Role.OVERSEER, unit.parent))
    make(unit, "Bài")
    rows = client.get(LIST).context["page_obj"].paginator.object_list
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_sort = off")
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert "Index Scan using post_changed on posts_post" in rows[:25].explain()


def test_a_tab_alone_leaves_the_filters_folded_and_offers_nothing_to_clear(client, unit, posts):
    assert not client.get(LIST, {"tab": "drafts", "sort": "title"}).context["form"].has_changed()
    assert client.get(LIST, {"tab": "drafts", "q": "nhap"}).context["form"].has_changed()
