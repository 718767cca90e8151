"""Alarms: opened, reported once, closed."""

import threading
from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection
from django.utils import timezone

from accounts.models import Notice
from accounts.permissions import Role
from core.clock import database_now
from engagement.models import MetricName
from operations import alarms, measure, notify, rules
from operations.measure import take_measurement
from operations.models import Alarm
from publishing.models import Heartbeat
from publishing.states import State
from tests import factories
from tests.operations.conftest import ago, late

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def clock(monkeypatch):
    """Move the time that the watch sees; the scheduled tasks run all the while."""

    class Moved:
        by = timedelta()

        def forward(self, **by):
            self.by += timedelta(**by)
            Heartbeat.objects.update(last_seen_at=timezone.now() + self.by)

    moved = Moved()
    real = database_now
    monkeypatch.setattr(measure, "database_now", lambda: real() + moved.by)
    monkeypatch.setattr(rules, "CLOCKS_APART", timedelta(days=30))
    return moved


def subjects():
    return [letter.subject for letter in mail.outbox]


def test_an_alarm_is_reported_once_when_it_begins_and_once_when_it_is_over(clock, stuck):
    boss = factories.person(Role.ADMINISTRATOR, factories.ministry())
    factories.person(Role.ADMINISTRATOR, factories.ProvinceFactory())
    alarms.update_alarms()
    assert subjects() == []  # it may be over by the next look
    for _ in range(3):
        clock.forward(seconds=30)
        alarms.update_alarms()
    (letter,) = mail.outbox
    assert letter.to == ["truc@example.vn"]
    assert "Facebook" in letter.subject
    assert "reconcile" in letter.body

    type(stuck).objects.update(
        **factories.in_state(State.VERIFYING, lease_until=None, verify_at=timezone.now())
    )
    for _ in range(8):
        clock.forward(seconds=30)
        alarms.update_alarms()
    assert len(mail.outbox) == 2
    assert mail.outbox[1].subject != letter.subject
    (alarm,) = Alarm.objects.all()
    assert timedelta(minutes=3) < alarm.closed_at - alarm.opened_at < timedelta(minutes=6)
    assert list(Notice.objects.order_by("pk").values_list("user", "kind")) == [
        (boss.pk, "alarm_begun"),
        (boss.pk, "alarm_over"),
    ]


def test_what_is_over_before_the_second_look_is_never_reported(clock, stuck):
    alarms.update_alarms()
    type(stuck).objects.update(**factories.in_state(State.VERIFYING, lease_until=None))
    for _ in range(10):
        clock.forward(seconds=30)
        alarms.update_alarms()
    assert (subjects(), Notice.objects.count()) == ([], 0)


def test_a_sign_that_flickers_is_one_alarm(clock, stuck):
    for state, lease in [(State.COMMITTING, ago(minutes=5)), (State.VERIFYING, None)] * 4:
        type(stuck).objects.update(**factories.in_state(state, lease_until=lease))
        alarms.update_alarms()
        clock.forward(seconds=40)
    assert Alarm.objects.count() == 1
    assert len(mail.outbox) == 1


def test_an_alarm_that_lasts_is_reported_again_after_six_hours(clock, stuck):
    for hours in (0, 1, 4, 2, 0):
        clock.forward(hours=hours, seconds=30)
        alarms.update_alarms()
    assert len(mail.outbox) == 2
    assert Notice.objects.filter(kind="alarm_over").count() == 0


def test_what_officers_owe_is_reported_once_a_day(clock):
    late(state=State.MANUAL, manual_deadline=ago(minutes=1))
    for hours in (0, 1, 7, 9, 9):
        clock.forward(hours=hours, seconds=30)
        alarms.update_alarms()
    assert len(mail.outbox) == 2


def test_several_alarms_are_one_mail(clock, stuck):
    late(state=State.VERIFYING, committing_at=ago(minutes=20))
    for _ in range(2):
        alarms.update_alarms()
        clock.forward(seconds=30)
    (letter,) = mail.outbox
    assert Alarm.objects.count() == 2
    for page in ("/status/", "/docs/docs/runbook.vi.html"):
        assert letter.body.count(f"{page}#stuck") == letter.body.count(f"{page}#verifying") == 1


def test_two_watches_at_once_mail_once(stuck):
    alarms._update_alarms(take_measurement().signs, timezone.now())
    Alarm.objects.update(opened_at=ago(seconds=30), report_at=ago(seconds=5))
    barrier = threading.Barrier(4)

    def run():
        try:
            barrier.wait()
            alarms.update_alarms()
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
    working = notify.send_mail
    monkeypatch.setattr(notify, "send_mail", _no_mail)
    for _ in range(5):
        alarms.update_alarms()
        clock.forward(seconds=30)
    assert [s.kind for s in take_measurement().signs] == ["stuck", "mail"]
    notice = Notice.objects.get(user=boss, kind="alarm_begun")
    assert len(notice.facts["what"]) == 2  # of the post and of the mail, once each

    monkeypatch.setattr(notify, "send_mail", working)
    alarms.update_alarms()
    assert len(mail.outbox) == 1
    clock.forward(seconds=30)
    assert [s.kind for s in take_measurement().signs] == ["stuck"]


def _no_mail(*args, **kwargs):
    raise OSError("no route to the mail server")


def test_no_mail_goes_out_inside_a_transaction(clock, stuck, monkeypatch):
    inside = []
    monkeypatch.setattr(
        notify, "send_mail", lambda *a, **k: inside.append(connection.in_atomic_block)
    )
    for _ in range(2):
        alarms.update_alarms()
        clock.forward(seconds=30)
    assert inside == [False]


def test_nobody_named_for_mails_still_leaves_the_notice(clock, stuck, settings):
    settings.ALARM_EMAILS = []
    factories.person(Role.ADMINISTRATOR, factories.ministry())
    for _ in range(3):
        alarms.update_alarms()
        clock.forward(seconds=30)
    assert mail.outbox == []
    assert Notice.objects.count() == 1


def test_a_figure_that_a_platform_tells_no_more_is_reported_once_and_when_it_is_back(clock):
    boss = factories.person(Role.ADMINISTRATOR, factories.ministry())
    row = MetricName.objects.create(
        platform="zalo", of_page=False, name="total_view", refused_at=timezone.now(), refusals=2
    )
    for _ in range(4):
        alarms.update_alarms()
        clock.forward(seconds=30)
    (letter,) = mail.outbox
    assert "Zalo" in letter.subject

    row.delete()
    for _ in range(8):
        clock.forward(seconds=30)
        alarms.update_alarms()
    assert len(mail.outbox) == 2
    assert list(Notice.objects.order_by("pk").values_list("user", "kind")) == [
        (boss.pk, "alarm_begun"),
        (boss.pk, "alarm_over"),
    ]


def test_queues_that_fall_silent_together_are_one_alarm(clock):
    factories.person(Role.ADMINISTRATOR, factories.ministry())
    queues = ["publish.zalo", "publish.facebook", "reconcile", "recall"]
    for _ in range(3):
        clock.forward(seconds=30)
        Heartbeat.objects.filter(queue__in=queues).update(
            last_seen_at=timezone.now() + clock.by - timedelta(minutes=2)
        )
        alarms.update_alarms()

    (alarm,) = Alarm.objects.all()
    assert (alarm.kind, alarm.key, alarm.facts["n"]) == ("silent_queues", "", 4)
    assert Notice.objects.count() == 1
    signs = take_measurement().signs
    assert {sign.key for sign in signs if sign.kind == "silent"} == set(queues)
