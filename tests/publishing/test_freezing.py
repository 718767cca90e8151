"""A restored database publishes nothing until its pages are read and two people have released it."""

import threading
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.permissions import Role
from audit.models import Entry
from core.errors import NotAllowed, Refused
from publishing import engine, freezing, identity, recalls, services, settling, tasks, watch
from publishing.channel_news import what_may_have_come_to_stand
from publishing.models import Delivery, Freeze, Pulse
from publishing.states import State
from tests import factories
from tests.publishing.conftest import later

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def top(db):
    watch._pulses.clear()
    return factories.ministry()


@pytest.fixture
def admins(top):
    return [factories.person(Role.ADMINISTRATOR, top) for _ in range(2)]


def ring(*tasks_, platforms=("facebook", "zalo", "telegram")):
    for task in tasks_ or (tasks.take_down, tasks.settle, tasks.publish_due):
        for platform in platforms:
            task(platform=platform)


def visible(simulator, delivery):
    return simulator.visible(delivery.platform, delivery.channel.external_id)


def settle_all(simulator, *platforms):
    """Looks until no doubt is left, in the platforms' time and ours."""
    for minutes in (2, 6, 15, 30, 60, 90):
        simulator.advance(minutes * 60)
        for platform in platforms or ("facebook", "zalo", "telegram"):
            settling.settle(platform=platform, clock=later(minutes=minutes))
    freezing.read_back()


# --- a copy of the database -------------------------------------------------------------------------------------------


class Copy:
    """The rows as they are now, in a database of its own: what a restore brings back."""

    def __init__(self):
        self.settings = connection.settings_dict
        self.here = self.settings["NAME"]
        self.name = f"{self.here}_restored"

    def make(self):
        freezing.check()
        connections.close_all()
        self.sql(f'DROP DATABASE IF EXISTS "{self.name}" WITH (FORCE)')
        # A server's thread that an earlier test left behind.
        self.sql(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{self.here}'")
        self.sql(f'CREATE DATABASE "{self.name}" TEMPLATE "{self.here}"')

    def restore(self):
        """From now on the portal works with the copy."""
        connections.close_all()
        self.settings["NAME"] = self.name

    def away(self):
        connections.close_all()
        self.settings["NAME"] = self.here
        self.sql(f'DROP DATABASE IF EXISTS "{self.name}" WITH (FORCE)')

    def sql(self, statement):
        with connection._nodb_cursor() as cursor:
            cursor.execute(statement)


@pytest.fixture
def copy():
    made = Copy()
    yield made
    made.away()


def test_a_restored_database_is_frozen_and_the_original_is_not(copy):
    copy.make()
    assert freezing.may_publish() is True
    copy.restore()
    assert freezing.may_publish() is False
    row = Freeze.objects.get()
    assert (row.reason, row.frozen_at is not None, row.read_back_at) == ("restored", True, None)
    assert Entry.objects.get(action="publishing.frozen").unit_path == factories.ministry().path
    assert [(s.kind, s.key) for s in watch.look().signs if s.kind == "frozen"] == [("frozen", "restored")]


@pytest.mark.parametrize("platform", ["facebook", "zalo"])
@pytest.mark.parametrize("state", ["scheduled", "claimed", "staged", "committing"])
def test_what_was_published_after_the_copy_is_found_and_not_sent_again(
    simulator, portal, deliver, copy, admins, platform, state
):
    delivery = deliver(platform, pictures=1)
    if state != "scheduled":
        _begin(delivery, state)
    copy.make()
    if state == "scheduled":
        ring()
    else:
        _end(delivery, state)
    delivery.refresh_from_db()
    published = (delivery.state, delivery.remote_id)
    assert (published[0], len(visible(simulator, delivery))) == (State.PUBLISHED, 1)

    copy.restore()
    delivery.refresh_from_db()
    assert delivery.state == state
    ring()
    assert freezing.may_publish() is False
    settle_all(simulator)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.remote_id) == published
    for admin in admins:
        freezing.release(by=admin, reason="Đã đối chiếu các trang")
    ring()
    engine.publish_due(platform=platform, clock=later(minutes=100))

    assert len(visible(simulator, delivery)) == 1


