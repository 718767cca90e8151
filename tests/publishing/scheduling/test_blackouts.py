"""Nothing is scheduled for a blackout, and what was scheduled before waits as under a pause."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from accounts.models import Notice
from accounts.permissions import Role
from core.errors import Refused
from publishing.models import Delivery, Pause
from publishing.pauses import pausing
from publishing.review import approval_and_time
from publishing.scheduling import scheduling
from tests import factories
from tests.publishing.pauses.conftest import (
    HOUR,
    SCOPES,
    World,
    at,
    filled,
    fresh,
    html,
    ids,
    overseer,
    sign_in,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def now():
    return timezone.now().replace(second=0, microsecond=0)


@pytest.fixture
def world(db):
    return World()


@pytest.fixture
def officer(world):
    return factories.person(Role.OFFICER, world.commune, language="en")


def blackout(unit, now, **fields):
    """Make a blackout of the hours from now + 2 to now + 4."""
    values = {"started_at": now + 2 * HOUR, "ended_at": now + 4 * HOUR, "is_blackout": True}
    return factories.pause(unit, **{**values, **fields})


def post_of(world, **fields):
    return factories.approved(
        unit=world.commune, channels=[world.channel], topic=world.topic, **fields
    )


# --- what the services refuse ---------------------------------------------------------------------


@pytest.mark.parametrize("case", SCOPES)
def test_nothing_is_scheduled_for_a_blackout_in_its_scope(world, now, officer, case):
    scope, covers = SCOPES[case]
    where = scope(world)
    blackout(where.pop("unit"), now, **where)
    times = {world.channel: now + 3 * HOUR}

    if not covers:
        assert len(scheduling.schedule(post_of(world), by=officer, times=times)) == 1
        return
    with pytest.raises(Refused, match=r"Nothing can be scheduled on .+ until .+ Xác minh sự cố"):
        scheduling.schedule(post_of(world), by=officer, times=times)
    assert Delivery.objects.count() == 0


@pytest.mark.parametrize(("hours", "refused"), [(1.9, False), (2, True), (3.9, True), (4, False)])
def test_a_blackout_holds_from_its_first_moment_and_not_at_its_end(
    world, now, officer, hours, refused
):
    blackout(world.commune, now)
    row = world.delivery(due_at=now + HOUR)

    if refused:
        with pytest.raises(Refused):
            scheduling.reschedule(row, by=officer, due_at=now + hours * HOUR)
    else:
        scheduling.reschedule(row, by=officer, due_at=now + hours * HOUR)
    assert fresh(row).due_at == (now + HOUR if refused else now + hours * HOUR)


@pytest.mark.parametrize("passes", [True, False])
def test_an_urgent_post_passes_where_the_blackout_lets_it(world, now, officer, passes):
    blackout(world.commune, now, urgent_passes=passes)
    post, times = post_of(world, urgent=True), {world.channel: now + 3 * HOUR}

    if passes:
        assert len(scheduling.schedule(post, by=officer, times=times)) == 1
    else:
        with pytest.raises(Refused):
            scheduling.schedule(post, by=officer, times=times)


def test_a_plain_pause_and_a_blackout_called_off_refuse_nothing(world, now, officer):
    factories.pause(world.commune, started_at=now + 2 * HOUR, ended_at=now + 4 * HOUR)
    chief = factories.person(Role.APPROVER, world.commune)
    pausing.discard(blackout(world.commune, now, authority=world.commune), by=chief)

    scheduling.schedule(post_of(world), by=officer, times={world.channel: now + 3 * HOUR})

    assert Delivery.objects.count() == 1


def test_nothing_is_published_at_once_during_a_blackout_and_the_approval_is_not_given(world, now):
    blackout(world.commune, now, started_at=now - HOUR)
    post = factories.submitted(unit=world.commune, channels=[world.channel])
    chief = factories.person(Role.APPROVER, world.commune)

    with pytest.raises(Refused, match="Nothing can be scheduled"), transaction.atomic():
        approval_and_time.approve_and_schedule(
            post, post.current_revision, by=chief, proof=factories.proof(), publish_immediately=True
        )
    post.refresh_from_db()
    assert (post.state, Delivery.objects.count()) == ("in_review", 0)


# --- what the engine does -------------------------------------------------------------------------


def test_what_was_scheduled_before_waits_during_a_blackout_and_for_a_decision_after_it(world, now):
    row = world.delivery(due_at=now - timedelta(minutes=5))
    late = blackout(world.province, now, started_at=now - HOUR, ended_at=now + HOUR)

    assert ids(Delivery.objects.sendable(now)) == set()
    Pause.objects.filter(pk=late.pk).update(ended_at=now - timedelta(minutes=1))
    assert ids(Delivery.objects.sendable(now)) == set()
    assert ids(Delivery.objects.missed(now)) == {row.pk}


# --- a blackout has an end ------------------------------------------------------------------------


def test_a_blackout_without_an_end_is_refused_by_services_and_database(world, now):
    by = overseer(world.province)
    what = {"by": by, "reason": "Quốc tang", "is_blackout": True}

    for times in ({"at_once": True}, {"starts_at": now + HOUR}):
        with pytest.raises(Refused, match="until when"):
            pausing.create(world.province, **what, **times)
    made = pausing.create(world.province, **what, starts_at=now + HOUR, ends_at=now + 2 * HOUR)
    with pytest.raises(Refused, match="until when"):
        pausing.plan(made, by=by, starts_at=now + HOUR)
    pausing.start(made, by=by)
    assert made.ended_at == now + 2 * HOUR
    with pytest.raises(Refused, match="until when"):
        pausing.set_end(made, by=by, ends_at=None)
    with pytest.raises(IntegrityError), transaction.atomic():
        Pause.objects.filter(pk=made.pk).update(ended_at=None)


def test_leaders_are_told_that_nothing_can_be_scheduled(world, now):
    leader = factories.person(Role.OVERSEER, world.province)
    by = overseer(world.province)

    pausing.create(
        world.province,
        by=by,
        reason="Quốc tang",
        is_blackout=True,
        starts_at=now + HOUR,
        ends_at=now + 2 * HOUR,
    )

    assert Notice.objects.get(user=leader).kind == "blackout_planned"


# --- pages ----------------------------------------------------------------------------------------


def test_the_calendars_link_opens_the_form_of_a_blackout_and_one_form_sets_it(client, world, now):
    sign_in(client, Role.APPROVER, world.commune)
    address = reverse("publishing:pause_new")
    form = client.get(address, {"blackout": "1"}).context["form"]
    assert (form["is_blackout"].value(), form["when"].value()) == (True, "planned")

    sent = filled(when="planned", is_blackout="on", starts_at=at(now + HOUR))
    endless = client.post(address, sent)
    assert (endless.status_code, list(endless.context["form"].errors)) == (422, ["ends_at"])
    client.post(address, {**sent, "ends_at": at(now + 2 * HOUR)})

    made = Pause.objects.get()
    assert (made.is_blackout, made.started_at, made.ended_at) == (True, now + HOUR, now + 2 * HOUR)
    shown = html(client.get(reverse("publishing:pause", args=[made.public_id])))
    assert "Nothing can be scheduled for this time." in shown


@pytest.mark.parametrize("page", ["schedule", "move"])
def test_the_form_says_beside_the_field_until_when(client, world, now, officer, page):
    client.force_login(officer)
    blackout(world.commune, now)
    if page == "schedule":
        address = reverse("publishing:schedule", args=[post_of(world).public_id])
    else:
        row = world.delivery(due_at=now + 6 * HOUR)
        address = reverse("publishing:move", args=[row.public_id])
    data = {"due_at": at(now + 3 * HOUR), "channels": [world.channel.public_id]}

    answer = client.post(address, data)

    (error,) = answer.context["form"].errors["due_at"]
    assert answer.status_code == 422
    assert f"until {timezone.localtime(now + 4 * HOUR):%H:%M}" in error


def test_the_schedule_says_it_while_the_form_is_filled_in(client, world, now, officer):
    client.force_login(officer)
    blackout(world.commune, now)
    data = {"due_at": at(now + 3 * HOUR), "channels": [world.channel.public_id]}

    address = reverse("publishing:schedule", args=[post_of(world).public_id])
    answer = client.get(address, data, headers={"HX-Request": "true"})

    assert "Nothing can be scheduled on" in answer.context["warning"]
    assert "will-not" in html(answer)
