"""What is late or stuck is seen, told once when it begins and once when it is over, and shown to those who can act."""

import json
import threading
from datetime import timedelta

import pytest
from django.core import mail
from django.core.management import call_command
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Notice
from accounts.permissions import Role
from channels.services import mark_back, mark_lost
from channels.states import Health
from core.clock import database_now
from publishing import alarms, freezing, pauses, tasks, watch
from publishing.models import Alarm, Gate, Pulse, Recall
from publishing.states import State
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def quiet(settings):
    """An installation in order: every bell was just heard, and somebody is named for alarms."""
    settings.ALARM_EMAILS = ["truc@example.vn"]
    factories.ministry()
    freezing.check()
    watch._pulses.clear()
    for queue in settings.CELERY_TASK_QUEUES:
        watch.pulse(queue)


def ago(**by):
    return timezone.now() - timedelta(**by)


def seen():
    return [(s.kind, s.key, s.n) for s in watch.look().signs]


def from_now(fields):
    """Lengths of time as moments: a parameter is older than its test by all that ran in between."""
    return {name: timezone.now() + value if isinstance(value, timedelta) else value for name, value in fields.items()}


def late(**fields):
    return factories.delivery(due_at=ago(minutes=2), **fields)


# --- the signs --------------------------------------------------------------------------------------------------------


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
            pauses.start(pauses.prepare(delivery.unit, by=leader, reason="Có đoàn kiểm tra"), by=leader)
        case "channel lost":
            delivery.channel.health = Health.LOST
            delivery.channel.save()
        case "withdrawn":
            delivery.post.state, delivery.post.approved_revision = "withdrawn", None
            delivery.post.save()
        case "too late":
            type(delivery).objects.update(due_at=ago(hours=3), fire_at=ago(hours=3), not_after=ago(hours=1))
    assert seen() == []


def test_a_frozen_post_is_not_late_but_the_freeze_is_a_sign():
    late()
    freezing.freeze(by=None, reason="Diễn tập")
    assert seen() == [("frozen", "stopped", 0)]


def test_a_platform_that_makes_posts_wait_is_told_from_a_publisher_that_does_nothing():
    factories.delivery(due_at=ago(minutes=11), fire_at=timezone.now() + timedelta(minutes=1), attempt=3)
    assert seen() == [("delayed", "facebook", 1)]