def _begin(delivery, state):
    """A run of the old database that was on its way when the copy was made."""
    run = engine.Run(delivery.platform, timezone.now)
    run._claim()
    while run.staging:
        run._go_on()
        run._write_back(run.answers.take(timeout=1))
    if state == "claimed":
        Delivery.objects.update(state="claimed", draft_ref="")
    if state == "committing":
        run._begin([delivery.pk])


def _end(delivery, state):
    """The old database goes on after the copy was made."""
    Delivery.objects.update(state="scheduled", lease_until=None, committing_at=None)
    ring(tasks.publish_due)


def test_what_was_moved_ahead_after_the_copy_is_found_too(simulator, deliver, copy, admins):
    tomorrow = timezone.now() + timedelta(days=1)
    delivery = deliver(due_at=tomorrow)
    watch.pulse("settle")
    copy.make()
    Delivery.objects.update(due_at=timezone.now(), fire_at=timezone.now())
    ring()
    assert len(visible(simulator, delivery)) == 1

    copy.restore()
    ring()
    settle_all(simulator)

    delivery.refresh_from_db()
    assert delivery.state == State.PUBLISHED


def test_what_was_not_published_goes_out_once_after_the_release(simulator, deliver, copy, admins):
    delivery = deliver()
    copy.make()
    copy.restore()
    ring()
    assert visible(simulator, delivery) == []
    settle_all(simulator)
    delivery.refresh_from_db()
    assert delivery.state == State.SCHEDULED
    ring()
    assert visible(simulator, delivery) == []
    for admin in admins:
        freezing.release(by=admin, reason="Đã đối chiếu các trang")
    engine.publish_due(platform="facebook", clock=later(minutes=100))
    assert len(visible(simulator, delivery)) == 1


def test_of_two_with_the_same_words_the_first_gets_the_post_that_stands(simulator, copy, admins):
    channel = factories.connected(simulator, "facebook", factories.UnitFactory())
    tomorrow, today = (
        factories.delivery(
            factories.approved(unit=channel.unit, channels=[channel], media=[], title="Nhắc mỗi ngày"),
            channel,
            due_at=timezone.now() + timedelta(days=days),
        )
        for days in (1, 0)
    )
    watch.pulse("settle")
    copy.make()
    ring(platforms=("facebook",))
    copy.restore()
    freezing.doubt_first()

    settle_all(simulator, "facebook")

    for delivery in (today, tomorrow):
        delivery.refresh_from_db()
    assert (today.state, tomorrow.state) == (State.PUBLISHED, State.NEEDS_PERSON)
    assert Freeze.objects.get().read_back_at


def test_a_page_that_cannot_be_asked_holds_up_the_release_for_some_minutes_only(simulator, deliver, copy, admins):
    delivery = deliver("facebook", due_at=timezone.now() + timedelta(days=3))
    simulator.fault("facebook", "kill_token", page=delivery.channel.external_id, times=0)
    copy.make()
    copy.restore()
    freezing.doubt_first()
    for minutes in (0, 2, 5):
        settling.settle(platform="facebook", clock=later(minutes=minutes))
    freezing.read_back()

    delivery.refresh_from_db()
    assert (delivery.state, bool(Freeze.objects.get().read_back_at)) == (State.NEEDS_PERSON, True)


@pytest.mark.parametrize("fault", ["error_before", "rate_limit"])
def test_a_platform_that_is_away_after_a_restore_is_waited_for(simulator, deliver, copy, admins, fault):
    delivery = deliver("facebook", due_at=timezone.now() + timedelta(days=3))
    simulator.fault("facebook", fault, times=0)
    copy.make()
    copy.restore()
    freezing.doubt_first()

    for minutes in (0, 2, 5):
        settling.settle(platform="facebook", clock=later(minutes=minutes))

    delivery.refresh_from_db()
    assert (delivery.state, delivery.verify_count) == (State.VERIFYING, 3)


