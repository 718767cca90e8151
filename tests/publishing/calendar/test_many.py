"""Several posts are moved, cancelled or submitted at once: each by itself, and each is answered."""

from datetime import datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Role
from audit.models import Entry
from posts.editor import choices
from posts.models import PostChannel
from posts.states import PostState
from publishing.calendar.views import changes
from publishing.models import Delivery
from publishing.states import PostGroup, State
from tests import factories
from tests.publishing.calendar.conftest import in_days, scheduled, sign_in

pytestmark = pytest.mark.django_db
MONDAY = timezone.make_aware(datetime(2030, 12, 2, 7, 0))


def send(client, posts, act, **fields):
    data = {"post": [post.public_id for post in posts], "act": act, "query": "view=board", **fields}
    answer = client.post(reverse("publishing:calendar_many"), data)
    assert (answer.status_code, answer.url) == (302, reverse("publishing:calendar") + "?view=board")
    return client.get(answer.url).context["result"]


def words(lines):
    return [line["words"] for line in lines]


def due(*rows):
    found = Delivery.objects.filter(pk__in=[row.pk for row in rows]).order_by("pk")
    return [timezone.localtime(at) for at in found.values_list("due_at", flat=True)]


@pytest.mark.clock("2030-11-25 08:00")
def test_a_new_day_keeps_each_channels_hour_and_a_new_time_its_day(client, unit, officer):
    first = scheduled(unit, MONDAY, "facebook", "zalo")
    (second,) = scheduled(unit, MONDAY + timedelta(days=1, hours=3), "telegram")
    posts = [first[0].post, second.post]

    moved = send(client, posts, "move", day="09/12/2030")
    assert (len(moved["done"]), moved["refused"]) == (2, [])
    assert [f"{at:%d %H:%M}" for at in due(*first, second)] == ["09 07:00", "09 07:00", "09 10:00"]

    send(client, posts, "move", at="19:30")
    assert [f"{at:%d %H:%M}" for at in due(*first, second)] == ["09 19:30"] * 3


def test_what_cannot_be_moved_is_named_with_its_reason_and_stops_no_other(client, unit, officer):
    (moves,) = scheduled(unit, in_days(2), "facebook")
    (ends,) = scheduled(unit, in_days(2), "zalo")
    ends.post.valid_until = in_days(3)
    ends.post.save()
    (cancelled,) = scheduled(unit, in_days(2), "telegram", state=State.CANCELLED)
    day = f"{timezone.localtime(in_days(5)):%d/%m/%Y}"

    result = send(client, [moves.post, ends.post, cancelled.post], "move", day=day)

    assert [line["title"] for line in result["done"]] == [str(moves.post)]
    first, second = words(result["refused"])
    assert first.startswith("The post is valid only until")
    assert second == "Nothing of this post can be moved any more."
    assert due(ends, cancelled) == [in_days(2)] * 2


@pytest.mark.clock("2030-11-25 08:00")
def test_a_move_beside_another_post_is_asked_first_and_done_once_agreed_to(client, unit, officer):
    channel = factories.ChannelFactory(unit=unit)
    there, moves, with_it, alone = (
        factories.delivery(factories.approved(unit=unit, channels=[channel]), channel, due_at=at)
        for at in (MONDAY, MONDAY + timedelta(days=1), MONDAY + timedelta(days=2), in_days(2))
    )
    fields = {"day": "02/12/2030", "at": "07:10"}

    asked = send(client, [moves.post, with_it.post], "move", **fields)
    assert (asked["done"], asked["refused"], len(asked["asked"])) == ([], [], 2)
    assert all(str(there.post) in line for line in words(asked["asked"]))
    assert due(moves, with_it) == [MONDAY + timedelta(days=1), MONDAY + timedelta(days=2)]
    assert asked["fields"] == {"query": "view=board", **fields}

    agreed = send(client, [moves.post, with_it.post], "move", anyway="on", **fields)
    assert (len(agreed["done"]), agreed["asked"]) == (2, [])
    assert due(moves, with_it) == [MONDAY + timedelta(minutes=10)] * 2

    free = send(client, [alone.post], "move", day="03/12/2030")
    assert (len(free["done"]), free["asked"]) == (1, [])


@pytest.mark.clock("2030-11-25 08:00")
def test_two_posts_moved_to_one_time_are_asked_about_from_the_second_on(client, unit, officer):
    channel = factories.ChannelFactory(unit=unit)
    first, second = (
        factories.delivery(factories.approved(unit=unit, channels=[channel]), channel, due_at=at)
        for at in (MONDAY, MONDAY + timedelta(days=1))
    )

    result = send(client, [first.post, second.post], "move", day="05/12/2030", at="19:30")

    assert [line["title"] for line in result["done"]] == [str(first.post)]
    assert [line["title"] for line in result["asked"]] == [str(second.post)]


def test_posts_are_cancelled_with_a_reason_on_record(client, unit, officer):
    rows = scheduled(unit, in_days(2), "facebook", "zalo")

    result = send(client, [rows[0].post], "cancel", reason="Đổi kế hoạch")

    assert words(result["done"]) == ["Cancelled on 2 channels."]
    assert set(Delivery.objects.values_list("state", flat=True)) == {State.CANCELLED}
    entries = Entry.objects.filter(action="delivery.cancelled")
    assert [entry.reason for entry in entries] == ["Đổi kế hoạch"] * 2