@pytest.mark.parametrize(
    ("fields", "sign"),
    [
        ({"state": State.COMMITTING, "lease_until": -timedelta(minutes=3)}, "stuck"),
        ({"state": State.VERIFYING, "committing_at": -timedelta(minutes=16)}, "verifying"),
        ({"state": State.NEEDS_PERSON, "committing_at": -timedelta(hours=25)}, "needs_person"),
        ({"state": State.BY_HAND, "hand_until": -timedelta(minutes=1)}, "overdue"),
        ({"state": State.NEEDS_PERSON, "hand_until": -timedelta(minutes=1)}, "overdue"),
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
        {"state": State.BY_HAND, "hand_until": timedelta(hours=1)},
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
        unit=post.unit, post=post, by=by, post_held="Trưởng", reason="Sai", started_at=ago(minutes=6)
    )
    factories.delivery(post, state=State.RECALLING, due_at=ago(hours=1), remote_id="1", recall=recall)
    assert seen() == [("recalling", "facebook", 1)]


@pytest.mark.parametrize(
    ("queue", "age", "signs"),
    [
        ("publish.zalo", 31, [("silent", "publish.zalo", 0)]),
        ("settle", 29, []),
        ("counts", 120, []),
        ("counts", 301, [("silent", "counts", 0)]),
    ],
)
def test_a_queue_that_nobody_answers_is_a_sign(queue, age, signs):
    Pulse.objects.filter(queue=queue).update(rung_at=ago(seconds=age))
    assert seen() == signs


def test_a_queue_that_never_answered_is_a_sign():
    Pulse.objects.filter(queue="recall").delete()
    assert seen() == [("silent", "recall", 0)]


def test_an_open_breaker_is_a_sign_until_calls_go_through_again():
    gate = Gate.objects.create(platform="zalo", key="", opens_at=timezone.now() + timedelta(seconds=30), failures=2)
    Gate.objects.create(platform="facebook", key="an application", opens_at=timezone.now() + timedelta(seconds=30))
    assert seen() == [("breaker", "zalo", 0)]
    gate.failures = 0
    gate.save()
    assert seen() == []


def test_many_connections_lost_within_hours_are_a_wave():
    unit = factories.UnitFactory()
    channels = [factories.ChannelFactory(unit=unit) for _ in range(12)]
    for channel in channels[:9]:
        mark_lost(channel, reason="revoked")
    assert seen() == []
    mark_lost(channels[9], reason="revoked")
    assert seen() == [("wave", "facebook", 10)]
    mark_back(channels[9])
    assert seen() == []


def test_connections_that_were_lost_one_by_one_are_no_wave():
    for _ in range(12):
        factories.ChannelFactory(health=Health.LOST)
    assert seen() == []


def test_clocks_that_differ_are_a_sign(monkeypatch):
    monkeypatch.setattr(watch.timezone, "now", lambda: database_now() + timedelta(seconds=40))
    assert [s.kind for s in watch.look().signs] == ["clocks"]


def test_a_disk_that_is_nearly_full_is_a_sign(monkeypatch):
    monkeypatch.setattr(watch, "_disk", lambda: {"disk_free": 10**9, "disk_size": 10**12})
    assert seen() == [("disk", "", 0)]


def test_a_broker_that_does_not_answer_is_a_sign(monkeypatch):
    monkeypatch.setattr(watch.current_app, "connection_for_write", _refused)
    assert [s.kind for s in watch.look(ask_broker=True).signs] == ["broker"]


def _refused():
    raise ConnectionRefusedError


def test_a_broker_that_answers_is_none():
    assert watch.broker_answers() is True


def test_each_sign_has_its_words():
    for kind in alarms.KINDS:
        for key in ("facebook", "publish.zalo", "restored", ""):
            words = [alarms.title(kind, key), alarms.means(kind, key), *alarms.to_do(kind, key)]
            assert all(words)
            assert not any("%(" in each for each in words)


def test_looking_costs_the_same_however_much_there_is():
    late()
    costs = []
    for _ in range(2):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            watch.look()
        costs.append(len(queries))
        late(state=State.VERIFYING)
        late(state=State.NEEDS_PERSON)
        Gate.objects.get_or_create(platform="zalo", key="", defaults={"opens_at": timezone.now(), "failures": 1})
    assert costs[0] == costs[1] <= 10


# --- the bells --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("task", "kwargs", "queue"),
    [
        (tasks.publish_due, {"platform": "zalo"}, "publish.zalo"),
        (tasks.settle, {"platform": "zalo"}, "settle"),
        (tasks.take_down, {"platform": "zalo"}, "recall"),
        (tasks.ring, {"queue": "mail"}, "mail"),
    ],
)
def test_a_bell_that_is_heard_leaves_its_time(task, kwargs, queue):
    Pulse.objects.all().delete()
    watch._pulses.clear()
    task(**kwargs)
    assert list(Pulse.objects.values_list("queue", flat=True)) == [queue]


def test_bells_are_noted_every_few_seconds_at_most():
    with CaptureQueriesContext(connection) as queries:
        watch.pulse("settle")
    assert len(queries) == 0


def test_a_ring_for_a_queue_that_does_not_exist_leaves_nothing():
    tasks.ring(queue="of a forger")
    assert not Pulse.objects.filter(queue="of a forger").exists()


TASKS = {"settle": "settle", "take_down": "recall", "prepare_due": "upload"}


def test_every_queue_has_a_bell_that_leaves_its_time(settings):
    rung = {f"publishing.tasks.{task}": queue for task, queue in TASKS.items()}
    queues = set()
    for entry in settings.CELERY_BEAT_SCHEDULE.values():
        if entry["task"] in ("publishing.tasks.publish_due", "publishing.tasks.ring"):
            queues.add(entry["options"]["queue"])
        queues.add(rung.get(entry["task"]))
    assert queues - {None} == set(settings.CELERY_TASK_QUEUES)


# --- alarms -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def clock(monkeypatch):
    """Moves the time that the watch sees; the bells ring all the while."""

    class Moved:
        by = timedelta()

        def forward(self, **by):
            self.by += timedelta(**by)
            Pulse.objects.update(rung_at=timezone.now() + self.by)

    moved = Moved()
    real = database_now
    monkeypatch.setattr(watch, "database_now", lambda: real() + moved.by)
    monkeypatch.setattr(watch, "CLOCKS_APART", timedelta(days=30))
    return moved