def test_what_is_planned_explains_nothing_that_came_to_stand_after_a_restore(deliver, copy):
    delivery = deliver("facebook", due_at=timezone.now() + timedelta(days=3))
    watch.pulse("settle")
    copy.make()
    copy.restore()
    freezing.doubt_first()

    ((_first, last),) = what_may_have_come_to_stand([delivery.channel_id], timezone.now())[delivery.channel_id]

    assert last < timezone.now() + timedelta(minutes=10)


def test_a_platform_that_cannot_be_asked_puts_what_was_due_before_a_person(simulator, deliver, copy):
    due = deliver("telegram")
    planned = deliver("telegram", due_at=timezone.now() + timedelta(days=3))
    copy.make()
    ring()
    copy.restore()
    ring()
    settle_all(simulator)
    due.refresh_from_db()
    planned.refresh_from_db()
    assert (due.state, planned.state) == (State.NEEDS_PERSON, State.SCHEDULED)
    assert len(visible(simulator, due)) == 1


def test_a_time_that_passed_meanwhile_is_no_proof_that_nothing_was_sent(simulator, deliver, copy):
    delivery = deliver()
    copy.make()
    ring()
    copy.restore()
    Delivery.objects.update(not_after=timezone.now() - timedelta(seconds=1), due_at=timezone.now() - timedelta(hours=3))
    tasks.expire()
    delivery.refresh_from_db()
    assert delivery.state == State.VERIFYING
    settle_all(simulator)
    delivery.refresh_from_db()
    assert delivery.state == State.PUBLISHED


def test_a_run_that_is_under_way_sends_nothing_of_a_database_that_took_over(simulator, deliver):
    """Nobody has asked since, and nothing is frozen yet: the statement that begins the call asks for itself."""
    freezing.check()
    delivery = deliver()
    run = engine.Run("facebook", timezone.now)
    run._claim()
    later_one = deliver()
    Freeze.objects.update(database="the one before the take-over")
    run.work()
    assert Freeze.objects.get().frozen_at is None
    assert visible(simulator, delivery) == visible(simulator, later_one) == []


def test_taking_down_goes_on_while_frozen(simulator, deliver, copy):
    delivery = deliver()
    ring()
    copy.make()
    copy.restore()
    assert freezing.may_publish() is False
    delivery.refresh_from_db()
    recalls.recall(delivery, by=factories.person(Role.APPROVER, delivery.unit), reason="Sai số liệu")
    tasks.take_down(platform="facebook")
    assert visible(simulator, delivery) == []


def test_two_workers_that_see_it_at_once_freeze_once(copy):
    copy.make()
    copy.restore()
    gate = threading.Barrier(4)

    def run():
        try:
            gate.wait()
            freezing.may_publish()
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Entry.objects.filter(action="publishing.frozen").count() == 1


def test_a_dump_that_is_read_into_the_same_database_is_a_restore():
    before = identity.of(connection)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE put_back (LIKE publishing_freeze INCLUDING ALL)")
        cursor.execute("ALTER TABLE publishing_freeze RENAME TO set_aside")
        cursor.execute("ALTER TABLE put_back RENAME TO publishing_freeze")
        try:
            assert identity.of(connection) != before
        finally:
            cursor.execute("DROP TABLE publishing_freeze")
            cursor.execute("ALTER TABLE set_aside RENAME TO publishing_freeze")
    assert identity.of(connection) == before


def test_an_ordinary_role_may_ask_which_database_it_is():
    with connection.cursor() as cursor:
        cursor.execute("DROP ROLE IF EXISTS outreach_ordinary")
        cursor.execute("CREATE ROLE outreach_ordinary NOSUPERUSER")
        try:
            whole = identity.of(connection)
            cursor.execute("SET ROLE outreach_ordinary")
            assert identity.of(connection) == whole
            assert [bool(part) for part in whole.split(":")] == [True] * 5
        finally:
            cursor.execute("RESET ROLE")
            cursor.execute("DROP ROLE outreach_ordinary")