def test_drafts_are_submitted_and_one_that_lacks_something_says_what(client, unit, officer):
    whole = factories.PostFactory(unit=unit, author=officer)
    bare = factories.PostFactory(unit=unit, author=officer, title="", body="")

    result = send(client, [whole, bare], "submit")

    assert words(result["done"]) == ["Submitted: it waits for approval."]
    assert len(result["refused"]) == 1
    whole.refresh_from_db()
    bare.refresh_from_db()
    assert (whole.state, bare.state) == (PostState.IN_REVIEW, PostState.DRAFT)


def test_what_the_page_does_not_allow_is_not_submitted_and_the_page_is_asked_once(
    client, unit, officer, simulator, monkeypatch
):
    account = factories.connected(simulator, "tiktok", unit)
    simulator.settings(tiktok_private_accounts=True)
    posts = [
        factories.PostFactory(unit=unit, author=officer, channels=[account], media=[video])
        for video in (factories.video(unit, seconds=30) for _number in range(2))
    ]
    options = {"privacy": "PUBLIC_TO_EVERYONE"}
    PostChannel.objects.filter(post__in=posts).update(options=options)
    asked = []
    monkeypatch.setattr(
        choices,
        "allowed_values",
        lambda channel, left=choices.allowed_values: asked.append(channel) or left(channel),
    )

    result = send(client, posts, "submit")

    assert (result["done"], len(result["refused"])) == ([], 2)
    assert all("does not allow this now" in line for line in words(result["refused"]))
    assert asked == [account]


@pytest.mark.parametrize("act", ["move", "cancel", "submit"])
def test_who_only_reads_does_nothing_and_another_units_post_is_not_found(client, unit, act):
    row = scheduled(unit, in_days(2))[0]
    day = {"day": "09/12/2030"}
    sign_in(client, Role.SUPERVISOR, unit)
    result = send(client, [row.post], act, **day)
    assert (result["done"], len(result["refused"])) == ([], 1)

    sign_in(client, Role.OFFICER, factories.UnitFactory())
    assert send(client, [row.post], act, **day) is None
    assert (due(row), Delivery.objects.get().state) == ([in_days(2)], State.SCHEDULED)


@pytest.mark.parametrize(
    "fields",
    [{"act": "move"}, {"act": "move", "day": "x"}, {"act": "delete"}, {"act": "move", "at": "25"}],
)
def test_a_move_without_a_time_and_an_act_that_is_none_change_nothing(
    client, unit, officer, fields
):
    row = scheduled(unit, in_days(2))[0]

    assert send(client, [row.post], **fields) is None
    assert due(row) == [in_days(2)]


def test_no_more_are_taken_than_the_limit(client, unit, officer, monkeypatch):
    monkeypatch.setattr(changes, "MOST_CHOSEN", 1)
    rows = [scheduled(unit, in_days(n))[0] for n in (2, 3)]

    result = send(client, [row.post for row in rows], "cancel")

    assert len(result["done"]) == 1


# --- the board ------------------------------------------------------------------------------------


def board(client, **asked):
    answer = client.get(reverse("publishing:calendar"), {"view": "board", **asked})
    return {
        column["group"]: [card.post for card in column["cards"]]
        for column in answer.context["columns"]
    }


def test_the_board_has_each_post_in_the_column_of_its_state(client, unit, officer):
    draft = factories.PostFactory(unit=unit)
    waiting = factories.submitted(unit=unit)
    unscheduled = factories.approved(unit=unit)
    coming = scheduled(unit, in_days(2))[0].post
    failed = scheduled(unit, in_days(-1), state=State.FAILED)[0].post
    factories.PostFactory()

    assert board(client) == {
        PostGroup.DRAFTS: [draft],
        PostGroup.REVIEW: [waiting],
        PostGroup.UNSCHEDULED: [unscheduled],
        PostGroup.UPCOMING: [coming],
        PostGroup.PUBLISHED: [],
        PostGroup.TROUBLE: [failed],
    }


def test_the_board_is_narrowed_by_channel_and_campaign(client, unit, officer):
    campaign = factories.CampaignFactory(unit=unit)
    row = scheduled(unit, in_days(2))[0]
    other = factories.PostFactory(unit=unit, campaign=campaign)

    assert board(client, channel=row.channel.public_id)[PostGroup.UPCOMING] == [row.post]
    assert board(client, channel=row.channel.public_id)[PostGroup.DRAFTS] == []
    assert board(client, campaign=campaign.public_id)[PostGroup.DRAFTS] == [other]


def test_the_board_costs_as_many_queries_with_three_posts_as_with_one(
    client, unit, officer, django_assert_max_num_queries
):
    def cost():
        with django_assert_max_num_queries(40) as seen:
            board(client)
        return len(seen)

    board(client)
    scheduled(unit, in_days(1), "facebook", "zalo")
    one = cost()
    scheduled(unit, in_days(2), "facebook", "zalo")
    scheduled(unit, in_days(3), "facebook", "zalo")

    assert cost() == one
