"""The scope of pauses, and their times."""

import pytest
from django.utils import timezone

from accounts.permissions import Role
from publishing.models import Delivery, Pause
from publishing.pauses.queries import deliveries_covered_by, pauses_for
from publishing.states import PauseStage
from tests import factories
from tests.publishing.pauses.conftest import HOUR, SCOPES, fresh, ids

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("case", SCOPES)
def test_a_pause_holds_what_lies_in_its_scope_and_nothing_else(world, now, case):
    scope, touched = SCOPES[case]
    delivery = world.delivery()
    pause = factories.pause(**scope(world))

    assert fresh(pause).covers(fresh(delivery)) is touched
    assert ids(Delivery.objects.under_pause(timezone.now())) == (
        {delivery.pk} if touched else set()
    )
    assert ids(Delivery.objects.sendable(timezone.now())) == (set() if touched else {delivery.pk})
    assert ids(deliveries_covered_by(pause)) == ({delivery.pk} if touched else set())


@pytest.mark.parametrize("passes", [True, False], ids=["urgent passes", "nothing passes"])
@pytest.mark.parametrize("urgent", [True, False], ids=["urgent", "not urgent"])
def test_an_urgent_post_goes_out_only_when_the_pause_and_the_post_say_so(world, passes, urgent):
    delivery = world.delivery(urgent=urgent)
    pause = factories.pause(world.province, urgent_passes=passes)
    goes = passes and urgent

    assert fresh(pause).covers(fresh(delivery)) is not goes
    assert ids(Delivery.objects.sendable(timezone.now())) == ({delivery.pk} if goes else set())
    assert ids(deliveries_covered_by(pause)) == (set() if goes else {delivery.pk})


TIMES = {
    "prepared": (None, None, PauseStage.PREPARED),
    "called off": (None, -HOUR, PauseStage.DISCARDED),
    "planned": (HOUR, 2 * HOUR, PauseStage.PLANNED),
    "planned without an end": (HOUR, None, PauseStage.PLANNED),
    "active": (-HOUR, None, PauseStage.ACTIVE),
    "active with a planned end": (-HOUR, HOUR, PauseStage.ACTIVE),
    "ended": (-2 * HOUR, -HOUR, PauseStage.PAST),
}


@pytest.mark.parametrize("case", TIMES)
def test_a_pause_holds_while_it_lasts_planned_times_included(world, now, case):
    start, end, stage = TIMES[case]
    delivery = world.delivery(due_at=now)
    pause = factories.pause(
        world.commune,
        started_at=None if start is None else now + start,
        ended_at=None if end is None else now + end,
    )
    active = stage == PauseStage.ACTIVE

    assert pause.stage(now) == stage
    assert pause.lasts(now) is active
    assert ids(Delivery.objects.under_pause(now)) == ({delivery.pk} if active else set())
    assert ids(Delivery.objects.sendable(now)) == (set() if active else {delivery.pk})
    assert ids(Pause.objects.lasting(now)) == (
        {pause.pk} if active or stage == PauseStage.PLANNED else set()
    )


def test_what_is_not_paused_costs_one_short_question(world, now, django_assert_num_queries):
    officer = factories.person(Role.OFFICER, world.commune)
    assert len(officer.current_appointments) == 1
    factories.pause(world.sibling)
    with django_assert_num_queries(1):
        assert pauses_for(officer, now=timezone.now()).rows == ()

    pauses = [factories.pause(unit) for unit in (world.commune, world.province)]
    with django_assert_num_queries(2):
        found = pauses_for(officer, now=timezone.now()).rows
        assert [(pause.unit.name, pause.topic, pause.channel) for pause in found] == [
            (world.province.name, None, None),
            (world.commune.name, None, None),
        ]
    assert [pause.pk for pause in found] == [pause.pk for pause in reversed(pauses)]
