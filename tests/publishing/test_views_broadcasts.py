"""The pages on which a broadcast is asked for, confirmed, called off and decided."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Role
from publishing import broadcasts, recalls
from publishing.models import Broadcast
from publishing.states import BroadcastState as B
from tests import factories
from tests.publishing.test_broadcasts import NOON, at, chief, officer


@pytest.fixture(autouse=True)
def noon(monkeypatch):
    monkeypatch.setattr(broadcasts, "database_now", at(NOON))


@pytest.fixture
def standing(db):
    channel = factories.ChannelFactory(unit=factories.UnitFactory(), platform="zalo", followers=15234)
    return factories.standing(channel)


def page(name, row):
    return reverse(f"publishing:{name}", args=[row.public_id])


def life(client, delivery):
    return words_of(client.get(reverse("publishing:post", args=[delivery.post.public_id])))


def words_of(response):
    return " ".join(response.content.decode().split())


@pytest.mark.parametrize("role", [Role.OFFICER, Role.OVERSEER])
def test_the_list_shows_the_persons_own_ground_and_what_is_open_first(client, standing, role):
    asked = factories.broadcast(standing)
    over = factories.broadcast(factories.standing(standing.channel))
    broadcasts.call_off(over, by=over.asked_by, reason="Chưa cần")
    foreign = factories.broadcast(factories.standing(factories.ChannelFactory(platform="zalo")))
    client.force_login(factories.person(role, standing.unit if role == Role.OFFICER else standing.unit.parent))

    response = client.get(reverse("publishing:broadcast_list"))

    assert list(response.context["page_obj"]) == [asked, over]
    assert page("broadcast", asked) in words_of(response)
    assert str(foreign.public_id) not in words_of(response)


def test_an_empty_list_says_where_a_broadcast_begins(client, standing):
    client.force_login(officer(standing))

    assert "Nothing was sent to followers yet" in words_of(client.get(reverse("publishing:broadcast_list")))


def test_the_list_costs_the_same_queries_for_one_row_and_for_three(client, standing):
    client.force_login(officer(standing))

    def cost():
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse("publishing:broadcast_list"))
        return len(queries)

    factories.broadcast(standing)
    cost()  # the first request of a session asks more
    one = cost()
    for _ in range(2):
        factories.broadcast(factories.standing(standing.channel))
    assert cost() == one


def test_the_posts_page_offers_it_where_the_platform_can(client, standing):
    other = factories.standing(factories.ChannelFactory(unit=standing.unit))
    client.force_login(officer(standing))

    assert page("broadcast_ask", standing) in life(client, standing)
    assert page("broadcast_ask", other) not in life(client, other)


def test_who_only_reads_is_not_offered_it(client, standing):
    client.force_login(factories.person(Role.SUPERVISOR, standing.unit))

    assert page("broadcast_ask", standing) not in life(client, standing)


def test_the_page_says_what_it_does_and_to_how_many(client, standing):
    client.force_login(officer(standing))

    words = words_of(client.get(page("broadcast_ask", standing)))

    assert "15.234" in words or "15,234" in words
    for told in ("It cannot be taken back.", "06:00", "at most one such message a day", "Two people are needed"):
        assert told in words


def test_asking_needs_a_reason_and_the_tick(client, standing):
    client.force_login(officer(standing))

    answers = [client.post(page("broadcast_ask", standing), given) for given in ({}, {"reason": "Đang lan nhanh"})]

    assert [answer.status_code for answer in answers] == [422, 422]
    assert "Đang lan nhanh" in words_of(answers[1])
    assert Broadcast.objects.count() == 0


def test_an_officer_asks_and_a_leader_confirms(client, standing):
    asks, leader = officer(standing), chief(standing)
    client.force_login(asks)
    client.post(page("broadcast_ask", standing), {"reason": "Đang lan nhanh", "understood": "on"})
    row = Broadcast.objects.get()
    assert (row.state, row.followers) == (B.PLANNED, 15234)
    assert page("broadcast_confirm", row) not in words_of(client.get(page("broadcast", row)))

    client.force_login(leader)
    shown = words_of(client.get(page("broadcast", row)))
    response = client.post(page("broadcast_confirm", row), {"words": "Đồng ý", "understood": "on"})

    row.refresh_from_db()
    assert page("broadcast_confirm", row) in shown
    assert "Đang lan nhanh" in shown
    assert (response.status_code, row.state, row.confirmed_by) == (302, B.CONFIRMED, leader)
    assert "goes to the followers" in life(client, standing)


def test_a_leader_who_asked_is_told_to_wait_for_another(client, standing):
    leader = chief(standing)
    row = factories.broadcast(standing, by=leader)
    client.force_login(leader)

    shown = words_of(client.get(page("broadcast", row)))
    response = client.post(page("broadcast_confirm", row), {"words": "Đồng ý", "understood": "on"})

    assert "somebody else who may approve in your unit has to confirm it" in shown
    assert (response.status_code, Broadcast.objects.get().state) == (409, B.PLANNED)
    assert "a second person has to" in words_of(response)


def test_confirming_needs_a_reason_and_the_tick(client, standing):
    row = factories.broadcast(standing)
    client.force_login(chief(standing))

    response = client.post(page("broadcast_confirm", row), {"words": "Đồng ý"})

    assert (response.status_code, Broadcast.objects.get().state) == (422, B.PLANNED)
    assert "Đồng ý" in words_of(response)


def test_a_night_hour_is_refused_beside_the_field(client, standing):
    client.force_login(officer(standing))
    night = (timezone.localtime() + timedelta(days=1)).replace(hour=23, minute=0)

    response = client.post(
        page("broadcast_ask", standing),
        {"reason": "Đang lan nhanh", "understood": "on", "wanted_at": f"{night:%Y-%m-%dT%H:%M}"},
    )

    assert (response.status_code, Broadcast.objects.count()) == (422, 0)
    assert "between 06:00 and 22:00 only" in words_of(response)


def test_it_is_called_off_with_a_reason(client, standing):
    row = factories.broadcast(standing)
    client.force_login(officer(standing))

    without = client.post(page("broadcast_call_off", row), {"reason": ""})
    client.post(page("broadcast_call_off", row), {"reason": "Chưa cần"})

    assert (without.status_code, Broadcast.objects.get().state) == (422, B.CANCELLED)


def test_a_doubt_is_decided_on_its_page(client, standing):
    row = factories.broadcast(standing)
    given = {"confirmed_by": chief(standing), "confirmed_at": NOON, "day": NOON.date(), "send_at": NOON}
    Broadcast.objects.filter(pk=row.pk).update(state=B.UNKNOWN, not_after=NOON, sending_at=NOON, **given)
    client.force_login(officer(standing))

    shown = words_of(client.get(page("broadcast", row)))
    client.post(page("broadcast_decide", row), {"seen": "not_sent", "words": "Không có trong OA Manager"})

    assert "the portal will not send it again" in shown
    assert Broadcast.objects.get().state == B.FAILED
    words = life(client, standing)
    assert "A colleague looked" in words
    assert page("broadcast_ask", standing) in words


def test_the_recalls_ledger_says_that_followers_had_been_sent_it(client, standing):
    other = factories.standing(unit=standing.unit)
    row = factories.broadcast(standing)
    given = {"confirmed_by": chief(standing), "confirmed_at": NOON, "day": NOON.date(), "send_at": NOON}
    Broadcast.objects.filter(pk=row.pk).update(state=B.SENT, number="1", not_after=NOON, sending_at=NOON, **given)
    leader = chief(standing)
    made = [recalls.recall(delivery, by=leader, reason="Sai số liệu") for delivery in (standing, other)]
    client.force_login(leader)

    shown = [words_of(client.get(reverse("publishing:recall_ledger", args=[each.public_id]))) for each in made]

    assert [page("broadcast", row) in each for each in shown] == [True, False]


def test_the_record_names_each_step(client, standing):
    row = broadcasts.plan(standing, by=officer(standing), reason="Đang lan nhanh")
    broadcasts.call_off(row, by=officer(standing), reason="Chưa cần")
    client.force_login(chief(standing))

    words = life(client, standing)

    assert "asked to send it to the followers" in words
    assert "called the broadcast off" in words
