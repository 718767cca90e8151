"""Preparing, starting, planning and ending a pause: by whom, on record, and in words."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Notice
from accounts.permissions import Role
from audit.models import Entry
from core.errors import NotAllowed, Refused
from engagement.dashboards.queries import find_in_trouble
from publishing.models import Delivery, Pause
from publishing.pauses import pausing
from publishing.pauses.queries import pauses_for
from publishing.presenters.delivery import delivery_status
from publishing.reconciliation import expiry
from publishing.states import PauseStage, State
from tests import factories
from tests.publishing.pauses.conftest import HOUR, MINUTE, SCOPES, fresh, ids, overseer

pytestmark = pytest.mark.django_db


def test_a_pause_is_prepared_started_and_ended_on_record(world):
    leader = factories.person(Role.APPROVER, world.commune)

    pause = pausing.create_prepared(world.commune, by=leader, reason="  Xác minh sự cố ")
    assert pause.stage(timezone.now()) == PauseStage.PREPARED
    pausing.start(pause, by=leader)
    assert pause.lasts(timezone.now())
    pausing.end(pause, by=leader)
    assert pause.stage(timezone.now()) == PauseStage.PAST

    entries = Entry.objects.filter(object_type="publishing.pause").order_by("pk")
    assert [(e.action, e.reason, e.actor_name, e.unit_path) for e in entries] == [
        (f"pause.{word}", "Xác minh sự cố", str(leader), world.commune.path)
        for word in ("prepared", "started", "ended")
    ]
    assert all("%" not in e.sentence and e.action not in e.sentence for e in entries)
    assert (pause.started_by, pause.ended_by) == (leader, leader)


def test_a_planned_pause_is_changed_started_sooner_or_called_off(world, now):
    leader = factories.person(Role.APPROVER, world.commune)
    pause = pausing.create(
        world.commune, by=leader, reason="Bảo trì", starts_at=now + HOUR, ends_at=now + 2 * HOUR
    )
    assert (pause.stage(now), pause.lasts(now + 1.5 * HOUR), pause.lasts(now + 2 * HOUR)) == (
        PauseStage.PLANNED,
        True,
        False,
    )

    pausing.plan(pause, by=leader, starts_at=now + 3 * HOUR)
    assert (pause.started_at, pause.ended_at) == (now + 3 * HOUR, None)
    pausing.plan(pause, by=leader, starts_at=now + 3 * HOUR, ends_at=now + 5 * HOUR)
    pausing.start(pause, by=leader)
    assert (pause.stage(timezone.now()), pause.ended_at) == (PauseStage.ACTIVE, now + 5 * HOUR)
    pausing.set_end(pause, by=leader, ends_at=now + HOUR)
    assert pause.ended_at == now + HOUR

    other = pausing.create(world.commune, by=leader, reason="Bảo trì", starts_at=now + HOUR)
    pausing.discard(other, by=leader)
    assert (other.stage(timezone.now()), other.started_at) == (PauseStage.DISCARDED, None)


REFUSED = {
    "a reason is missing": lambda p, who, now: pausing.create_prepared(
        p["prepared"].unit, by=who, reason=" "
    ),
    "a foreign channel": lambda p, who, now: pausing.create_prepared(
        p["prepared"].unit, by=who, reason="x", channel=factories.ChannelFactory()
    ),
    "starting what is active": lambda p, who, now: pausing.start(p["active"], by=who),
    "starting what has ended": lambda p, who, now: pausing.start(p["ended"], by=who),
    "an end in the past": lambda p, who, now: pausing.start(
        p["prepared"], by=who, ends_at=now - HOUR
    ),
    "planning into the past": lambda p, who, now: pausing.plan(
        p["prepared"], by=who, starts_at=now - HOUR
    ),
    "an end before the start": lambda p, who, now: pausing.plan(
        p["prepared"], by=who, starts_at=now + 2 * HOUR, ends_at=now + HOUR
    ),
    "planning what is active": lambda p, who, now: pausing.plan(
        p["active"], by=who, starts_at=now + HOUR
    ),
    "ending what has not begun": lambda p, who, now: pausing.end(p["prepared"], by=who),
    "ending twice": lambda p, who, now: pausing.end(p["ended"], by=who),
    "setting the end of what has ended": lambda p, who, now: pausing.set_end(
        p["ended"], by=who, ends_at=now + HOUR
    ),
    "calling off what is active": lambda p, who, now: pausing.discard(p["active"], by=who),
}


@pytest.mark.parametrize("case", REFUSED)
def test_an_act_that_comes_too_late_or_makes_no_sense_is_refused(world, now, case):
    leader = factories.person(Role.APPROVER, world.commune)
    made = {
        "prepared": factories.pause(world.commune, since=None),
        "active": factories.pause(world.commune, since=2 * HOUR),
        "ended": factories.pause(world.commune, since=2 * HOUR, ended_at=now - HOUR),
    }
    before = list(Pause.objects.order_by("pk").values())
    with pytest.raises(Refused):
        REFUSED[case](made, leader, now)
    assert list(Pause.objects.order_by("pk").values()) == before


MAY = {
    # Who, where they sit: which of commune, province and country they may pause.
    "a leader at the province, who has no units below": (Role.APPROVER, "province", set()),
    "the chief": (Role.APPROVER, "commune", {"commune"}),
    "an officer": (Role.OFFICER, "commune", set()),
    "the province": (Role.OVERSEER, "province", {"commune", "province"}),
    "the province's supervisor": (Role.SUPERVISOR, "province", set()),
    "the ministry": (Role.OVERSEER, "top", {"commune", "province", "top"}),
    "another province": (Role.OVERSEER, "elsewhere", set()),
}


@pytest.mark.parametrize("case", MAY)
def test_one_pauses_ones_own_ground_and_nobody_elses(world, case):
    role, place, allowed = MAY[case]
    person = factories.person(role, getattr(world, place))
    done = set()
    for name in ("commune", "province", "top"):
        try:
            pause = pausing.create_prepared(getattr(world, name), by=person, reason="Sự cố")
        except Refused:
            continue
        pausing.start(pause, by=person)
        assert ids(Pause.objects.answered_by(person)) >= {pause.pk}
        done.add(name)
    assert done == allowed


def test_a_leader_at_the_province_pauses_its_own_channel_alone(world):
    leader = factories.person(Role.APPROVER, world.province)
    own = factories.ChannelFactory(unit=world.province)
    pause = pausing.create(world.province, by=leader, reason="Sự cố", channel=own, at_once=True)
    whole = factories.pause(world.province)
    below = factories.pause(world.commune, authority=world.province)

    assert ids(Pause.objects.answered_by(leader)) == {pause.pk}
    for other in (whole, below):
        with pytest.raises(NotAllowed):
            pausing.end(other, by=leader)
    pausing.end(pause, by=leader)


def test_a_commune_does_not_end_what_the_province_ordered_there(world):
    chief, province = factories.person(Role.APPROVER, world.commune), overseer(world.province)
    pause = pausing.create(world.commune, by=province, reason="Trang bị chiếm quyền", at_once=True)

    for act in (pausing.end, lambda p, by: pausing.set_end(p, by=by, ends_at=None)):
        with pytest.raises(NotAllowed):
            act(pause, by=chief)
    assert ids(Pause.objects.answered_by(chief)) == set()
    assert ids(Pause.objects.visible_to(chief)) == {pause.pk}

    own = pausing.create(world.commune, by=chief, reason="Sự cố", at_once=True)
    pausing.end(own, by=overseer(world.province))
    pausing.end(pause, by=overseer(world.top))
    assert ids(Pause.objects.active(timezone.now())) == set()


def test_a_province_does_not_end_what_the_ministry_ordered_there(world):
    province, top = overseer(world.province), overseer(world.top)
    ordered = [
        pausing.create(unit, by=top, reason="Sự cố", at_once=True)
        for unit in (world.province, world.commune)
    ]

    assert ids(Pause.objects.answered_by(province)) == set()
    assert ids(Pause.objects.answered_by(top)) == {pause.pk for pause in ordered}
    for pause in ordered:
        with pytest.raises(NotAllowed):
            pausing.end(pause, by=province)


def kinds(*people):
    return [[n.kind for n in p.notices.order_by("pk")] for p in people]


def test_the_leaders_whom_it_concerns_are_informed_of_start_and_end(world):
    chief, officer = (
        factories.person(Role.APPROVER, world.commune),
        factories.person(Role.OFFICER, world.commune),
    )
    mine, next_door, top = overseer(world.province), overseer(world.elsewhere), overseer(world.top)

    pause = pausing.create(world.commune, by=mine, reason="Sự cố", at_once=True)
    pausing.end(pause, by=mine)
    both = ["pause_started", "pause_ended"]
    assert kinds(chief, officer, mine, next_door, top) == [both, both, [], [], []]

    Notice.objects.all().delete()
    pausing.end(pausing.create(world.top, by=top, reason="Sự cố", at_once=True), by=top)
    assert kinds(chief, officer, mine, next_door, top) == [[], [], both, both, []]


def test_a_pause_of_the_country_costs_as_much_for_one_commune_as_for_many(world):
    top = overseer(world.top)
    overseer(world.province)
    factories.person(Role.OFFICER, world.commune)

    def cost():
        with CaptureQueriesContext(connection) as asked:
            pause = pausing.create(world.top, by=top, reason="Sự cố", at_once=True)
            pausing.end(pause, by=top)
        return len(asked)

    cost()
    one = cost()
    for _ in range(5):
        commune = factories.UnitFactory(parent=world.province)
        factories.person(Role.OFFICER, commune)
        factories.delivery(factories.approved(unit=commune))
    assert cost() == one


def test_of_what_fell_due_one_leaves_what_is_undecided_and_nothing_else(world, now):
    officer = factories.person(Role.OFFICER, world.commune)
    kept, expired = (
        world.delivery(state=State.EXPIRED, error_code=code) for code in ("paused", "expired")
    )

    assert pausing.keep_unpublished([kept, expired], by=officer) == 1
    assert pausing.keep_unpublished([kept], by=officer) == 0

    outcomes = [
        (fresh(row).error_code, bool(fresh(row).left_unpublished_at)) for row in (kept, expired)
    ]
    assert outcomes == [("paused", True), ("expired", False)]
    assert [e.action for e in Entry.objects.filter(object_id=str(kept.public_id))] == [
        "delivery.left"
    ]
    assert ids(find_in_trouble(Delivery.objects.all(), now=now)) == {expired.pk}
    with pytest.raises(NotAllowed):
        pausing.keep_unpublished([expired], by=factories.person(Role.OFFICER, world.sibling))


def test_what_a_pause_holds_is_no_trouble_until_it_waits_for_a_decision(world, now):
    delivery = world.delivery(due_at=now - HOUR)
    overdue = factories.delivery(due_at=now - HOUR)
    pause = factories.pause(world.province, since=2 * HOUR)
    assert ids(find_in_trouble(Delivery.objects.all(), now=timezone.now())) == {overdue.pk}

    Pause.objects.filter(pk=pause.pk).update(ended_at=timezone.now())
    expiry.expire()
    assert ids(find_in_trouble(Delivery.objects.all(), now=timezone.now())) == {
        overdue.pk,
        delivery.pk,
    }


def say(user, delivery, now):
    return delivery_status(fresh(delivery), pauses_for(user, now=now))


def test_a_delivery_says_why_it_will_not_go_out(world, now):
    officer = factories.person(Role.OFFICER, world.commune)
    coming, past = world.delivery(due_at=now + 3 * HOUR), world.delivery(due_at=now - HOUR)
    assert say(officer, coming, now).label == "Scheduled"

    pause = factories.pause(world.province, since=2 * HOUR, reason="Xác minh sự cố")
    sentence = say(officer, coming, now)
    assert (sentence.label, sentence.tone) == ("Paused", "yellow")
    assert sentence.sentence.startswith("Paused: Xác minh sự cố. It is due at ")
    assert "decide: schedule it again or leave it" in say(officer, past, now).sentence

    Pause.objects.filter(pk=pause.pk).update(ended_at=now + HOUR)
    assert say(officer, coming, now).label == "Scheduled"  # the pause will be over by then
    Pause.objects.filter(pk=pause.pk).update(started_at=now + 2 * HOUR, ended_at=now + 4 * HOUR)
    assert say(officer, coming, now).label == "Pause planned"


def test_what_the_words_say_is_what_the_database_holds(world):
    """Python matches pauses to rows for the pages, SQL for the engine: they must not differ."""
    officer = factories.person(Role.OFFICER, world.commune)
    delivery = world.delivery(due_at=timezone.now() - MINUTE)
    for scope, _touched in SCOPES.values():
        pause = factories.pause(**scope(world), since=HOUR)
        at = timezone.now()
        said = say(officer, delivery, at).label == "Paused"
        assert said is (delivery.pk in ids(Delivery.objects.under_pause(at)))
        pause.delete()
