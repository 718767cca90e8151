"""The pages on which a broadcast is asked for, confirmed, called off and decided."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Role
from publishing.broadcasts import broadcasting
from publishing.models import Broadcast
from publishing.recalls import recalling
from publishing.states import BroadcastReason, BroadcastState
from tests import factories
from tests.publishing.broadcasts.conftest import NOON, at, chief, officer


@pytest.fixture(autouse=True)
def noon(monkeypatch):
    monkeypatch.setattr(broadcasting, "database_now", at(NOON))


@pytest.fixture
def live_delivery(db):
    channel = factories.ChannelFactory(
        unit=factories.UnitFactory(), platform="zalo", followers=15234
    )
    return factories.live_delivery(channel)


def page(name, row):
    return reverse(f"publishing:{name}", args=[row.public_id])


def post_page(client, delivery):
    return words_of(client.get(reverse("publishing:post", args=[delivery.post.public_id])))


def words_of(response):
    return " ".join(response.content.decode().split())


@pytest.mark.parametrize("role", [Role.OFFICER, Role.OVERSEER])
def test_the_list_shows_the_persons_own_ground_and_what_is_open_first(client, live_delivery, role):
    asked = factories.broadcast(live_delivery)
    over = factories.broadcast(factories.live_delivery(live_delivery.channel))
    broadcasting.call_off(over, by=over.asked_by, reason="Chưa cần")
    foreign = factories.broadcast(
        factories.live_delivery(factories.ChannelFactory(platform="zalo"))
    )
    client.force_login(
        factories.person(
            role, live_delivery.unit if role == Role.OFFICER else live_delivery.unit.parent
        )
    )

    response = client.get(reverse("publishing:broadcast_list"))

    assert list(response.context["page_obj"]) == [asked, over]
    assert page("broadcast", asked) in words_of(response)
    assert str(foreign.public_id) not in words_of(response)


def test_an_empty_list_says_where_a_broadcast_begins(client, live_delivery):
    client.force_login(officer(live_delivery))

    assert "Nothing was sent to followers yet" in words_of(
        client.get(reverse("publishing:broadcast_list"))
    )


def test_the_list_costs_the_same_queries_for_one_row_and_for_three(client, live_delivery):
    client.force_login(officer(live_delivery))

    def cost():
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse("publishing:broadcast_list"))
        return len(queries)

    factories.broadcast(live_delivery)
    cost()  # the first request of a session asks more
    one = cost()
    for _ in range(2):
        factories.broadcast(factories.live_delivery(live_delivery.channel))
    assert cost() == one


def test_the_posts_page_offers_it_where_the_platform_can(client, live_delivery):
    other = factories.live_delivery(factories.ChannelFactory(unit=live_delivery.unit))
    client.force_login(officer(live_delivery))

    assert page("broadcast_ask", live_delivery) in post_page(client, live_delivery)
    assert page("broadcast_ask", other) not in post_page(client, other)


def test_it_is_not_offered_on_a_page_that_nobody_has_confirmed_and_one_asked_for_says_so(
    client, live_delivery
):
    row = factories.broadcast(factories.live_delivery(live_delivery.channel))
    broadcasting.confirm(row, by=chief(row), reason="Đồng ý")
    live_delivery.channel.confirmed_at = None
    live_delivery.channel.save()
    client.force_login(officer(live_delivery))

    assert page("broadcast_ask", live_delivery) not in post_page(client, live_delivery)
    assert "Channel to be confirmed" in words_of(client.get(page("broadcast", row)))


def test_who_only_reads_is_not_offered_it(client, live_delivery):
    client.force_login(factories.person(Role.SUPERVISOR, live_delivery.unit))

    assert page("broadcast_ask", live_delivery) not in post_page(client, live_delivery)


def test_the_page_says_what_it_does_and_to_how_many(client, live_delivery):
    client.force_login(officer(live_delivery))

    words = words_of(client.get(page("broadcast_ask", live_delivery)))

    assert "15.234" in words or "15,234" in words
    for sentence in (
        "It cannot be taken back.",
        "06:00",
        "at most one such message a day",
        "Two people are needed",
    ):
        assert sentence in words


def test_asking_needs_a_reason_and_the_tick(client, live_delivery):
    client.force_login(officer(live_delivery))

    answers = [
        client.post(page("broadcast_ask", live_delivery), given)
        for given in ({}, {"reason": "Đang lan nhanh"})
    ]

    assert [answer.status_code for answer in answers] == [422, 422]
    assert "Đang lan nhanh" in words_of(answers[1])
    assert Broadcast.objects.count() == 0


def test_an_officer_asks_and_a_leader_confirms(client, live_delivery):
    asks, leader = officer(live_delivery), chief(live_delivery)
    client.force_login(asks)
    client.post(
        page("broadcast_ask", live_delivery), {"reason": "Đang lan nhanh", "understood": "on"}
    )
    row = Broadcast.objects.get()
    assert (row.state, row.followers) == (BroadcastState.PLANNED, 15234)
    assert page("broadcast_confirm", row) not in words_of(client.get(page("broadcast", row)))

    client.force_login(leader)
    shown = words_of(client.get(page("broadcast", row)))
    response = client.post(page("broadcast_confirm", row), {"words": "Đồng ý", "understood": "on"})

    row.refresh_from_db()
    assert page("broadcast_confirm", row) in shown
    assert "Đang lan nhanh" in shown
    assert (response.status_code, row.state, row.confirmed_by) == (
        302,
        BroadcastState.CONFIRMED,
        leader,
    )
    assert "goes to the followers" in post_page(client, live_delivery)


def test_a_leader_who_asked_is_informed_to_wait_for_another(client, live_delivery):
    leader = chief(live_delivery)
    row = factories.broadcast(live_delivery, by=leader)
    client.force_login(leader)

    shown = words_of(client.get(page("broadcast", row)))
    response = client.post(page("broadcast_confirm", row), {"words": "Đồng ý", "understood": "on"})

    assert "somebody else who may approve in your unit has to confirm it" in shown
    assert (response.status_code, Broadcast.objects.get().state) == (409, BroadcastState.PLANNED)
    assert "a second person has to" in words_of(response)


def test_confirming_needs_a_reason_and_the_tick(client, live_delivery):
    row = factories.broadcast(live_delivery)
    client.force_login(chief(live_delivery))

    response = client.post(page("broadcast_confirm", row), {"words": "Đồng ý"})

    assert (response.status_code, Broadcast.objects.get().state) == (422, BroadcastState.PLANNED)
    assert "Đồng ý" in words_of(response)


def test_a_night_hour_is_refused_beside_the_field(client, live_delivery):
    client.force_login(officer(live_delivery))
    night = (timezone.localtime() + timedelta(days=1)).replace(hour=23, minute=0)

    response = client.post(
        page("broadcast_ask", live_delivery),
        {
            "reason": "Đang lan nhanh",
            "understood": "on",
            "requested_time": f"{night:%Y-%m-%dT%H:%M}",
        },
    )

    assert (response.status_code, Broadcast.objects.count()) == (422, 0)
    assert "between 06:00 and 22:00 only" in words_of(response)


def test_it_is_called_off_with_a_reason(client, live_delivery):
    row = factories.broadcast(live_delivery)
    client.force_login(officer(live_delivery))

    without = client.post(page("broadcast_call_off", row), {"reason": ""})
    client.post(page("broadcast_call_off", row), {"reason": "Chưa cần"})

    assert (without.status_code, Broadcast.objects.get().state) == (422, BroadcastState.CANCELLED)


def test_an_unknown_outcome_is_decided_on_its_page(client, live_delivery):
    row = factories.broadcast(live_delivery)
    given = {
        "confirmed_by": chief(live_delivery),
        "confirmed_at": NOON,
        "day": NOON.date(),
        "send_at": NOON,
    }
    given |= {"error_code": BroadcastReason.DIED, "not_after": NOON, "sending_at": NOON}
    Broadcast.objects.filter(pk=row.pk).update(state=BroadcastState.UNKNOWN, **given)
    client.force_login(officer(live_delivery))

    shown = words_of(client.get(page("broadcast", row)))
    client.post(
        page("broadcast_decide", row), {"seen": "not_sent", "words": "Không có trong OA Manager"}
    )

    assert "the portal will not send it again" in shown
    assert Broadcast.objects.get().state == BroadcastState.FAILED
    words = post_page(client, live_delivery)
    assert "A colleague looked" in words
    assert page("broadcast_ask", live_delivery) in words


def test_the_recalls_ledger_says_that_followers_had_been_sent_it(client, live_delivery):
    other = factories.live_delivery(unit=live_delivery.unit)
    row = factories.broadcast(live_delivery)
    given = {
        "confirmed_by": chief(live_delivery),
        "confirmed_at": NOON,
        "day": NOON.date(),
        "send_at": NOON,
    }
    Broadcast.objects.filter(pk=row.pk).update(
        state=BroadcastState.SENT, number="1", not_after=NOON, sending_at=NOON, **given
    )
    leader = chief(live_delivery)
    made = [
        recalling.recall(delivery, by=leader, reason="Sai số liệu")
        for delivery in (live_delivery, other)
    ]
    client.force_login(leader)

    shown = [
        words_of(client.get(reverse("publishing:recall_ledger", args=[recall_made.public_id])))
        for recall_made in made
    ]

    assert [page("broadcast", row) in page_text for page_text in shown] == [True, False]


def test_the_record_names_each_step(client, live_delivery):
    row = broadcasting.plan(live_delivery, by=officer(live_delivery), reason="Đang lan nhanh")
    broadcasting.call_off(row, by=officer(live_delivery), reason="Chưa cần")
    client.force_login(chief(live_delivery))

    words = post_page(client, live_delivery)

    assert "asked to send it to the followers" in words
    assert "called the broadcast off" in words