@pytest.fixture
def stuck():
    return late(state=State.COMMITTING, lease_until=ago(minutes=3))


def subjects():
    return [letter.subject for letter in mail.outbox]


def test_an_alarm_is_told_once_when_it_begins_and_once_when_it_is_over(clock, stuck):
    boss = factories.person(Role.ADMINISTRATOR, factories.ministry())
    factories.person(Role.ADMINISTRATOR, factories.ProvinceFactory())
    watch.watch()
    assert subjects() == []  # it may be over by the next look
    for _ in range(3):
        clock.forward(seconds=30)
        watch.watch()
    (letter,) = mail.outbox
    assert letter.to == ["truc@example.vn"]
    assert "Facebook" in letter.subject
    assert "settle" in letter.body

    type(stuck).objects.update(state=State.VERIFYING, lease_until=None, verify_at=timezone.now())
    for _ in range(8):
        clock.forward(seconds=30)
        watch.watch()
    assert len(mail.outbox) == 2
    assert mail.outbox[1].subject != letter.subject
    (alarm,) = Alarm.objects.all()
    assert timedelta(minutes=3) < alarm.closed_at - alarm.opened_at < timedelta(minutes=6)
    assert list(Notice.objects.order_by("pk").values_list("user", "kind")) == [
        (boss.pk, "alarm_begun"),
        (boss.pk, "alarm_over"),
    ]


def test_what_is_over_before_the_second_look_is_never_told(clock, stuck):
    watch.watch()
    type(stuck).objects.update(state=State.VERIFYING, lease_until=None)
    for _ in range(10):
        clock.forward(seconds=30)
        watch.watch()
    assert (subjects(), Notice.objects.count()) == ([], 0)


def test_a_sign_that_flickers_is_one_alarm(clock, stuck):
    for state, lease in [(State.COMMITTING, ago(minutes=5)), (State.VERIFYING, None)] * 4:
        type(stuck).objects.update(state=state, lease_until=lease)
        watch.watch()
        clock.forward(seconds=40)
    assert Alarm.objects.count() == 1
    assert len(mail.outbox) == 1


def test_an_alarm_that_lasts_is_told_again_after_six_hours(clock, stuck):
    for hours in (0, 1, 4, 2, 0):
        clock.forward(hours=hours, seconds=30)
        watch.watch()
    assert len(mail.outbox) == 2
    assert Notice.objects.filter(kind="alarm_over").count() == 0


def test_what_officers_owe_is_told_once_a_day(clock):
    late(state=State.BY_HAND, hand_until=ago(minutes=1))
    for hours in (0, 1, 7, 9, 9):
        clock.forward(hours=hours, seconds=30)
        watch.watch()
    assert len(mail.outbox) == 2


def test_several_alarms_are_one_mail(clock, stuck):
    late(state=State.VERIFYING, committing_at=ago(minutes=20))
    for _ in range(2):
        watch.watch()
        clock.forward(seconds=30)
    (letter,) = mail.outbox
    assert Alarm.objects.count() == 2
    assert letter.body.count("#stuck") == letter.body.count("#verifying") == 1


def test_two_watches_at_once_mail_once(stuck):
    watch._keep(watch.look().signs, timezone.now())
    Alarm.objects.update(opened_at=ago(seconds=30), tell_at=ago(seconds=5))
    gate = threading.Barrier(4)

    def run():
        try:
            gate.wait()
            watch.watch()
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(mail.outbox) == 1
    assert Alarm.objects.count() == 1


def test_a_mail_that_fails_is_tried_again_and_is_itself_a_sign(clock, stuck, monkeypatch):
    boss = factories.person(Role.ADMINISTRATOR, factories.ministry())
    working = watch.send_mail
    monkeypatch.setattr(watch, "send_mail", _no_mail)
    for _ in range(5):
        watch.watch()
        clock.forward(seconds=30)
    assert [s.kind for s in watch.look().signs] == ["stuck", "mail"]
    assert Notice.objects.filter(user=boss, kind="alarm_begun").count() == 2  # of the post and of the mail, once each

    monkeypatch.setattr(watch, "send_mail", working)
    watch.watch()
    assert len(mail.outbox) == 1
    clock.forward(seconds=30)
    assert [s.kind for s in watch.look().signs] == ["stuck"]


