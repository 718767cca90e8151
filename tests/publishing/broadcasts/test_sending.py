"""The sending of broadcasts: within the hours, and at most once."""

import threading
from datetime import UTC, timedelta

import pytest
from django.db import connection

from accounts.models import Notice
from channels.states import Health
from core.errors import Refused
from publishing.broadcasts import broadcasting, seals
from publishing.broadcasts import worker as broadcast_worker
from publishing.models import Broadcast
from publishing.recalls import recalling
from publishing.states import BroadcastState
from tests.publishing.broadcasts.conftest import NOON, at, chief, confirmed, planned, send, sent_of


@pytest.mark.parametrize(
    ("hour", "minute", "fine"), [(5, 59, 0), (6, 0, 1), (21, 59, 1), (22, 0, 0), (0, 0, 0)]
)
def test_the_hours_are_those_of_viet_nam(hour, minute, fine):
    moment = NOON.replace(hour=hour, minute=minute).astimezone(UTC)

    assert broadcasting.is_within_sending_hours(moment) == bool(fine)


@pytest.mark.django_db
def test_nothing_is_wanted_for_the_night_or_the_past(article):
    delivery = article()
    for when in (NOON.replace(hour=23), NOON - timedelta(minutes=1)):
        with pytest.raises(Refused):
            planned(delivery, requested_time=when)
    assert Broadcast.objects.count() == 0


@pytest.mark.django_db
def test_what_is_confirmed_at_night_is_refused_and_may_be_confirmed_in_the_morning(
    article, monkeypatch
):
    row = planned(article())
    monkeypatch.setattr(broadcasting, "database_now", at(NOON.replace(hour=22)))
    with pytest.raises(Refused):
        broadcasting.confirm(row, by=chief(row), reason="Đồng ý")
    morning = NOON.replace(hour=6) + timedelta(days=1)
    monkeypatch.setattr(broadcasting, "database_now", at(morning))

    broadcasting.confirm(row, by=chief(row), reason="Đồng ý")

    assert (row.state, row.send_at, row.day) == (BroadcastState.CONFIRMED, morning, morning.date())


@pytest.mark.django_db(transaction=True)
def test_it_waits_for_its_time_and_is_not_sent_when_it_has_passed(simulator, article):
    requested = NOON.replace(hour=21, minute=30)
    first = confirmed(article(), requested_time=requested)
    second = confirmed(article(), requested_time=requested)
    assert send(requested - timedelta(seconds=1)) == 0
    Broadcast.objects.filter(pk=second.pk).update(send_at=requested + timedelta(minutes=1))

    assert send(requested) == 1
    assert send(NOON.replace(hour=22)) == 0

    states = {row.pk: row.state for row in Broadcast.objects.all()}
    assert states == {first.pk: BroadcastState.SENT, second.pk: BroadcastState.FAILED}
    assert Broadcast.objects.get(pk=second.pk).error_code == "too_late"
    assert len(sent_of(simulator)) == 1


@pytest.mark.django_db(transaction=True)
def test_at_night_nothing_goes_out_whatever_a_row_says(simulator, article):
    row = confirmed(article())
    night = NOON.replace(hour=23)
    row.not_after = night + timedelta(hours=12)
    changed = Broadcast.objects.filter(pk=row.pk)
    changed.update(send_at=night, not_after=row.not_after, **seals.seal(row))

    assert (send(night), sent_of(simulator)) == (0, [])
    assert send(NOON.replace(hour=6) + timedelta(days=1)) == 1


@pytest.mark.django_db
def test_what_nobody_confirms_is_called_off(article):
    soon, whenever = (
        planned(article(), requested_time=NOON + timedelta(hours=1)),
        planned(article()),
    )

    broadcast_worker.end_unsendable(at(NOON + timedelta(hours=3)))
    broadcast_worker.end_unsendable(at(NOON + timedelta(days=3)))

    outcomes = [(row.state, row.error_code) for row in Broadcast.objects.all()]
    assert outcomes == [(BroadcastState.CANCELLED, "unconfirmed")] * 2
    with pytest.raises(Refused):
        broadcasting.confirm(soon, by=chief(soon), reason="Đồng ý")
    assert whenever.delivery.broadcasts.count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("fault", ["drop_after", "error_after", "drop_before", "duplicate"])
