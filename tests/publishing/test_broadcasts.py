"""A post sent to the followers: two people, at most once, and what is in doubt is never sent again by itself."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from accounts.models import Notice
from accounts.permissions import Role
from audit.models import Entry
from channels.models import Channel
from channels.states import Health
from core.errors import NotAllowed, Refused
from posts import services as posts
from publishing import broadcasts, freezing, recalls
from publishing.models import Broadcast, Delivery, Freeze
from publishing.states import BroadcastState as B
from tests import factories

# Half past eleven in Viet Nam, today: the tests run at any hour.
NOON = datetime.now(UTC).astimezone(broadcasts.HERE).replace(hour=11, minute=30, second=0, microsecond=0)


def at(moment):
    return lambda: moment


@pytest.fixture(autouse=True)
def noon(monkeypatch):
    monkeypatch.setattr(broadcasts, "database_now", at(NOON))


@pytest.fixture
def article(simulator):
    """A post that stands on a simulated Zalo account."""
    simulator.settings(zalo_broadcast_hours=[0, 24], zalo_broadcasts=[0, 0])

    def make(channel=None, **fields):
        channel = channel or factories.connected(simulator, "zalo", factories.UnitFactory(), followers=1500)
        made = simulator.post("zalo", channel.external_id, "Cảnh giác")
        return factories.standing(channel, remote_id=made["id"], **fields)

    return make


def officer(row):
    return factories.person(Role.OFFICER, row.unit)


def chief(row):
    return factories.person(Role.APPROVER, row.unit)


def planned(delivery, **fields):
    return broadcasts.plan(delivery, by=officer(delivery), reason="Đang lan nhanh", **fields)


def confirmed(delivery, **fields):
    row = planned(delivery, **fields)
    broadcasts.confirm(row, by=chief(delivery), words="Đồng ý")
    return row


def sent_of(simulator):
    return [each for post in simulator.visible("zalo") for each in post["broadcasts"]]


def send(now=NOON):
    return broadcasts.send_due(at(now))


# --- two people -------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_one_asks_another_confirms_and_all_followers_are_sent_it_once(simulator, article):
    row = confirmed(article())

    assert send() == 1
    assert send() == 0

    row.refresh_from_db()
    (sent,) = sent_of(simulator)
    assert (row.state, row.number, sent) == (B.SENT, row.number, {"id": row.number, "target": {}})
    assert [entry.action for entry in Entry.objects.filter(object_id=str(row.public_id)).order_by("pk")] == [
        f"broadcast.{act}" for act in ("planned", "confirmed", "sending", "sent")
    ]


@pytest.mark.django_db
def test_who_asks_does_not_confirm(article):
    delivery = article()
    leader = chief(delivery)
    row = broadcasts.plan(delivery, by=leader, reason="Đang lan nhanh")

    with pytest.raises(Refused):
        broadcasts.confirm(row, by=leader, words="Đồng ý")

    row.refresh_from_db()
    assert (row.state, row.confirmed_by) == (B.PLANNED, None)


@pytest.mark.django_db
def test_the_database_knows_that_it_takes_two(article):
    row = planned(article())
    given = {"confirmed_at": NOON, "day": NOON.date(), "send_at": NOON, "not_after": NOON}
    mine = Broadcast.objects.filter(pk=row.pk)

    for fields in ({"confirmed_by": row.asked_by, **given}, given, {"confirmed_by": chief(row)}):
        with pytest.raises(IntegrityError), transaction.atomic():
            mine.update(state=B.CONFIRMED, **fields)


@pytest.mark.django_db
def test_who_may_not_schedule_does_not_ask_and_who_may_not_approve_does_not_confirm(article):
    delivery = article()
    stranger = factories.person(Role.APPROVER, factories.UnitFactory())
    with pytest.raises(NotAllowed):
        broadcasts.plan(delivery, by=stranger, reason="x")
    with pytest.raises(NotAllowed):
        broadcasts.plan(delivery, by=factories.person(Role.SUPERVISOR, delivery.unit), reason="x")
    row = planned(delivery)

    for person in (officer(row), stranger):
        with pytest.raises(NotAllowed):
            broadcasts.confirm(row, by=person, words="x")

    assert Broadcast.objects.get().state == B.PLANNED


@pytest.mark.django_db
def test_the_leaders_are_told_and_not_the_one_who_asked(article):
    delivery = article()
    asks, other = chief(delivery), chief(delivery)
    officer(delivery)
    reviewer = delivery.revision.reviews.get().by

    broadcasts.plan(delivery, by=asks, reason="Đang lan nhanh")

    assert {notice.user for notice in Notice.objects.filter(kind="broadcast_asked")} == {other, reviewer}


@pytest.mark.django_db
def test_a_reason_is_asked_for_at_every_step(article):
    delivery = article()
    with pytest.raises(Refused):
        broadcasts.plan(delivery, by=officer(delivery), reason="  ")
    row = planned(delivery)
    with pytest.raises(Refused):
        broadcasts.confirm(row, by=chief(row), words="")
    with pytest.raises(Refused):
        broadcasts.call_off(row, by=officer(row), reason=" ")

    assert Broadcast.objects.get().state == B.PLANNED


# --- what may be sent -------------------------------------------------------------------------------------------------


HELD = {
    "by hand": lambda d: Delivery.objects.filter(pk=d.pk).update(remote_id=f"hand:{d.public_id}"),
    "recalled": lambda d: recalls.recall(d, by=chief(d), reason="Sai"),
    "edited": lambda d: posts.reopen(d.post, by=officer(d)),
    "no longer valid": lambda d: type(d.post).objects.filter(pk=d.post_id).update(valid_until=NOON),
    "another revision": lambda d: Delivery.objects.filter(pk=d.pk).update(content_sha256="0" * 64),
    "lost channel": lambda d: Channel.objects.filter(pk=d.channel_id).update(health=Health.LOST),
    "paused": lambda d: factories.pause(d.unit, since=timedelta(days=1)),
    "paused above": lambda d: factories.pause(d.unit.parent, since=timedelta(days=1)),
    "frozen": lambda d: freezing.may_publish() and freezing.freeze(by=None, reason="Kiểm tra"),
}


@pytest.mark.django_db
@pytest.mark.parametrize("hold", HELD.values(), ids=HELD)
def test_what_does_not_stand_rightly_or_is_held_is_not_asked_for_nor_confirmed(article, hold):
    row = planned(article())
    fresh = article(row.channel)
    hold(row.delivery)
    hold(fresh)

    with pytest.raises(Refused):
        broadcasts.confirm(row, by=chief(row), words="Đồng ý")
    with pytest.raises(Refused):
        broadcasts.plan(fresh, by=officer(fresh), reason="Đang lan nhanh")

    assert [each.state for each in Broadcast.objects.all()] == [B.PLANNED]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("hold", HELD.values(), ids=HELD)
def test_what_happens_before_the_sending_begins_wins(simulator, article, hold):
    row = confirmed(article(), wanted_at=NOON + timedelta(minutes=5))
    hold(row.delivery)

    assert send(NOON + timedelta(minutes=6)) == 0
    assert sent_of(simulator) == []


@pytest.mark.django_db
def test_a_platform_without_broadcasts_is_refused():
    delivery = factories.standing(factories.ChannelFactory())

    with pytest.raises(Refused):
        planned(delivery)


@pytest.mark.django_db
def test_a_post_is_sent_once_and_asked_for_again_only_when_nothing_was_sent(article):
    delivery = article()
    row = planned(delivery)
    with pytest.raises(Refused):
        planned(delivery)
    broadcasts.call_off(row, by=officer(row), reason="Chưa cần")
    again = planned(delivery)

    for state in (B.CONFIRMED, B.SENDING, B.UNKNOWN, B.SENT):
        given = {"confirmed_by": chief(again), "confirmed_at": NOON, "day": NOON.date(), "send_at": NOON}
        Broadcast.objects.filter(pk=again.pk).update(state=state, not_after=NOON, sending_at=NOON, number="1", **given)
        with pytest.raises(Refused):
            planned(delivery)


@pytest.mark.django_db
def test_followers_get_one_a_day(article):
    first = confirmed(article())
    second, later = planned(article(first.channel)), planned(article(first.channel), wanted_at=NOON + timedelta(days=1))
    elsewhere = planned(article())

    with pytest.raises(Refused):
        broadcasts.confirm(second, by=chief(second), words="Đồng ý")
    for row in (later, elsewhere):
        broadcasts.confirm(row, by=chief(row), words="Đồng ý")

    assert [row.state for row in (first, later, elsewhere)] == [B.CONFIRMED] * 3
    assert Broadcast.objects.get(pk=second.pk).state == B.PLANNED


@pytest.mark.django_db(transaction=True)
def test_two_leaders_who_confirm_two_posts_for_one_day_at_once_send_one(article):
    first = planned(article())
    second = planned(article(first.channel))
    leaders, gate, refused = [chief(first), chief(first)], threading.Barrier(2), []

    def work(row, leader):
        try:
            gate.wait()
            broadcasts.confirm(Broadcast.objects.get(pk=row.pk), by=leader, words="Đồng ý")
        except Refused:
            refused.append(row)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=pair) for pair in zip((first, second), leaders, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (len(refused), Broadcast.objects.filter(state=B.CONFIRMED).count()) == (1, 1)


# --- hours ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("hour", "minute", "fine"), [(5, 59, 0), (6, 0, 1), (21, 59, 1), (22, 0, 0), (0, 0, 0)])
def test_the_hours_are_those_of_viet_nam(hour, minute, fine):
    moment = NOON.replace(hour=hour, minute=minute).astimezone(UTC)

    assert broadcasts.is_open(moment) == bool(fine)


@pytest.mark.django_db
def test_nothing_is_wanted_for_the_night_or_the_past(article):
    delivery = article()
    for when in (NOON.replace(hour=23), NOON - timedelta(minutes=1)):
        with pytest.raises(Refused):
            planned(delivery, wanted_at=when)
    assert Broadcast.objects.count() == 0


@pytest.mark.django_db
def test_what_is_confirmed_at_night_is_refused_and_may_be_confirmed_in_the_morning(article, monkeypatch):
    row = planned(article())
    monkeypatch.setattr(broadcasts, "database_now", at(NOON.replace(hour=22)))
    with pytest.raises(Refused):
        broadcasts.confirm(row, by=chief(row), words="Đồng ý")
    morning = NOON.replace(hour=6) + timedelta(days=1)
    monkeypatch.setattr(broadcasts, "database_now", at(morning))

    broadcasts.confirm(row, by=chief(row), words="Đồng ý")

    assert (row.state, row.send_at, row.day) == (B.CONFIRMED, morning, morning.date())


@pytest.mark.django_db(transaction=True)
def test_it_waits_for_its_time_and_is_not_sent_when_it_has_passed(simulator, article):
    wanted = NOON.replace(hour=21, minute=30)
    first = confirmed(article(), wanted_at=wanted)
    second = confirmed(article(), wanted_at=wanted)
    assert send(wanted - timedelta(seconds=1)) == 0
    Broadcast.objects.filter(pk=second.pk).update(send_at=wanted + timedelta(minutes=1))

    assert send(wanted) == 1
    assert send(NOON.replace(hour=22)) == 0

    states = {row.pk: row.state for row in Broadcast.objects.all()}
    assert states == {first.pk: B.SENT, second.pk: B.FAILED}
    assert Broadcast.objects.get(pk=second.pk).error_code == "too_late"
    assert len(sent_of(simulator)) == 1


@pytest.mark.django_db(transaction=True)
def test_at_night_nothing_goes_out_whatever_a_row_says(simulator, article):
    row = confirmed(article())
    night = NOON.replace(hour=23)
    Broadcast.objects.filter(pk=row.pk).update(send_at=night, not_after=night + timedelta(hours=12))

    assert (send(night), sent_of(simulator)) == (0, [])
    assert send(NOON.replace(hour=6) + timedelta(days=1)) == 1


@pytest.mark.django_db
def test_what_nobody_confirms_is_called_off(article):
    soon, whenever = planned(article(), wanted_at=NOON + timedelta(hours=1)), planned(article())

    broadcasts.give_up(at(NOON + timedelta(hours=3)))
    broadcasts.give_up(at(NOON + timedelta(days=3)))

    told = [(row.state, row.error_code) for row in Broadcast.objects.all()]
    assert told == [(B.CANCELLED, "unconfirmed")] * 2
    with pytest.raises(Refused):
        broadcasts.confirm(soon, by=chief(soon), words="Đồng ý")
    assert whenever.delivery.broadcasts.count() == 1


# --- at most once -----------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("fault", ["drop_after", "error_after", "drop_before", "duplicate"])
def test_a_lost_answer_is_a_doubt_that_nobody_sends_again(simulator, article, fault):
    row = confirmed(article())
    simulator.fault("zalo", fault, operation="broadcast")

    assert [send(), send(NOON + timedelta(minutes=1)), send(NOON + timedelta(hours=1))] == [1, 0, 0]

    row.refresh_from_db()
    assert (row.state, simulator.requests()["zalo"]["broadcast"]) == (B.UNKNOWN, 1)
    told = {notice.user for notice in Notice.objects.filter(kind="broadcast_unknown")}
    assert {row.asked_by, row.confirmed_by} <= told


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_dies_after_it_began_leaves_a_doubt(simulator, article, monkeypatch):
    """It may have died before the call or after: nobody can tell, so nobody sends it again."""
    row = confirmed(article())
    monkeypatch.setattr(broadcasts, "_carry", lambda rows, clock: None)
    assert send() == 1
    monkeypatch.undo()
    assert Broadcast.objects.get().state == B.SENDING

    assert send(NOON + timedelta(seconds=60)) == 0
    assert send(NOON + timedelta(seconds=121)) == 0

    row.refresh_from_db()
    assert (row.state, row.error_code, sent_of(simulator)) == (B.UNKNOWN, "died", [])


@pytest.mark.django_db(transaction=True)
def test_an_answer_that_comes_after_the_doubt_changes_nothing(article):
    row = confirmed(article())
    assert broadcasts._begin(row, NOON)
    broadcasts.give_up(at(NOON + timedelta(hours=1)))

    broadcasts._written(row, "a-number", NOON)

    row = Broadcast.objects.get()
    assert (row.state, row.number) == (B.UNKNOWN, "")


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_was_frozen_for_long_does_not_make_the_call(simulator, article, monkeypatch):
    row = confirmed(article())
    monkeypatch.setattr(broadcasts, "_HELD_FOR", -1.0)

    send()

    row.refresh_from_db()
    assert (row.state, row.platform_code, sent_of(simulator)) == (B.CONFIRMED, "held", [])


@pytest.mark.django_db(transaction=True)
def test_two_workers_send_it_once(simulator, article):
    for _ in range(3):
        confirmed(article())
    simulator.latency(zalo=100)
    gate, made = threading.Barrier(3), []

    def work():
        try:
            gate.wait()
            made.append(send())
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (sum(made), len(sent_of(simulator))) == (3, 3)
    assert set(Broadcast.objects.values_list("state", flat=True)) == {B.SENT}


@pytest.mark.django_db(transaction=True)
def test_what_zalo_refuses_for_certain_is_not_sent_and_may_be_asked_for_again(simulator, article):
    delivery = article()
    row = confirmed(delivery)
    simulator.fault("zalo", "refuse", operation="broadcast")

    send()

    row.refresh_from_db()
    assert (row.state, row.platform_code) == (B.FAILED, "-248")
    assert planned(delivery).state == B.PLANNED


@pytest.mark.django_db(transaction=True)
def test_a_wait_that_zalo_asks_for_is_waited_and_it_is_sent_then(simulator, article):
    row = confirmed(article())
    simulator.fault("zalo", "rate_limit", operation="broadcast")

    send()
    row.refresh_from_db()
    state, again = row.state, row.send_at
    early = send(again - timedelta(seconds=1))
    send(again)

    assert (state, early, again > NOON) == (B.CONFIRMED, 0, True)
    assert (Broadcast.objects.get().state, len(sent_of(simulator))) == (B.SENT, 1)


@pytest.mark.django_db(transaction=True)
def test_a_used_up_allowance_ends_it_when_the_wait_is_longer_than_the_day(simulator, article):
    simulator.settings(zalo_broadcasts=[0, 1])
    delivery = article()
    confirmed(delivery)
    send()
    row = confirmed(article(delivery.channel), wanted_at=NOON.replace(hour=21, minute=30) + timedelta(days=1))

    send(row.send_at)

    row.refresh_from_db()
    assert (row.state, row.platform_code) == (B.FAILED, "-211")


@pytest.mark.django_db(transaction=True)
def test_a_dead_token_marks_the_channel_and_nobody_was_sent_it(simulator, article):
    row = confirmed(article())
    simulator.kill_tokens("zalo", page=row.channel.external_id)

    send()

    row.refresh_from_db()
    row.channel.refresh_from_db()
    assert (row.state, row.error_code, row.channel.health) == (B.FAILED, "access", Health.LOST)


@pytest.mark.django_db(transaction=True)
def test_what_stands_no_longer_is_ended_before_its_time(simulator, article):
    row = confirmed(article(), wanted_at=NOON + timedelta(hours=1))
    recalls.recall(row.delivery, by=chief(row), reason="Sai")

    send()

    row.refresh_from_db()
    assert (row.state, row.error_code) == (B.FAILED, "not_standing")


# --- what people decide -----------------------------------------------------------------------------------------------


@pytest.fixture
def doubtful(article):
    row = confirmed(article())
    assert broadcasts._begin(row, NOON)
    broadcasts.give_up(at(NOON + timedelta(hours=1)))
    return Broadcast.objects.get()


@pytest.mark.django_db
@pytest.mark.parametrize(("sent", "state"), [(True, B.SENT), (False, B.FAILED)])
def test_a_person_looks_and_says_what_it_is(doubtful, sent, state):
    person = officer(doubtful)

    broadcasts.decide(doubtful, by=person, sent=sent, words="Xem trong OA Manager")

    assert (doubtful.state, doubtful.decided_by) == (state, person)
    with pytest.raises(Refused):
        broadcasts.decide(doubtful, by=person, sent=not sent, words="Đổi ý")


@pytest.mark.django_db
def test_only_a_doubt_is_decided_and_what_has_begun_is_not_called_off(article, doubtful):
    waiting = planned(article())

    with pytest.raises(Refused):
        broadcasts.decide(waiting, by=officer(waiting), sent=True, words="x")
    with pytest.raises(Refused):
        broadcasts.call_off(doubtful, by=officer(doubtful), reason="x")


@pytest.mark.django_db(transaction=True)
def test_called_off_before_it_begins_nothing_is_sent(simulator, article):
    row = confirmed(article())

    broadcasts.call_off(row, by=officer(row), reason="Chưa cần")

    assert (send(), sent_of(simulator)) == (0, [])


# --- after a restore --------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_restored_database_sends_nothing_that_it_holds_as_confirmed(simulator, article):
    asked, wanted = planned(article()), confirmed(article())
    freezing.check()
    Freeze.objects.update(database="another")

    assert freezing.may_publish() is False
    assert send() == 0
    freezing.doubt_first(timezone.now)

    told = {row.pk: (row.state, row.error_code) for row in Broadcast.objects.all()}
    assert told == {asked.pk: (B.CANCELLED, "restored"), wanted.pk: (B.UNKNOWN, "restored")}
    assert sent_of(simulator) == []
