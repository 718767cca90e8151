"""The signs that something is late or stuck."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.permissions import Role
from channels.connection.health import mark_lost, mark_reconnected
from channels.states import Health
from core.clock import database_now
from operations import measure, presenters
from operations.measure import does_broker_answer, take_measurement
from platforms.facts import Version
from platforms.meta.facebook.connector import Facebook
from publishing.freeze import freezing
from publishing.models import Heartbeat, RateLimit, Recall
from publishing.pauses import pausing
from publishing.states import State
from tests import factories
from tests.operations.conftest import ago, from_now, late, seen

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_installation_in_order_shows_no_sign():
    factories.delivery(due_at=timezone.now() + timedelta(hours=1))
    factories.delivery(due_at=ago(seconds=20))
    assert seen() == []


def test_a_post_that_could_go_out_and_does_not_is_late():
    late()
    late()
    assert seen() == [("late", "facebook", 2)]


def test_a_claimed_post_that_nobody_sends_is_late_before_its_lease_runs_out():
    late(state=State.CLAIMED, lease_until=timezone.now() + timedelta(seconds=30))
    assert seen() == [("late", "facebook", 1)]


@pytest.mark.parametrize("why", ["paused", "channel lost", "withdrawn", "too late"])
def test_a_post_that_may_not_go_out_is_not_late(why):
    delivery = late()
    match why:
        case "paused":
            leader = factories.person(Role.APPROVER, delivery.unit)
            pausing.start(
                pausing.create_prepared(delivery.unit, by=leader, reason="Có đoàn kiểm tra"),
                by=leader,
            )
        case "channel lost":
            delivery.channel.health = Health.LOST
            delivery.channel.save()
        case "withdrawn":
            delivery.post.state, delivery.post.approved_revision = "withdrawn", None
            delivery.post.save()
        case "too late":
            type(delivery).objects.update(
                due_at=ago(hours=3), fire_at=ago(hours=3), not_after=ago(hours=1)
            )
    assert seen() == []


def test_a_frozen_post_is_not_late_but_the_freeze_is_a_sign():
    late()
    freezing.freeze(by=None, reason="Diễn tập")
    assert seen() == [("frozen", "stopped", 0)]


def test_a_platform_that_makes_posts_wait_is_distinguished_from_a_publisher_that_does_nothing():
    factories.delivery(
        due_at=ago(minutes=11), fire_at=timezone.now() + timedelta(minutes=1), attempt=3
    )
    assert seen() == [("delayed", "facebook", 1)]


@pytest.mark.parametrize(
    ("fields", "sign"),
    [
        ({"state": State.COMMITTING, "lease_until": -timedelta(minutes=3)}, "stuck"),
        ({"state": State.VERIFYING, "committing_at": -timedelta(minutes=16)}, "verifying"),
        ({"state": State.NEEDS_PERSON, "committing_at": -timedelta(hours=25)}, "needs_person"),
        ({"state": State.MANUAL, "manual_deadline": -timedelta(minutes=1)}, "overdue"),
        ({"state": State.NEEDS_PERSON, "manual_deadline": -timedelta(minutes=1)}, "overdue"),
    ],
    ids=["stuck", "verifying", "needs a person", "by hand", "taken down by hand"],
)
def test_a_state_that_lasts_too_long_is_a_sign(fields, sign):
    late(**from_now(fields))
    assert seen() == [(sign, "facebook", 1)]


@pytest.mark.parametrize(
    "fields",
    [
        {"state": State.COMMITTING, "lease_until": -timedelta(minutes=1)},
        {"state": State.VERIFYING, "committing_at": -timedelta(minutes=14)},
        {"state": State.NEEDS_PERSON, "committing_at": -timedelta(hours=23)},
        {"state": State.MANUAL, "manual_deadline": timedelta(hours=1)},
    ],
    ids=["in hand", "verifying", "needs a person", "by hand"],
)
def test_a_state_that_is_young_is_none(fields):
    late(**from_now(fields))
    assert seen() == []


@pytest.mark.parametrize("health", [Health.CONNECTED, Health.LOST])
def test_a_recall_that_does_not_come_to_an_end_is_a_sign_even_where_the_connection_is_lost(health):
    post = factories.approved()
    channel = post.targets.first().channel
    channel.health = health
    channel.save()
    by = factories.person(Role.APPROVER, post.unit)
    recall = Recall.objects.create(
        unit=post.unit,
        post=post,
        by=by,
        position="Trưởng",
        reason="Sai",
        started_at=ago(minutes=6),
    )
    factories.delivery(
        post, state=State.RECALLING, due_at=ago(hours=1), remote_id="1", recall=recall
    )
    assert seen() == [("recalling", "facebook", 1)]


@pytest.mark.parametrize(
    ("queue", "age", "signs"),
    [
        ("publish.zalo", 31, [("silent", "publish.zalo", 0)]),
        ("reconcile", 29, []),
        ("counts", 120, []),
        ("counts", 301, [("silent", "counts", 0)]),
    ],
)
def test_a_queue_that_nobody_answers_is_a_sign(queue, age, signs):
    Heartbeat.objects.filter(queue=queue).update(last_seen_at=ago(seconds=age))
    assert seen() == signs


def test_a_queue_that_never_answered_is_a_sign():
    Heartbeat.objects.filter(queue="recall").delete()
    assert seen() == [("silent", "recall", 0)]


def test_an_open_breaker_is_a_sign_until_calls_go_through_again():
    barrier = RateLimit.objects.create(
        platform="zalo", key="", opens_at=timezone.now() + timedelta(seconds=30), failures=2
    )
    RateLimit.objects.create(
        platform="facebook", key="an application", opens_at=timezone.now() + timedelta(seconds=30)
    )
    assert seen() == [("breaker", "zalo", 0)]
    barrier.failures = 0
    barrier.save()
    assert seen() == []


def test_many_connections_lost_within_hours_are_a_wave():
    unit = factories.UnitFactory()
    channels = [factories.ChannelFactory(unit=unit) for _ in range(12)]
    for channel in channels[:9]:
        mark_lost(channel)
    assert seen() == []
    mark_lost(channels[9])
    assert seen() == [("wave", "facebook", 10)]
    mark_reconnected(channels[9])
    assert seen() == []


def test_connections_that_were_lost_one_by_one_are_no_wave():
    for _ in range(12):
        factories.ChannelFactory(health=Health.LOST)
    assert seen() == []


@pytest.mark.parametrize(("days", "ends"), [(91, False), (90, True), (0, True), (-1, True)])
def test_a_version_that_ends_within_ninety_days_is_a_sign_that_calls_nothing_unready(
    monkeypatch, days, ends
):
    day = timezone.localdate(database_now()) + timedelta(days=days)
    monkeypatch.setattr(
        Facebook, "api_version", classmethod(lambda cls, app: Version("v26.0", day))
    )

    facts = take_measurement()

    assert [(s.kind, s.key) for s in facts.signs] == [("version", "facebook")] * ends
    assert all(sign.by_people for sign in facts.signs)


def test_clocks_that_differ_are_a_sign(monkeypatch):
    monkeypatch.setattr(measure.timezone, "now", lambda: database_now() + timedelta(seconds=40))
    assert [s.kind for s in take_measurement().signs] == ["clocks"]


def test_a_disk_that_is_nearly_full_is_a_sign(monkeypatch):
    monkeypatch.setattr(measure, "_measure_disk", lambda: (10**9, 10**12))
    assert seen() == [("disk", "", 0)]


def test_a_broker_that_does_not_answer_is_a_sign(monkeypatch):
    monkeypatch.setattr(measure.current_app, "connection_for_write", _refused)
    assert [s.kind for s in take_measurement(ask_broker=True).signs] == ["broker"]


def _refused():
    raise ConnectionRefusedError


def test_a_broker_that_answers_is_none():
    assert does_broker_answer() is True


def test_each_sign_has_its_words():
    for kind in presenters.KINDS:
        for key in ("facebook", "publish.zalo", "restored", ""):
            words = [
                presenters.describe_title(kind, key),
                presenters.describe_meaning(kind, key),
                *presenters.describe_remedy(kind, key),
            ]
            assert all(words)
            assert not any("%(" in word for word in words)


def test_looking_costs_the_same_however_much_there_is():
    late()
    costs = []
    for _ in range(2):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            take_measurement()
        costs.append(len(queries))
        late(state=State.VERIFYING)
        late(state=State.NEEDS_PERSON)
        RateLimit.objects.get_or_create(
            platform="zalo", key="", defaults={"opens_at": timezone.now(), "failures": 1}
        )
    assert costs[0] == costs[1] <= 11