def test_a_database_that_hides_its_cluster_is_still_told_by_its_own_numbers(monkeypatch):
    monkeypatch.setattr(identity, "_may_ask", {"default": None})
    with connection.cursor() as cursor:
        cursor.execute("DROP ROLE IF EXISTS outreach_ordinary")
        cursor.execute("CREATE ROLE outreach_ordinary NOSUPERUSER")
        cursor.execute("REVOKE EXECUTE ON FUNCTION pg_control_system(), pg_current_wal_lsn() FROM PUBLIC")
        try:
            cursor.execute("SET ROLE outreach_ordinary")
            del identity._may_ask["default"]
            identity._ask_what_is_open(connection)
            assert [bool(part) for part in identity.of(connection).split(":")] == [True, False, False, True, True]
        finally:
            cursor.execute("RESET ROLE")
            cursor.execute("GRANT EXECUTE ON FUNCTION pg_control_system(), pg_current_wal_lsn() TO PUBLIC")
            cursor.execute("DROP ROLE outreach_ordinary")


def test_a_replaced_file_is_a_restored_database(tmp_path):
    file = tmp_path / "portal.sqlite3"
    file.write_bytes(b"the old one")
    opened = SimpleNamespace(vendor="sqlite", settings_dict={"NAME": file})
    before = identity.of(opened)
    file.write_bytes(b"written to")
    assert identity.of(opened) == before
    (tmp_path / "copy").write_bytes(b"the copy")
    (tmp_path / "copy").replace(file)
    assert identity.of(opened) != before


# --- reading back -----------------------------------------------------------------------------------------------------


@pytest.fixture
def restored(top):
    """As if the database had been another one."""
    freezing.check()

    def restore(known_until=None):
        Pulse.objects.all().delete()
        if known_until:
            Pulse.objects.create(queue="settle", rung_at=known_until)
        Freeze.objects.update(database="another")

    return restore


@pytest.mark.embedded
def test_a_new_installation_is_not_frozen():
    assert Freeze.objects.count() == 0
    assert freezing.may_publish() is True
    assert freezing.may_publish() is True


def test_the_question_costs_one_query():
    freezing.check()
    with CaptureQueriesContext(connection) as queries:
        freezing.may_publish()
    assert len(queries) == 1


def test_the_page_is_read_from_the_last_moment_that_the_database_knows(restored):
    now = timezone.now()
    known = now - timedelta(hours=2)
    early = factories.delivery(due_at=now - timedelta(hours=3))
    due = factories.delivery(due_at=now - timedelta(hours=1))
    planned = factories.delivery(due_at=now + timedelta(days=2))
    restored(known)
    freezing.doubt_first()
    for row, since in [(early, early.due_at), (due, known), (planned, known)]:
        row.refresh_from_db()
        assert (row.state, row.committing_at) == (State.VERIFYING, since)


@pytest.mark.parametrize("state", ["published", "by_hand", "needs_person", "cancelled", "failed"])
def test_what_nobody_would_send_is_left_alone(restored, state):
    known = {"remote_id": "1", "published_at": timezone.now()} if state == "published" else {}
    delivery = factories.delivery(state=state, **known)
    restored()
    freezing.doubt_first()
    delivery.refresh_from_db()
    assert delivery.state == state


def test_doubts_are_raised_once_and_not_over_again(restored):
    delivery = factories.delivery()
    restored()
    freezing.doubt_first()
    Delivery.objects.update(state=State.SCHEDULED, verify_at=None)
    freezing.doubt_first()
    freezing._doubt(timezone.now)  # a worker that had seen the same, and waited for its turn
    delivery.refresh_from_db()
    assert delivery.state == State.SCHEDULED


def test_reading_back_is_done_when_no_doubt_is_left(restored):
    factories.delivery()
    restored()
    freezing.read_back()
    assert Freeze.objects.get().read_back_at is None
    Delivery.objects.update(state=State.SCHEDULED, verify_at=None)
    freezing.read_back()
    assert Freeze.objects.get().read_back_at is not None


# --- people -----------------------------------------------------------------------------------------------------------


def test_the_kill_switch_stops_what_a_run_has_prepared(simulator, deliver, admins):
    delivery = deliver()
    run = engine.Run("facebook", timezone.now)
    run._claim()
    freezing.freeze(by=admins[0], reason="Tài khoản bị chiếm")
    run.work()
    assert visible(simulator, delivery) == []
    entry = Entry.objects.get(action="publishing.frozen")
    assert (entry.actor_id, entry.reason) == (admins[0].pk, "Tài khoản bị chiếm")


