"""The effect of a pause on deliveries while it lasts, and after it."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Role
from publishing.engine import firing
from publishing.engine import worker as engine
from publishing.models import Delivery, Pause
from publishing.pauses import pausing
from publishing.pauses.queries import undecided_deliveries
from publishing.reconciliation import expiry
from publishing.states import State
from tests import factories
from tests.publishing.conftest import later
from tests.publishing.pauses.conftest import HOUR, MINUTE, fresh, ids

pytestmark = pytest.mark.django_db


KEPT_BACK = {
    # Minutes: due, tried again, pause from, until. Now is 0.
    "due while it lasted": (-30, -30, -40, -20, True),
    "due before it began, in line still": (-41, -41, -40, -20, True),
    "due at its first moment": (-40, -40, -40, -20, True),
    "due at its end": (-20, -20, -40, -20, False),
    "due after it": (-10, -10, -40, -20, False),
    "tried again while it lasted": (-50, -30, -40, -20, True),
    "due while it lasted, tried again after it": (-30, -10, -40, -20, True),
    "due and tried again around it": (-50, -10, -40, -20, True),
    "due tomorrow": (1440, 1440, -40, -20, False),
}


@pytest.mark.parametrize("case", KEPT_BACK)
def test_what_a_pause_kept_back_is_not_sent_when_it_is_over(world, now, case):
    due, fire, start, end, kept = KEPT_BACK[case]
    delivery = world.delivery(due_at=now + due * MINUTE, fire_at=now + fire * MINUTE)
    factories.pause(world.province, started_at=now + start * MINUTE, ended_at=now + end * MINUTE)

    assert ids(Delivery.objects.missed(now)) == ({delivery.pk} if kept else set())
    assert ids(Delivery.objects.sendable(now)) == (set() if kept else {delivery.pk})


def test_a_resumed_unit_decides_about_what_fell_due_and_is_notified_once(world, now):
    officer = factories.person(Role.OFFICER, world.commune)
    paused = [world.delivery(due_at=now - 5 * MINUTE) for _ in range(3)]
    coming = world.delivery(due_at=now + HOUR)
    factories.pause(world.top, started_at=now - 10 * MINUTE, ended_at=now - MINUTE)

    assert expiry.expire() == 3
    assert expiry.expire() == 0

    assert [(fresh(row).state, fresh(row).error_code) for row in paused] == [
        (State.EXPIRED, "paused")
    ] * 3
    assert fresh(coming).state == State.SCHEDULED
    notices = [(n.kind, n.facts, n.address) for n in officer.notices.all()]
    assert notices == [("pause_held_back", {"n": "3"}, reverse("publishing:held"))]
    assert ids(undecided_deliveries(Delivery.objects.visible_to(officer))) == {
        row.pk for row in paused
    }


def test_what_runs_out_of_time_under_a_pause_is_the_pauses_doing(world, now):
    delivery = world.delivery(due_at=now - 3 * HOUR)  # two hours of patience
    without = factories.delivery(due_at=now - 3 * HOUR)
    factories.pause(world.commune, started_at=now - 4 * HOUR)

    expiry.expire()

    assert (fresh(delivery).state, fresh(delivery).error_code) == (State.EXPIRED, "paused")
    assert (fresh(without).state, fresh(without).error_code) == (State.EXPIRED, "expired")


def test_while_another_pause_lasts_nothing_is_decided_yet(world, now):
    delivery = world.delivery(due_at=now - 5 * MINUTE)
    factories.pause(world.top, started_at=now - 10 * MINUTE, ended_at=now - MINUTE)
    factories.pause(world.commune, started_at=now - 2 * MINUTE)

    assert expiry.expire() == 0
    assert fresh(delivery).state == State.SCHEDULED
    assert ids(Delivery.objects.sendable(timezone.now())) == set()


def test_a_pause_planned_for_the_very_second_holds_what_is_due_then(world, now):
    """The engine begins a moment ahead, when the pause has not begun."""
    start = now + MINUTE
    before, then, after = (
        world.delivery(due_at=start + n * timedelta(seconds=1)) for n in (-1, 0, 3600)
    )
    factories.pause(world.province, started_at=start, ended_at=start + HOUR)

    assert ids(Delivery.objects.sendable(now)) == {before.pk, after.pk}
    assert ids(Delivery.objects.under_pause(now)) == {then.pk}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("platform", ["facebook", "telegram"])
def test_a_pause_after_claim_and_before_the_call_wins_and_nothing_goes_out_when_it_ends(
    simulator, portal, deliver, monkeypatch, platform
):
    delivery = deliver(platform)
    leader = factories.person(Role.APPROVER, delivery.unit)
    pause = pausing.create_prepared(delivery.unit, by=leader, reason="Xác minh sự cố")
    begin = firing.Firing.begin

    def pause_first(self, pks):
        pausing.start(pause, by=leader)
        monkeypatch.setattr(firing.Firing, "begin", begin)
        return begin(self, pks)

    monkeypatch.setattr(firing.Firing, "begin", pause_first)
    engine.publish_due(platform=platform)

    assert (fresh(delivery).state, fresh(delivery).committing_at) == (State.SCHEDULED, None)
    engine.publish_due(platform=platform, clock=later(minutes=1))
    assert fresh(delivery).state == State.SCHEDULED

    pausing.end(pause, by=leader)
    engine.publish_due(platform=platform, clock=later(minutes=1))
    expiry.expire()
    engine.publish_due(platform=platform, clock=later(minutes=1))
    assert (fresh(delivery).state, fresh(delivery).error_code) == (State.EXPIRED, "paused")
    assert simulator.visible(platform, delivery.channel.external_id) == []


@pytest.mark.django_db(transaction=True)
def test_under_a_pause_only_the_urgent_post_goes_out_and_the_rest_follows_when_it_is_due(
    simulator, deliver
):
    unit = factories.UnitFactory()
    plain, urgent = deliver(unit=unit), deliver(unit=unit)
    type(urgent.post).objects.filter(pk=urgent.post_id).update(urgent=True)
    pause = factories.pause(unit.parent, urgent_passes=True, since=MINUTE)

    engine.publish_due(platform="facebook")
    assert (fresh(plain).state, fresh(urgent).state) == (State.SCHEDULED, State.PUBLISHED)

    Pause.objects.filter(pk=pause.pk).update(ended_at=timezone.now())
    after = deliver(unit=unit, due_at=timezone.now())
    expiry.expire()
    engine.publish_due(platform="facebook")
    assert (fresh(plain).state, fresh(after).state) == (State.EXPIRED, State.PUBLISHED)
    assert len(simulator.truth()) == 2
