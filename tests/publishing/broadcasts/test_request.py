"""Asking for a broadcast and confirming it: by two people, of what may be sent."""

import threading
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from accounts.models import Notice
from accounts.permissions import Role
from audit.models import Entry
from channels.models import Channel
from channels.states import Health
from core.errors import NotAllowed, Refused
from posts.review import decisions
from publishing.broadcasts import broadcasting
from publishing.freeze import freezing
from publishing.models import Broadcast, Delivery
from publishing.recalls import recalling
from publishing.states import BROADCAST_REASONS, BroadcastState
from tests import factories
from tests.publishing.broadcasts.conftest import (
    NOON,
    chief,
    confirmed,
    officer,
    planned,
    send,
    sent_of,
)


@pytest.mark.django_db(transaction=True)
def test_one_asks_another_confirms_and_all_followers_are_sent_it_once(simulator, article):
    row = confirmed(article())

    assert send() == 1
    assert send() == 0

    row.refresh_from_db()
    (sent,) = sent_of(simulator)
    assert (row.state, row.number, sent) == (
        BroadcastState.SENT,
        row.number,
        {"id": row.number, "target": {}},
    )
    assert [
        entry.action for entry in Entry.objects.filter(object_id=str(row.public_id)).order_by("pk")
    ] == [f"broadcast.{act}" for act in ("planned", "confirmed", "sending", "sent")]


@pytest.mark.django_db
def test_who_asks_does_not_confirm(article):
    delivery = article()
    leader = chief(delivery)
    row = broadcasting.plan(delivery, by=leader, reason="Đang lan nhanh")

    with pytest.raises(Refused):
        broadcasting.confirm(row, by=leader, reason="Đồng ý")

    row.refresh_from_db()
    assert (row.state, row.confirmed_by) == (BroadcastState.PLANNED, None)


@pytest.mark.django_db
def test_the_database_knows_that_it_takes_two(article):
    row = planned(article())
    given = {"confirmed_at": NOON, "day": NOON.date(), "send_at": NOON, "not_after": NOON}
    mine = Broadcast.objects.filter(pk=row.pk)

    for fields in ({"confirmed_by": row.asked_by, **given}, given, {"confirmed_by": chief(row)}):
        with pytest.raises(IntegrityError), transaction.atomic():
            mine.update(state=BroadcastState.CONFIRMED, **fields)


@pytest.mark.django_db
def test_who_may_not_schedule_does_not_ask_and_who_may_not_approve_does_not_confirm(article):
    delivery = article()
    stranger = factories.person(Role.APPROVER, factories.UnitFactory())
    with pytest.raises(NotAllowed):
        broadcasting.plan(delivery, by=stranger, reason="x")
    with pytest.raises(NotAllowed):
        broadcasting.plan(delivery, by=factories.person(Role.SUPERVISOR, delivery.unit), reason="x")
    row = planned(delivery)

    for person in (officer(row), stranger):
        with pytest.raises(NotAllowed):
            broadcasting.confirm(row, by=person, reason="x")

    assert Broadcast.objects.get().state == BroadcastState.PLANNED


@pytest.mark.django_db
def test_the_leaders_are_informed_and_not_the_one_who_asked(article):
    delivery = article()
    asks, other = chief(delivery), chief(delivery)
    officer(delivery)
    reviewer = delivery.revision.reviews.get().by

    broadcasting.plan(delivery, by=asks, reason="Đang lan nhanh")

    assert {notice.user for notice in Notice.objects.filter(kind="broadcast_asked")} == {
        other,
        reviewer,
    }


@pytest.mark.django_db
def test_a_reason_is_asked_for_at_every_step(article):
    delivery = article()
    with pytest.raises(Refused):
        broadcasting.plan(delivery, by=officer(delivery), reason="  ")
    row = planned(delivery)
    with pytest.raises(Refused):
        broadcasting.confirm(row, by=chief(row), reason="")
    with pytest.raises(Refused):
        broadcasting.call_off(row, by=officer(row), reason=" ")

    assert Broadcast.objects.get().state == BroadcastState.PLANNED


HELD = {
    "by hand": lambda d: Delivery.objects.filter(pk=d.pk).update(
        receipt_source="posted", remote_id=""
    ),
    "recalled": lambda d: recalling.recall(d, by=chief(d), reason="Sai"),
    "edited": lambda d: decisions.reopen(d.post, by=officer(d)),
    "no longer valid": lambda d: type(d.post).objects.filter(pk=d.post_id).update(valid_until=NOON),
    "another revision": lambda d: Delivery.objects.filter(pk=d.pk).update(content_sha256="0" * 64),
    "lost channel": lambda d: Channel.objects.filter(pk=d.channel_id).update(health=Health.LOST),
    "paused": lambda d: factories.pause(d.unit, since=timedelta(days=1)),
    "paused above": lambda d: factories.pause(d.unit.parent, since=timedelta(days=1)),
    "frozen": lambda d: freezing.may_publish() and freezing.freeze(by=None, reason="Kiểm tra"),
}