def test_one_administrator_releases_what_people_stopped(admins):
    freezing.freeze(by=admins[0], reason="Diễn tập")
    assert freezing.release(by=admins[0], reason="Xong") is True
    assert freezing.may_publish() is True
    assert Entry.objects.get(action="publishing.released").actor_id == admins[0].pk


def test_after_a_restore_two_different_people_release(restored, admins):
    restored()
    freezing.read_back()
    assert freezing.release(by=admins[0], reason="Đã đối chiếu") is False
    assert freezing.may_publish() is False
    with pytest.raises(Refused):
        freezing.release(by=admins[0], reason="Đã đối chiếu")
    assert freezing.release(by=admins[1], reason="Đồng ý") is True
    assert freezing.may_publish() is True
    acts = Entry.objects.filter(action__startswith="publishing.").order_by("pk").values_list("action", "actor_id")
    assert list(acts) == [
        ("publishing.frozen", None),
        ("publishing.release_asked", admins[0].pk),
        ("publishing.released", admins[1].pk),
    ]


def test_nobody_releases_before_the_pages_are_read(restored, admins):
    factories.delivery()
    restored()
    freezing.read_back()
    with pytest.raises(Refused):
        freezing.release(by=admins[0], reason="Vội")
    with pytest.raises(CommandError):
        call_command("release_publishing", reason="Vội")


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.OVERSEER])
def test_only_the_ministrys_administrators_freeze_and_release(role, admins):
    unit = factories.ProvinceFactory() if role == Role.ADMINISTRATOR else factories.ministry()
    other = factories.person(role, unit)
    with pytest.raises(NotAllowed):
        freezing.freeze(by=other, reason="Vì sao không")
    freezing.freeze(by=admins[0], reason="Diễn tập")
    with pytest.raises(NotAllowed):
        freezing.release(by=other, reason="Vì sao không")


def test_the_console_freezes_and_releases_without_a_second_person(top):
    call_command("freeze_publishing", reason="Ổ đĩa được khôi phục", restored=True)
    assert freezing.may_publish() is False
    with pytest.raises(CommandError):
        call_command("freeze_publishing", reason="Lần nữa")
    freezing.read_back()
    call_command("release_publishing", reason="Không có người thứ hai")
    assert freezing.may_publish() is True


def test_the_moment_of_the_copy_is_told_where_workers_have_rung_since(top):
    watch.pulse("settle")
    call_command("freeze_publishing", reason="Xem lại")
    call_command("freeze_publishing", "--restored", "--since", "2026-11-25 06:00", reason="Ổ đĩa được khôi phục")
    assert Freeze.objects.get().known_until == datetime(2026, 11, 24, 23, tzinfo=UTC)


@pytest.mark.parametrize("said", [["--since", "2026-11-25 06:00"], ["--restored", "--since", "sáng nay"]])
def test_a_moment_that_cannot_be_meant_is_refused(top, said):
    with pytest.raises(CommandError):
        call_command("freeze_publishing", *said, reason="Ổ đĩa được khôi phục")
    assert not freezing.check().frozen_at


def test_a_restore_that_the_portal_cannot_see_is_read_back_when_told(top):
    delivery = factories.delivery()
    call_command("freeze_publishing", reason="Ổ đĩa được khôi phục", restored=True)
    tasks.settle(platform="telegram")
    delivery.refresh_from_db()
    assert delivery.state == State.VERIFYING


@pytest.mark.parametrize("act", ["freeze", "release"])
def test_a_reason_is_asked_for(admins, act):
    if act == "release":
        freezing.freeze(by=admins[0], reason="Diễn tập")
    with pytest.raises(Refused):
        getattr(freezing, act)(by=admins[0], reason="  ")


def test_people_may_still_schedule_and_cancel_while_frozen(admins):
    freezing.freeze(by=admins[0], reason="Diễn tập")
    post = factories.approved()
    (delivery,) = services.schedule(post, by=post.author)
    services.cancel(delivery, by=post.author)
    assert delivery.state == State.CANCELLED