def test_a_lost_answer_is_an_unknown_outcome_that_nobody_sends_again(simulator, article, fault):
    row = confirmed(article())
    simulator.fault("zalo", fault, operation="broadcast")

    assert [send(), send(NOON + timedelta(minutes=1)), send(NOON + timedelta(hours=1))] == [1, 0, 0]

    row.refresh_from_db()
    assert (row.state, simulator.requests()["zalo"]["broadcast"]) == (BroadcastState.UNKNOWN, 1)
    notices = {notice.user for notice in Notice.objects.filter(kind="broadcast_unknown")}
    assert {row.asked_by, row.confirmed_by} <= notices


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_dies_after_it_began_leaves_an_unknown_outcome(
    simulator, article, monkeypatch
):
    """It may have died before the call or after: nobody can tell, so nobody sends it again."""
    row = confirmed(article())
    monkeypatch.setattr(broadcast_worker, "_run", lambda rows, clock: None)
    assert send() == 1
    monkeypatch.undo()
    assert Broadcast.objects.get().state == BroadcastState.SENDING

    assert send(NOON + timedelta(seconds=60)) == 0
    assert send(NOON + timedelta(seconds=121)) == 0

    row.refresh_from_db()
    assert (row.state, row.error_code, sent_of(simulator)) == (BroadcastState.UNKNOWN, "died", [])


@pytest.mark.django_db(transaction=True)
def test_an_answer_that_comes_after_the_unknown_outcome_changes_nothing(article):
    row = confirmed(article())
    assert broadcast_worker._begin(row, NOON)
    broadcast_worker.end_unsendable(at(NOON + timedelta(hours=1)))

    broadcast_worker._store_answer(row, "a-number", NOON)

    row = Broadcast.objects.get()
    assert (row.state, row.number) == (BroadcastState.UNKNOWN, "")


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_was_frozen_for_long_does_not_make_the_call(simulator, article, monkeypatch):
    row = confirmed(article())
    monkeypatch.setattr(broadcast_worker, "_BEGIN_WITHIN", -1.0)

    send()

    row.refresh_from_db()
    assert (row.state, row.platform_code, sent_of(simulator)) == (
        BroadcastState.CONFIRMED,
        "held",
        [],
    )


@pytest.mark.django_db(transaction=True)
def test_two_workers_send_it_once(simulator, article):
    for _ in range(3):
        confirmed(article())
    simulator.latency(zalo=100)
    barrier, made = threading.Barrier(3), []

    def work():
        try:
            barrier.wait()
            made.append(send())
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (sum(made), len(sent_of(simulator))) == (3, 3)
    assert set(Broadcast.objects.values_list("state", flat=True)) == {BroadcastState.SENT}


@pytest.mark.django_db(transaction=True)
def test_what_zalo_refuses_for_certain_is_not_sent_and_may_be_asked_for_again(simulator, article):
    delivery = article()
    row = confirmed(delivery)
    simulator.fault("zalo", "refuse", operation="broadcast")

    send()

    row.refresh_from_db()
    assert (row.state, row.platform_code) == (BroadcastState.FAILED, "-248")
    assert planned(delivery).state == BroadcastState.PLANNED


@pytest.mark.django_db(transaction=True)
def test_a_wait_that_zalo_asks_for_is_waited_and_it_is_sent_then(simulator, article):
    row = confirmed(article())
    simulator.fault("zalo", "rate_limit", operation="broadcast")

    send()
    row.refresh_from_db()
    state, again = row.state, row.send_at
    early = send(again - timedelta(seconds=1))
    send(again)

    assert (state, early, again > NOON) == (BroadcastState.CONFIRMED, 0, True)
    assert (Broadcast.objects.get().state, len(sent_of(simulator))) == (BroadcastState.SENT, 1)


@pytest.mark.django_db(transaction=True)
def test_a_used_up_allowance_ends_it_when_the_wait_is_longer_than_the_day(simulator, article):
    simulator.settings(zalo_broadcasts=[0, 1])
    delivery = article()
    confirmed(delivery)
    send()
    row = confirmed(
        article(delivery.channel),
        requested_time=NOON.replace(hour=21, minute=30) + timedelta(days=1),
    )

    send(row.send_at)

    row.refresh_from_db()
    assert (row.state, row.platform_code) == (BroadcastState.FAILED, "-211")


@pytest.mark.django_db(transaction=True)
def test_a_dead_token_marks_the_channel_and_nobody_was_sent_it(simulator, article):
    row = confirmed(article())
    simulator.kill_tokens("zalo", page=row.channel.external_id)

    send()

    row.refresh_from_db()
    row.channel.refresh_from_db()
    assert (row.state, row.error_code, row.channel.health) == (
        BroadcastState.FAILED,
        "access",
        Health.LOST,
    )


@pytest.mark.django_db(transaction=True)
def test_what_is_live_no_longer_is_ended_before_its_time(simulator, article):
    row = confirmed(article(), requested_time=NOON + timedelta(hours=1))
    recalling.recall(row.delivery, by=chief(row), reason="Sai")

    send()

    row.refresh_from_db()
    assert (row.state, row.error_code) == (BroadcastState.FAILED, "not_standing")
