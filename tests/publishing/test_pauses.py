"""Pauses: what they touch, that they win, and that nothing floods when they end."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Notice
from accounts.permissions import Role
from audit.models import Entry
from campaigns.models import Topic
from core.errors import NotAllowed, Refused
from engagement.queries import in_trouble
from publishing import engine, pauses, queries, settling, wording
from publishing.models import Delivery, Pause
from publishing.states import PauseStage, State
from tests import factories
from tests.publishing.conftest import later

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def now():
    return timezone.now()


class World:
    """A commune with two pages in a province with a second commune, and another province."""

    def __init__(self):
        self.province = factories.ProvinceFactory()
        self.commune = factories.UnitFactory(parent=self.province)
        self.sibling = factories.UnitFactory(parent=self.province)
        self.top = factories.ministry()
        self.elsewhere = factories.ProvinceFactory()
        self.channel, self.second = (factories.ChannelFactory(unit=self.commune) for _ in range(2))
        self.topic = factories.topic()
        self.other_topic = Topic.objects.get_or_create(code="an_toan_giao_thong", defaults={"name_vi": "ATGT"})[0]

    def delivery(self, *, urgent=False, **fields):
        post = factories.approved(unit=self.commune, channels=[self.channel], topic=self.topic, urgent=urgent)
        return factories.delivery(post, self.channel, **fields)


@pytest.fixture
def world(db):
    return World()


def ids(queryset):
    return set(queryset.values_list("pk", flat=True))


def fresh(row):
    """As a page or a worker reads it."""
    if isinstance(row, Pause):
        return Pause.objects.select_related("unit").get(pk=row.pk)
    return Delivery.objects.select_related("unit", "post", "channel").get(pk=row.pk)


# --- Scope ------------------------------------------------------------------------------------------------------------

SCOPES = {
    "the country": (lambda w: {"unit": w.top}, True),
    "its province": (lambda w: {"unit": w.province}, True),
    "another province": (lambda w: {"unit": w.elsewhere}, False),
    "its commune": (lambda w: {"unit": w.commune}, True),
    "the next commune": (lambda w: {"unit": w.sibling}, False),
    "its channel": (lambda w: {"unit": w.commune, "channel": w.channel}, True),
    "its channel, by the province": (lambda w: {"unit": w.province, "channel": w.channel}, True),
    "another channel of the commune": (lambda w: {"unit": w.commune, "channel": w.second}, False),
    "its topic in the country": (lambda w: {"unit": w.top, "topic": w.topic}, True),
    "its topic in another province": (lambda w: {"unit": w.elsewhere, "topic": w.topic}, False),
    "another topic in its commune": (lambda w: {"unit": w.commune, "topic": w.other_topic}, False),
    "its topic on its channel": (lambda w: {"unit": w.commune, "channel": w.channel, "topic": w.topic}, True),
    "another topic on its channel": (
        lambda w: {"unit": w.commune, "channel": w.channel, "topic": w.other_topic},
        False,
    ),
}


@pytest.mark.embedded
@pytest.mark.parametrize("case", SCOPES)
def test_a_pause_holds_what_lies_in_its_scope_and_nothing_else(world, now, case):
    scope, touched = SCOPES[case]
    delivery = world.delivery()
    pause = factories.pause(**scope(world))

    assert fresh(pause).covers(fresh(delivery)) is touched
    assert ids(Delivery.objects.held(timezone.now())) == ({delivery.pk} if touched else set())
    assert ids(Delivery.objects.sendable(timezone.now())) == (set() if touched else {delivery.pk})
    assert ids(queries.covered_by(pause)) == ({delivery.pk} if touched else set())


@pytest.mark.embedded
@pytest.mark.parametrize("passes", [True, False], ids=["urgent passes", "nothing passes"])
@pytest.mark.parametrize("urgent", [True, False], ids=["urgent", "not urgent"])
def test_an_urgent_post_goes_out_only_when_the_pause_and_the_post_say_so(world, passes, urgent):
    delivery = world.delivery(urgent=urgent)
    pause = factories.pause(world.province, urgent_passes=passes)
    goes = passes and urgent

    assert fresh(pause).covers(fresh(delivery)) is not goes
    assert ids(Delivery.objects.sendable(timezone.now())) == ({delivery.pk} if goes else set())
    assert ids(queries.covered_by(pause)) == (set() if goes else {delivery.pk})


TIMES = {
    "prepared": (None, None, PauseStage.PREPARED),
    "called off": (None, -HOUR, PauseStage.DISCARDED),
    "planned": (HOUR, 2 * HOUR, PauseStage.PLANNED),
    "planned without an end": (HOUR, None, PauseStage.PLANNED),
    "active": (-HOUR, None, PauseStage.ACTIVE),
    "active with a planned end": (-HOUR, HOUR, PauseStage.ACTIVE),
    "ended": (-2 * HOUR, -HOUR, PauseStage.PAST),
}


@pytest.mark.embedded
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
    assert ids(Delivery.objects.held(now)) == ({delivery.pk} if active else set())
    assert ids(Delivery.objects.sendable(now)) == (set() if active else {delivery.pk})
    assert ids(Pause.objects.lasting(now)) == ({pause.pk} if active or stage == PauseStage.PLANNED else set())


# --- When it ends -----------------------------------------------------------------------------------------------------

MINUTE = timedelta(minutes=1)
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


@pytest.mark.embedded
@pytest.mark.parametrize("case", KEPT_BACK)
def test_what_a_pause_kept_back_is_not_sent_when_it_is_over(world, now, case):
    due, fire, start, end, kept = KEPT_BACK[case]
    delivery = world.delivery(due_at=now + due * MINUTE, fire_at=now + fire * MINUTE)
    factories.pause(world.province, started_at=now + start * MINUTE, ended_at=now + end * MINUTE)

    assert ids(Delivery.objects.missed(now)) == ({delivery.pk} if kept else set())
    assert ids(Delivery.objects.sendable(now)) == (set() if kept else {delivery.pk})


@pytest.mark.embedded
def test_a_resumed_unit_decides_about_what_fell_due_and_is_told_once(world, now):
    officer = factories.person(Role.OFFICER, world.commune)
    held = [world.delivery(due_at=now - 5 * MINUTE) for _ in range(3)]
    coming = world.delivery(due_at=now + HOUR)
    factories.pause(world.top, started_at=now - 10 * MINUTE, ended_at=now - MINUTE)

    assert settling.expire() == 3
    assert settling.expire() == 0

    assert [(fresh(row).state, fresh(row).error_code) for row in held] == [(State.EXPIRED, "paused")] * 3
    assert fresh(coming).state == State.SCHEDULED
    told = [(n.kind, n.facts, n.address) for n in officer.notices.all()]
    assert told == [("pause_held_back", {"n": "3"}, reverse("publishing:held"))]
    assert ids(queries.undecided(Delivery.objects.visible_to(officer))) == {row.pk for row in held}


@pytest.mark.embedded
def test_what_runs_out_of_time_under_a_pause_is_the_pauses_doing(world, now):
    delivery = world.delivery(due_at=now - 3 * HOUR)  # two hours of patience
    without = factories.delivery(due_at=now - 3 * HOUR)
    factories.pause(world.commune, started_at=now - 4 * HOUR)

    settling.expire()

    assert (fresh(delivery).state, fresh(delivery).error_code) == (State.EXPIRED, "paused")
    assert (fresh(without).state, fresh(without).error_code) == (State.EXPIRED, "expired")


def test_while_another_pause_lasts_nothing_is_decided_yet(world, now):
    delivery = world.delivery(due_at=now - 5 * MINUTE)
    factories.pause(world.top, started_at=now - 10 * MINUTE, ended_at=now - MINUTE)
    factories.pause(world.commune, started_at=now - 2 * MINUTE)

    assert settling.expire() == 0
    assert fresh(delivery).state == State.SCHEDULED
    assert ids(Delivery.objects.sendable(timezone.now())) == set()


@pytest.mark.embedded
def test_a_pause_planned_for_the_very_second_holds_what_is_due_then(world, now):
    """The engine begins a moment ahead, when the pause has not begun."""
    start = now + MINUTE
    before, then, after = (world.delivery(due_at=start + n * timedelta(seconds=1)) for n in (-1, 0, 3600))
    factories.pause(world.province, started_at=start, ended_at=start + HOUR)

    assert ids(Delivery.objects.sendable(now)) == {before.pk, after.pk}
    assert ids(Delivery.objects.held(now)) == {then.pk}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("platform", ["facebook", "telegram"])
def test_a_pause_after_claim_and_before_the_call_wins_and_nothing_goes_out_when_it_ends(
    simulator, portal, deliver, monkeypatch, platform
):
    delivery = deliver(platform)
    leader = factories.person(Role.APPROVER, delivery.unit)
    pause = pauses.prepare(delivery.unit, by=leader, reason="Xác minh sự cố")
    begin = engine.Run._begin

    def pause_first(run, pks):
        pauses.start(pause, by=leader)
        monkeypatch.setattr(engine.Run, "_begin", begin)
        return begin(run, pks)

    monkeypatch.setattr(engine.Run, "_begin", pause_first)
    engine.publish_due(platform=platform)

    assert (fresh(delivery).state, fresh(delivery).committing_at) == (State.SCHEDULED, None)
    engine.publish_due(platform=platform, clock=later(minutes=1))
    assert fresh(delivery).state == State.SCHEDULED

    pauses.end(pause, by=leader)
    engine.publish_due(platform=platform, clock=later(minutes=1))
    settling.expire()
    engine.publish_due(platform=platform, clock=later(minutes=1))
    assert (fresh(delivery).state, fresh(delivery).error_code) == (State.EXPIRED, "paused")
    assert simulator.visible(platform, delivery.channel.external_id) == []


@pytest.mark.embedded
@pytest.mark.django_db(transaction=True)
def test_under_a_pause_only_the_urgent_post_goes_out_and_the_rest_follows_when_it_is_due(simulator, deliver):
    unit = factories.UnitFactory()
    plain, urgent = deliver(unit=unit), deliver(unit=unit)
    type(urgent.post).objects.filter(pk=urgent.post_id).update(urgent=True)
    pause = factories.pause(unit.parent, urgent_passes=True, since=MINUTE)

    engine.publish_due(platform="facebook")
    assert (fresh(plain).state, fresh(urgent).state) == (State.SCHEDULED, State.PUBLISHED)

    Pause.objects.filter(pk=pause.pk).update(ended_at=timezone.now())
    after = deliver(unit=unit, due_at=timezone.now())
    settling.expire()
    engine.publish_due(platform="facebook")
    assert (fresh(plain).state, fresh(after).state) == (State.EXPIRED, State.PUBLISHED)
    assert len(simulator.truth()) == 2


# --- Acts and rights --------------------------------------------------------------------------------------------------


def overseer(unit):
    return factories.person(Role.OVERSEER, unit)


def test_a_pause_is_prepared_started_and_ended_on_record(world):
    leader = factories.person(Role.APPROVER, world.commune)

    pause = pauses.prepare(world.commune, by=leader, reason="  Xác minh sự cố ")
    assert pause.stage(timezone.now()) == PauseStage.PREPARED
    pauses.start(pause, by=leader)
    assert pause.lasts(timezone.now())
    pauses.end(pause, by=leader)
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
    pause = pauses.make(world.commune, by=leader, reason="Bảo trì", starts_at=now + HOUR, ends_at=now + 2 * HOUR)
    assert (pause.stage(now), pause.lasts(now + 1.5 * HOUR), pause.lasts(now + 2 * HOUR)) == (
        PauseStage.PLANNED,
        True,
        False,
    )

    pauses.plan(pause, by=leader, starts_at=now + 3 * HOUR)
    assert (pause.started_at, pause.ended_at) == (now + 3 * HOUR, None)
    pauses.plan(pause, by=leader, starts_at=now + 3 * HOUR, ends_at=now + 5 * HOUR)
    pauses.start(pause, by=leader)
    assert (pause.stage(timezone.now()), pause.ended_at) == (PauseStage.ACTIVE, now + 5 * HOUR)
    pauses.set_end(pause, by=leader, ends_at=now + HOUR)
    assert pause.ended_at == now + HOUR

    other = pauses.make(world.commune, by=leader, reason="Bảo trì", starts_at=now + HOUR)
    pauses.discard(other, by=leader)
    assert (other.stage(timezone.now()), other.started_at) == (PauseStage.DISCARDED, None)


REFUSED = {
    "a reason is missing": lambda p, who, now: pauses.prepare(p["prepared"].unit, by=who, reason=" "),
    "a foreign channel": lambda p, who, now: pauses.prepare(
        p["prepared"].unit, by=who, reason="x", channel=factories.ChannelFactory()
    ),
    "starting what is active": lambda p, who, now: pauses.start(p["active"], by=who),
    "starting what has ended": lambda p, who, now: pauses.start(p["ended"], by=who),
    "an end in the past": lambda p, who, now: pauses.start(p["prepared"], by=who, ends_at=now - HOUR),
    "planning into the past": lambda p, who, now: pauses.plan(p["prepared"], by=who, starts_at=now - HOUR),
    "an end before the start": lambda p, who, now: pauses.plan(
        p["prepared"], by=who, starts_at=now + 2 * HOUR, ends_at=now + HOUR
    ),
    "planning what is active": lambda p, who, now: pauses.plan(p["active"], by=who, starts_at=now + HOUR),
    "ending what has not begun": lambda p, who, now: pauses.end(p["prepared"], by=who),
    "ending twice": lambda p, who, now: pauses.end(p["ended"], by=who),
    "setting the end of what has ended": lambda p, who, now: pauses.set_end(p["ended"], by=who, ends_at=now + HOUR),
    "calling off what is active": lambda p, who, now: pauses.discard(p["active"], by=who),
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
            pause = pauses.prepare(getattr(world, name), by=person, reason="Sự cố")
        except Refused:
            continue
        pauses.start(pause, by=person)
        assert ids(Pause.objects.answered_by(person)) >= {pause.pk}
        done.add(name)
    assert done == allowed


def test_a_leader_at_the_province_pauses_its_own_channel_alone(world):
    leader = factories.person(Role.APPROVER, world.province)
    own = factories.ChannelFactory(unit=world.province)
    pause = pauses.make(world.province, by=leader, reason="Sự cố", channel=own, at_once=True)
    whole = factories.pause(world.province)
    below = factories.pause(world.commune, authority=world.province)

    assert ids(Pause.objects.answered_by(leader)) == {pause.pk}
    for other in (whole, below):
        with pytest.raises(NotAllowed):
            pauses.end(other, by=leader)
    pauses.end(pause, by=leader)


def test_a_commune_does_not_end_what_the_province_ordered_there(world):
    chief, province = factories.person(Role.APPROVER, world.commune), overseer(world.province)
    pause = pauses.make(world.commune, by=province, reason="Trang bị chiếm quyền", at_once=True)

    for act in (pauses.end, lambda p, by: pauses.set_end(p, by=by, ends_at=None)):
        with pytest.raises(NotAllowed):
            act(pause, by=chief)
    assert ids(Pause.objects.answered_by(chief)) == set()
    assert ids(Pause.objects.visible_to(chief)) == {pause.pk}

    own = pauses.make(world.commune, by=chief, reason="Sự cố", at_once=True)
    pauses.end(own, by=overseer(world.province))
    pauses.end(pause, by=overseer(world.top))
    assert ids(Pause.objects.active(timezone.now())) == set()


def test_a_province_does_not_end_what_the_ministry_ordered_there(world):
    province, top = overseer(world.province), overseer(world.top)
    ordered = [pauses.make(unit, by=top, reason="Sự cố", at_once=True) for unit in (world.province, world.commune)]

    assert ids(Pause.objects.answered_by(province)) == set()
    assert ids(Pause.objects.answered_by(top)) == {pause.pk for pause in ordered}
    for pause in ordered:
        with pytest.raises(NotAllowed):
            pauses.end(pause, by=province)


def kinds(*people):
    return [[n.kind for n in p.notices.order_by("pk")] for p in people]


def test_the_leaders_whom_it_concerns_are_told_of_start_and_end(world):
    chief, officer = factories.person(Role.APPROVER, world.commune), factories.person(Role.OFFICER, world.commune)
    mine, next_door, top = overseer(world.province), overseer(world.elsewhere), overseer(world.top)

    pause = pauses.make(world.commune, by=mine, reason="Sự cố", at_once=True)
    pauses.end(pause, by=mine)
    both = ["pause_started", "pause_ended"]
    assert kinds(chief, officer, mine, next_door, top) == [both, both, [], [], []]

    Notice.objects.all().delete()
    pauses.end(pauses.make(world.top, by=top, reason="Sự cố", at_once=True), by=top)
    assert kinds(chief, officer, mine, next_door, top) == [[], [], both, both, []]


def test_a_pause_of_the_country_costs_as_much_for_one_commune_as_for_many(world):
    top = overseer(world.top)
    overseer(world.province)
    factories.person(Role.OFFICER, world.commune)

    def cost():
        with CaptureQueriesContext(connection) as asked:
            pause = pauses.make(world.top, by=top, reason="Sự cố", at_once=True)
            pauses.end(pause, by=top)
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
    kept, expired = (world.delivery(state=State.EXPIRED, error_code=code) for code in ("paused", "expired"))

    assert pauses.leave_many([kept, expired], by=officer) == 1
    assert pauses.leave_many([kept], by=officer) == 0

    assert [fresh(row).error_code for row in (kept, expired)] == ["left", "expired"]
    assert [e.action for e in Entry.objects.filter(object_id=str(kept.public_id))] == ["delivery.left"]
    assert ids(in_trouble(Delivery.objects.all(), now=now)) == {expired.pk}
    with pytest.raises(NotAllowed):
        pauses.leave(expired, by=factories.person(Role.OFFICER, world.sibling))


def test_what_a_pause_holds_is_no_trouble_until_it_waits_for_a_decision(world, now):
    delivery = world.delivery(due_at=now - HOUR)
    overdue = factories.delivery(due_at=now - HOUR)
    pause = factories.pause(world.province, since=2 * HOUR)
    assert ids(in_trouble(Delivery.objects.all(), now=timezone.now())) == {overdue.pk}

    Pause.objects.filter(pk=pause.pk).update(ended_at=timezone.now())
    settling.expire()
    assert ids(in_trouble(Delivery.objects.all(), now=timezone.now())) == {overdue.pk, delivery.pk}


# --- In words ---------------------------------------------------------------------------------------------------------


def say(user, delivery, now):
    return wording.told(fresh(delivery), queries.pauses_for(user, now=now))


def test_a_delivery_says_why_it_will_not_go_out(world, now):
    officer = factories.person(Role.OFFICER, world.commune)
    coming, past = world.delivery(due_at=now + 3 * HOUR), world.delivery(due_at=now - HOUR)
    assert say(officer, coming, now).label == "Scheduled"

    pause = factories.pause(world.province, since=2 * HOUR, reason="Xác minh sự cố")
    told = say(officer, coming, now)
    assert (told.label, told.tone) == ("Paused", "yellow")
    assert told.sentence.startswith("Paused: Xác minh sự cố. It is due at ")
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
        assert said is (delivery.pk in ids(Delivery.objects.held(at)))
        pause.delete()


# --- Pages ------------------------------------------------------------------------------------------------------------


def sign_in(client, role, unit):
    user = factories.person(role, unit, language="en")
    client.force_login(user)
    return user


def html(response):
    return " ".join(response.content.decode().split())


def filled(**fields):
    return {
        "channel": "",
        "topic": "",
        "reason": "Xác minh sự cố",
        "when": "now",
        "starts_at": "",
        "ends_at": "",
        **fields,
    }


def at(moment):
    return timezone.localtime(moment).strftime("%Y-%m-%dT%H:%M")


def test_a_chief_pauses_the_unit_in_one_form_and_is_told_what_it_does(client, world):
    sign_in(client, Role.APPROVER, world.commune)
    world.delivery(due_at=timezone.now() + HOUR)
    page = html(client.get(reverse("publishing:pause_new")))
    assert f"From now on nothing goes out: {world.commune}. It touches 1 unit. 1 scheduled publication" in page

    response = client.post(reverse("publishing:pause_new"), filled(), follow=True)

    pause = Pause.objects.get()
    assert response.redirect_chain == [(reverse("publishing:pause", args=[pause.public_id]), 302)]
    assert f"Publishing is paused: {world.commune}." in html(response)
    assert (pause.unit, pause.lasts(timezone.now()), pause.ended_at) == (world.commune, True, None)


def test_the_form_plans_prepares_and_narrows(client, world, now):
    sign_in(client, Role.APPROVER, world.commune)
    narrow = {"channel": str(world.channel.public_id), "topic": world.topic.code, "urgent_passes": "on"}
    start = (now + 3 * HOUR).replace(second=0, microsecond=0)
    planned = filled(when="planned", starts_at=at(start), ends_at=at(start + HOUR), **narrow)
    client.post(reverse("publishing:pause_new"), planned)
    client.post(reverse("publishing:pause_new"), filled(when="prepared", starts_at="nonsense"))

    first, second = Pause.objects.order_by("pk")
    assert (first.started_at, first.ended_at) == (start, start + HOUR)
    assert (first.channel, first.topic, first.urgent_passes) == (world.channel, world.topic, True)
    assert (second.stage(timezone.now()), second.channel, second.topic) == (PauseStage.PREPARED, None, None)


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"reason": " "}, "Please write why publishing is paused."),
        ({"when": "planned"}, "Please enter when the pause begins."),
        ({"when": "planned", "starts_at": "2020-01-01T07:00"}, "The start must be later than now."),
        ({"ends_at": "2020-01-01T07:00"}, "The end must be later than now."),
    ],
)
def test_the_form_keeps_what_was_typed_and_says_what_is_wrong(client, world, fields, error):
    sign_in(client, Role.APPROVER, world.commune)
    response = client.post(reverse("publishing:pause_new"), filled(**{"reason": "Lý do dài", **fields}))
    assert (response.status_code, Pause.objects.count()) == (422, 0)
    assert error in html(response)
    assert fields.get("reason", "Lý do dài").strip() in html(response)


def test_while_the_form_is_filled_in_it_counts_what_it_would_touch(client, world):
    sign_in(client, Role.OVERSEER, world.province)
    world.delivery(due_at=timezone.now() + HOUR)
    world.delivery(due_at=timezone.now() + HOUR, urgent=True)
    world.delivery(due_at=timezone.now() + 25 * HOUR)

    def effect(unit, **fields):
        asked = {"unit": unit.key, **filled(**fields)}
        return html(client.get(reverse("publishing:pause_new"), asked, headers={"HX-Request": "true"}))

    assert "It touches 3 units. 2 scheduled publications" in effect(world.province)
    assert "It touches 1 unit. 1 scheduled publication " in effect(world.commune, urgent_passes="on")
    assert "It touches 1 unit. 0 scheduled publications" in effect(world.sibling)
    assert "It touches 3 units. 0 scheduled publications" in effect(world.province, topic=world.other_topic.code)


def test_an_overseer_chooses_a_unit_below_by_its_name_and_no_other(client, world):
    sign_in(client, Role.OVERSEER, world.province)
    address = reverse("publishing:pause_new")
    chosen = client.get(address, {"unit": world.commune.name})
    assert chosen.context["unit"] == world.commune
    assert f"?unit={world.commune.key}" in html(chosen)
    foreign = client.post(f"{address}?unit={world.elsewhere.key}", filled())
    assert (foreign.status_code, Pause.objects.count()) == (404, 0)


def test_ending_says_how_much_fell_due_and_leads_to_it(client, world, now):
    leader = sign_in(client, Role.APPROVER, world.commune)
    delivery = world.delivery(due_at=now - MINUTE)
    world.delivery(due_at=now + HOUR)
    pause = factories.pause(world.commune, since=HOUR)
    assert "1 publication fell due meanwhile." in html(
        client.get(reverse("publishing:pause_end", args=[pause.public_id]))
    )

    response = client.post(reverse("publishing:pause_end", args=[pause.public_id]), follow=True)
    assert "The pause has ended. 1 publication fell due meanwhile." in html(response)
    assert f"{reverse('publishing:held')}?pause={pause.public_id}" in html(response)

    settling.expire()
    held = client.get(reverse("publishing:held"))
    assert [row.pk for row in held.context["page_obj"]] == [delivery.pk]
    client.post(reverse("publishing:leave"), {"deliveries": [delivery.public_id]})
    assert fresh(delivery).error_code == "left"
    assert list(client.get(reverse("publishing:held")).context["page_obj"]) == []
    of_pause = client.get(reverse("publishing:held"), {"pause": pause.public_id})
    assert [row.told.label for row in of_pause.context["page_obj"]] == ["Left unpublished"]
    assert leader.pk == fresh(pause).ended_by_id


def test_the_prepared_one_is_started_planned_or_called_off_from_its_page(client, world, now):
    sign_in(client, Role.APPROVER, world.commune)
    first, second, third = (factories.pause(world.commune, since=None) for _ in range(3))
    start = (now + HOUR).replace(second=0, microsecond=0)

    client.post(reverse("publishing:pause_start", args=[first.public_id]), {"ends_at": ""})
    client.post(reverse("publishing:pause_change", args=[second.public_id]), {"starts_at": at(start), "ends_at": ""})
    client.post(reverse("publishing:pause_discard", args=[third.public_id]))

    stages = [Pause.objects.get(pk=p.pk).stage(timezone.now()) for p in (first, second, third)]
    assert stages == [PauseStage.ACTIVE, PauseStage.PLANNED, PauseStage.DISCARDED]
    page = client.get(reverse("publishing:pauses"))
    assert [p.pk for p in page.context["page_obj"]] == [first.pk, second.pk, third.pk]


def test_the_list_costs_the_same_for_one_pause_and_for_three(client, world):
    sign_in(client, Role.OVERSEER, world.province)
    client.get(reverse("publishing:pauses"))
    costs = []
    for n in (1, 2):
        for _ in range(n):
            factories.pause(world.commune, channel=world.channel, topic=world.topic)
        with CaptureQueriesContext(connection) as asked:
            client.get(reverse("publishing:pauses"))
        costs.append(len(asked))
    assert costs[0] == costs[1]


TOUCHED = {
    # Who sees the banner of a pause of the commune, and of the province's.
    "an officer there": (Role.OFFICER, "commune", True, True),
    "the administrator of the province": (Role.ADMINISTRATOR, "province", True, True),
    "an officer of the province": (Role.OFFICER, "province", False, True),
    "the next commune": (Role.OFFICER, "sibling", False, True),
    "another province": (Role.OVERSEER, "elsewhere", False, False),
    "the ministry": (Role.OVERSEER, "top", True, True),
}


@pytest.mark.parametrize("case", TOUCHED)
def test_everybody_whom_a_pause_touches_reads_of_it_on_every_page(client, world, case):
    role, place, *expected = TOUCHED[case]
    sign_in(client, role, getattr(world, place))
    ordered_by = factories.UserFactory(full_name="Trần Thị Bình")
    for unit, touched in zip((world.commune, world.province), expected, strict=True):
        pause = factories.pause(unit, reason="Xác minh sự cố", started_by=ordered_by)
        for address in (reverse("oversight:today"), reverse("accounts:me")):
            page = html(client.get(address))
            assert ("Publishing is paused:" in page) is touched
            assert ("Reason: Xác minh sự cố" in page) is touched
            assert (f"Ask Trần Thị Bình, {unit}." in page) is touched
        pause.delete()


def test_the_banner_costs_one_query_with_pauses_and_without_and_stays_short(client, world):
    sign_in(client, Role.OVERSEER, world.province)
    address = reverse("accounts:me")

    def cost():
        with CaptureQueriesContext(connection) as asked:
            client.get(address)
        return [q["sql"] for q in asked if "publishing_pause" in q["sql"]]

    client.get(address)
    assert len(cost()) == 1
    for _ in range(4):
        factories.pause(world.commune, channel=world.channel, topic=world.topic)
    assert len(cost()) == 1
    page = html(client.get(address))
    assert (page.count('class="pause-line"'), "2 more pauses" in page) == (2, True)


def test_no_page_speaks_of_pauses_that_are_prepared_or_over(client, world, now):
    sign_in(client, Role.OFFICER, world.commune)
    factories.pause(world.commune, since=None)
    factories.pause(world.commune, since=2 * HOUR, ended_at=now - HOUR)
    factories.pause(world.commune, started_at=now + 48 * HOUR)
    assert "pause-banner" not in html(client.get(reverse("oversight:today")))
    factories.pause(world.commune, started_at=now + 3 * HOUR)
    assert "A pause of publishing is planned:" in html(client.get(reverse("oversight:today")))


def test_the_pages_of_a_touched_post_say_paused(client, world, now):
    sign_in(client, Role.APPROVER, world.commune)
    delivery = world.delivery(due_at=now + HOUR)
    submitted = factories.submitted(
        unit=world.commune, channels=[world.channel], topic=world.topic, wanted_at=now + HOUR
    )
    free = factories.approved(unit=world.commune, channels=[world.channel], topic=world.topic)
    factories.pause(world.province, reason="Xác minh sự cố", topic=world.topic)

    page = html(client.get(reverse("publishing:post", args=[delivery.post.public_id])))
    assert page.count("Paused: Xác minh sự cố.") == 2  # the post's own line, and the channel's
    assert "Will be published" not in page
    day = timezone.localdate(delivery.due_at).isoformat()
    calendar = client.get(reverse("publishing:calendar"), {"date": day, "view": "week"})
    (group,) = calendar.context["days"]
    assert [slot["state"] for slot in group["slots"]] == ["Paused"]
    assert "Paused: Xác minh sự cố." in html(client.get(reverse("publishing:review", args=[submitted.public_id])))

    form = {"due_at": at(now + 2 * HOUR), "channels": [world.channel.public_id]}
    schedule = reverse("publishing:schedule", args=[free.public_id])
    assert "Paused: Xác minh sự cố." in html(client.get(schedule, form, headers={"HX-Request": "true"}))
    response = client.post(schedule, form, follow=True)
    assert free.deliveries.count() == 1
    assert next(str(m) for m in response.context["messages"]).startswith("Paused: Xác minh sự cố.")


def test_what_fell_due_waits_on_today_and_is_left_from_the_post(client, world, now):
    sign_in(client, Role.OFFICER, world.commune)
    delivery = world.delivery(due_at=now - MINUTE, state=State.EXPIRED, error_code="paused")
    today = client.get(reverse("oversight:today"))
    assert [(d.pk, d.told.label) for d in today.context["troubles"].rows] == [(delivery.pk, "Please decide")]

    page = html(client.get(reverse("publishing:post", args=[delivery.post.public_id])))
    assert "It fell due during a pause" in page
    assert "Leave it unpublished" in page
    left = {"deliveries": [delivery.public_id], "post": delivery.post.public_id}
    response = client.post(reverse("publishing:leave"), left, follow=True)
    assert "was left unpublished" in html(response)
    assert not client.get(reverse("oversight:today")).context["troubles"]


def test_nobody_leaves_what_is_not_theirs_to_schedule(client, world):
    delivery = world.delivery(state=State.EXPIRED, error_code="paused")
    for role, unit in ((Role.OVERSEER, world.province), (Role.OFFICER, world.sibling)):
        sign_in(client, role, unit)
        client.post(reverse("publishing:leave"), {"deliveries": [delivery.public_id]})
    both = sign_in(client, Role.OVERSEER, world.province)  # who sees it, and schedules elsewhere
    both.appointments.create(unit=world.sibling, role=Role.OFFICER)
    assert client.post(reverse("publishing:leave"), {"deliveries": [delivery.public_id]}).status_code == 403
    assert fresh(delivery).error_code == "paused"