def _no_mail(*args, **kwargs):
    raise OSError("no route to the mail server")


def test_no_mail_goes_out_inside_a_transaction(clock, stuck, monkeypatch):
    inside = []
    monkeypatch.setattr(watch, "send_mail", lambda *a, **k: inside.append(connection.in_atomic_block))
    for _ in range(2):
        watch.watch()
        clock.forward(seconds=30)
    assert inside == [False]


def test_nobody_named_for_mails_still_leaves_the_notice(clock, stuck, settings):
    settings.ALARM_EMAILS = []
    factories.person(Role.ADMINISTRATOR, factories.ministry())
    for _ in range(3):
        watch.watch()
        clock.forward(seconds=30)
    assert mail.outbox == []
    assert Notice.objects.count() == 1


# --- the command ------------------------------------------------------------------------------------------------------


def test_the_command_ends_with_one_when_something_is_late(stuck, capsys):
    with pytest.raises(SystemExit) as ended:
        call_command("watch")
    assert ended.value.code == 1
    assert capsys.readouterr().out.startswith("stuck facebook since ")


def test_the_command_ends_with_nothing_when_only_officers_are_late():
    late(state=State.BY_HAND, hand_until=ago(minutes=1))
    call_command("watch")
    assert Alarm.objects.count() == 1


def test_the_command_tells_once_that_the_database_is_gone_and_once_that_it_is_back(settings, tmp_path, monkeypatch):
    settings.VAR_DIR = tmp_path
    working = watch.watch
    monkeypatch.setattr(watch, "watch", _no_database)
    for _ in range(3):
        with pytest.raises(SystemExit):
            call_command("watch")
    assert len(mail.outbox) == 1
    monkeypatch.setattr(watch, "watch", working)
    for _ in range(2):
        call_command("watch")
    assert len(mail.outbox) == 2


def _no_database():
    raise OperationalError("connection refused")


# --- /readyz ----------------------------------------------------------------------------------------------------------


def test_readyz_is_open_and_says_nothing_when_all_is_well(client):
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"ready": True, "signs": []})
    assert "no-store" in answer["Cache-Control"]


def test_readyz_tells_kinds_and_ages_and_nothing_of_a_unit(client, stuck):
    answer = client.get("/readyz")
    assert answer.status_code == 503
    (sign,) = answer.json()["signs"]
    assert (sign["kind"], sign["of"]) == ("stuck", "facebook")
    assert 175 < sign["age"] < 200
    assert set(sign) == {"kind", "of", "age"}
    assert stuck.post.title not in json.dumps(answer.json(), ensure_ascii=False)


def test_readyz_stays_ready_when_only_officers_are_late(client):
    late(state=State.BY_HAND, hand_until=ago(minutes=1))
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["signs"][0]["kind"]) == (200, "overdue")


def test_readyz_says_that_the_database_is_gone(client, monkeypatch):
    monkeypatch.setattr(watch, "look", _no_database)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["signs"]) == (503, [{"kind": "database"}])


def test_readyz_costs_the_same_however_much_there_is(client):
    costs = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            client.get("/readyz")
        costs.append(len(queries))
        late()
        late(state=State.VERIFYING)
    assert costs[0] == costs[1] <= 10


# --- figures ----------------------------------------------------------------------------------------------------------


def test_figures_of_the_last_day_tell_how_late_it_was():
    now = timezone.now()
    for number, lateness in enumerate([0.2, 0.4, 0.6, 30, 90]):
        due = now - timedelta(hours=2)
        factories.delivery(
            state=State.PUBLISHED, due_at=due, remote_id=str(number), published_at=due + timedelta(seconds=lateness)
        )
    old = now - timedelta(hours=25)
    factories.delivery(state=State.PUBLISHED, due_at=old, remote_id="old", published_at=old)
    factories.delivery(state=State.PUBLISHED, due_at=ago(hours=3), remote_id="hand", published_at=now, hand_until=now)
    day = watch.last_day(now)
    assert {name: round(value, 2) for name, value in day.items()} == {
        "published": 5,
        "within_second": 60.0,
        "within_minute": 80.0,
        "p50": 0.6,
        "p99": 87.6,
    }