@pytest.mark.django_db
@pytest.mark.parametrize("hold", HELD.values(), ids=HELD)
def test_what_is_not_live_rightly_or_is_held_is_not_asked_for_nor_confirmed(article, hold):
    row = planned(article())
    fresh = article(row.channel)
    hold(row.delivery)
    hold(fresh)

    with pytest.raises(Refused):
        broadcasting.confirm(row, by=chief(row), reason="Đồng ý")
    with pytest.raises(Refused):
        broadcasting.plan(fresh, by=officer(fresh), reason="Đang lan nhanh")

    assert [broadcast.state for broadcast in Broadcast.objects.all()] == [BroadcastState.PLANNED]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("hold", HELD.values(), ids=HELD)
def test_what_happens_before_the_sending_begins_wins(simulator, article, hold):
    row = confirmed(article(), requested_time=NOON + timedelta(minutes=5))
    hold(row.delivery)

    assert send(NOON + timedelta(minutes=6)) == 0
    assert sent_of(simulator) == []


@pytest.mark.django_db
def test_a_platform_without_broadcasts_is_refused():
    delivery = factories.live_delivery(factories.ChannelFactory())

    with pytest.raises(Refused):
        planned(delivery)


@pytest.mark.django_db
def test_a_post_is_sent_once_and_asked_for_again_only_when_nothing_was_sent(article):
    delivery = article()
    row = planned(delivery)
    with pytest.raises(Refused):
        planned(delivery)
    broadcasting.call_off(row, by=officer(row), reason="Chưa cần")
    again = planned(delivery)

    for state in (
        BroadcastState.CONFIRMED,
        BroadcastState.SENDING,
        BroadcastState.UNKNOWN,
        BroadcastState.SENT,
    ):
        given = {
            "confirmed_by": chief(again),
            "confirmed_at": NOON,
            "day": NOON.date(),
            "send_at": NOON,
        }
        given["error_code"] = min(BROADCAST_REASONS[state])
        Broadcast.objects.filter(pk=again.pk).update(
            state=state, not_after=NOON, sending_at=NOON, number="1", **given
        )
        with pytest.raises(Refused):
            planned(delivery)


@pytest.mark.django_db
def test_followers_get_one_a_day(article):
    first = confirmed(article())
    second, later = (
        planned(article(first.channel)),
        planned(article(first.channel), requested_time=NOON + timedelta(days=1)),
    )
    elsewhere = planned(article())

    with pytest.raises(Refused):
        broadcasting.confirm(second, by=chief(second), reason="Đồng ý")
    for row in (later, elsewhere):
        broadcasting.confirm(row, by=chief(row), reason="Đồng ý")

    assert [row.state for row in (first, later, elsewhere)] == [BroadcastState.CONFIRMED] * 3
    assert Broadcast.objects.get(pk=second.pk).state == BroadcastState.PLANNED


@pytest.mark.django_db(transaction=True)
def test_two_leaders_who_confirm_two_posts_for_one_day_at_once_send_one(article):
    first = planned(article())
    second = planned(article(first.channel))
    leaders, barrier, refused = [chief(first), chief(first)], threading.Barrier(2), []

    def work(row, leader):
        try:
            barrier.wait()
            broadcasting.confirm(Broadcast.objects.get(pk=row.pk), by=leader, reason="Đồng ý")
        except Refused:
            refused.append(row)
        finally:
            connection.close()

    threads = [
        threading.Thread(target=work, args=pair)
        for pair in zip((first, second), leaders, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (len(refused), Broadcast.objects.filter(state=BroadcastState.CONFIRMED).count()) == (
        1,
        1,
    )


@pytest.mark.django_db(transaction=True)
def test_nothing_goes_to_the_followers_of_a_page_that_no_second_person_has_confirmed(
    simulator, article
):
    """Connected again to another page, say, after the post went out."""
    asked, sure = planned(article()), confirmed(article())
    Channel.objects.update(confirmed_by=None, confirmed_at=None)

    with pytest.raises(Refused, match="second person"):
        planned(factories.live_delivery(asked.channel))
    with pytest.raises(Refused, match="second person"):
        broadcasting.confirm(asked, by=chief(asked), reason="Đồng ý")
    assert (send(), sent_of(simulator)) == (0, [])
    assert Broadcast.objects.get(pk=sure.pk).state == BroadcastState.CONFIRMED

    Channel.objects.update(confirmed_at=timezone.now())

    assert (send(), len(sent_of(simulator))) == (1, 1)
