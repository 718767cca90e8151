"""A database that was restored from a copy: frozen, and nothing sent twice."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, connections
from django.utils import timezone

from accounts.permissions import Role
from audit.models import Entry
from operations.measure import take_measurement
from posts.models import Post, PostChannel
from publishing import tasks
from publishing.engine import worker as engine
from publishing.freeze import freezing
from publishing.freeze.heartbeats import record_heartbeat
from publishing.models import Delivery, Freeze, database_identity
from publishing.models.database_identity import _check_open_functions, database_id
from publishing.recalls import recalling
from publishing.receivers.channels import find_spans_of_unknown_posts
from publishing.reconciliation import reconcile
from publishing.states import State
from tests import factories
from tests.publishing.conftest import later
from tests.publishing.freeze.conftest import reconcile_all, tick, visible

pytestmark = pytest.mark.django_db(transaction=True)


class Copy:
    """The rows as they are now, in a database of its own: what a restore brings back."""

    def __init__(self):
        self.settings = connection.settings_dict
        self.here = self.settings["NAME"]
        self.name = f"{self.here}_restored"

    def make(self):
        freezing.check_database()
        connections.close_all()
        self.sql(f'DROP DATABASE IF EXISTS "{self.name}" WITH (FORCE)')
        # A server's thread that an earlier test left behind.
        self.sql(
            f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname "
            f"= '{self.here}'"
        )
        self.sql(f'CREATE DATABASE "{self.name}" TEMPLATE "{self.here}"')

    def restore(self):
        """Make the portal work with the copy from now on."""
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
    assert [(s.kind, s.key) for s in take_measurement().signs if s.kind == "frozen"] == [
        ("frozen", "restored")
    ]


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
        tick()
    else:
        _end(delivery, state)
    delivery.refresh_from_db()
    published = (delivery.state, delivery.remote_id)
    assert (published[0], len(visible(simulator, delivery))) == (State.PUBLISHED, 1)

    copy.restore()
    delivery.refresh_from_db()
    assert delivery.state == state
    tick()
    assert freezing.may_publish() is False
    reconcile_all(simulator)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.remote_id) == published
    for admin in admins:
        freezing.release(by=admin, reason="Đã đối chiếu các trang")
    tick()
    engine.publish_due(platform=platform, clock=later(minutes=100))

    assert len(visible(simulator, delivery)) == 1


def _begin(delivery, state):
    """Begin a run of the old database that was on its way when the copy was made."""
    worker = engine.DeliveryWorker(delivery.platform, timezone.now)
    worker.claiming.claim()
    while worker.batch.staging or worker.batch.waiting:
        worker.staging.take_next_steps()
        worker.results.write_back(worker.answers.take(timeout=1))
    if state == "claimed":
        Delivery.objects.update(state="claimed", draft_ref="")
    if state == "committing":
        worker.firing.begin([delivery.pk])


def _end(delivery, state):
    """Publish in the old database, which goes on after the copy was made."""
    Delivery.objects.update(state="scheduled", lease_until=None, committing_at=None)
    tick(tasks.publish_due)


def test_what_was_moved_ahead_after_the_copy_is_found_too(simulator, deliver, copy, admins):
    tomorrow = timezone.now() + timedelta(days=1)
    delivery = deliver(due_at=tomorrow)
    record_heartbeat("reconcile")
    copy.make()
    factories.plan_anew(delivery, due_at=timezone.now(), fire_at=timezone.now())
    tick()
    assert len(visible(simulator, delivery)) == 1

    copy.restore()
    tick()
    reconcile_all(simulator)

    delivery.refresh_from_db()
    assert delivery.state == State.PUBLISHED


def test_a_long_caption_that_tiktok_lists_shortened_is_not_posted_twice(simulator, copy, admins):
    channel = factories.connected(simulator, "tiktok")
    clip = factories.video(channel.unit, seconds=5)
    words = "Công an không yêu cầu chuyển tiền qua điện thoại. " * 6
    post = factories.PostFactory(
        unit=channel.unit, channels=[channel], media=[clip], body=f"<p>{words}</p>"
    )
    PostChannel.objects.filter(post=post).update(options={"privacy": "PUBLIC_TO_EVERYONE"})
    delivery = factories.delivery(factories.approved(Post.objects.get(pk=post.pk)), channel)
    copy.make()
    tick(platforms=["tiktok"])
    simulator.advance(60)
    (posted,) = visible(simulator, delivery)
    assert len(posted["text"]) >= 300

    copy.restore()
    tick(platforms=["tiktok"])
    for minutes in (2, 6, 15, 30):
        simulator.advance(60)  # not for as long: the account's token lives two hours
        reconcile.reconcile(platform="tiktok", clock=later(minutes=minutes))
    freezing.note_pages_read_back()
    for admin in admins:
        freezing.release(by=admin, reason="Đã đối chiếu các trang")
    engine.publish_due(platform="tiktok", clock=later(minutes=40))
    simulator.advance(60)

    delivery.refresh_from_db()
    assert [post_seen["id"] for post_seen in visible(simulator, delivery)] == [posted["id"]]
    assert (delivery.state, delivery.remote_id) == (State.PUBLISHED, posted["id"])


def test_what_was_not_published_goes_out_once_after_the_release(simulator, deliver, copy, admins):
    delivery = deliver()
    copy.make()
    copy.restore()
    tick()
    assert visible(simulator, delivery) == []
    reconcile_all(simulator)
    delivery.refresh_from_db()
    assert delivery.state == State.SCHEDULED
    tick()
    assert visible(simulator, delivery) == []
    for admin in admins:
        freezing.release(by=admin, reason="Đã đối chiếu các trang")
    engine.publish_due(platform="facebook", clock=later(minutes=100))
    assert len(visible(simulator, delivery)) == 1


def test_of_two_with_the_same_words_the_first_gets_the_post_that_stands(simulator, copy, admins):
    channel = factories.connected(simulator, "facebook", factories.UnitFactory())
    tomorrow, today = (
        factories.delivery(
            factories.approved(
                unit=channel.unit, channels=[channel], media=[], title="Nhắc mỗi ngày"
            ),
            channel,
            due_at=timezone.now() + timedelta(days=days),
        )
        for days in (1, 0)
    )
    record_heartbeat("reconcile")
    copy.make()
    tick(platforms=("facebook",))
    copy.restore()
    freezing.mark_unknown_after_restore()

    reconcile_all(simulator, "facebook")

    for delivery in (today, tomorrow):
        delivery.refresh_from_db()
    assert (today.state, tomorrow.state) == (State.PUBLISHED, State.NEEDS_PERSON)
    assert Freeze.objects.get().read_back_at


def test_a_page_that_cannot_be_asked_holds_up_the_release_for_some_minutes_only(
    simulator, deliver, copy, admins
):
    delivery = deliver("facebook", due_at=timezone.now() + timedelta(days=3))
    simulator.fault("facebook", "kill_token", page=delivery.channel.external_id, times=0)
    copy.make()
    copy.restore()
    freezing.mark_unknown_after_restore()
    for minutes in (0, 2, 5):
        reconcile.reconcile(platform="facebook", clock=later(minutes=minutes))
    freezing.note_pages_read_back()

    delivery.refresh_from_db()
    assert (delivery.state, bool(Freeze.objects.get().read_back_at)) == (State.NEEDS_PERSON, True)


@pytest.mark.parametrize("fault", ["error_before", "rate_limit"])
def test_a_platform_that_is_away_after_a_restore_is_waited_for(
    simulator, deliver, copy, admins, fault
):
    delivery = deliver("facebook", due_at=timezone.now() + timedelta(days=3))
    simulator.fault("facebook", fault, times=0)
    copy.make()
    copy.restore()
    freezing.mark_unknown_after_restore()

    for minutes in (0, 2, 5):
        reconcile.reconcile(platform="facebook", clock=later(minutes=minutes))

    delivery.refresh_from_db()
    assert (delivery.state, delivery.verify_count) == (State.VERIFYING, 3)


def test_what_is_planned_explains_nothing_that_became_visible_after_a_restore(deliver, copy):
    delivery = deliver("facebook", due_at=timezone.now() + timedelta(days=3))
    record_heartbeat("reconcile")
    copy.make()
    copy.restore()
    freezing.mark_unknown_after_restore()

    ((_first, last),) = find_spans_of_unknown_posts([delivery.channel_id], timezone.now())[
        delivery.channel_id
    ]

    assert last < timezone.now() + timedelta(minutes=10)


def test_a_platform_that_cannot_be_asked_puts_what_was_due_before_a_person(
    simulator, deliver, copy
):
    due = deliver("telegram")
    planned = deliver("telegram", due_at=timezone.now() + timedelta(days=3))
    copy.make()
    tick()
    copy.restore()
    tick()
    reconcile_all(simulator)
    due.refresh_from_db()
    planned.refresh_from_db()
    assert (due.state, planned.state) == (State.NEEDS_PERSON, State.SCHEDULED)
    assert len(visible(simulator, due)) == 1


def test_a_time_that_passed_meanwhile_is_no_proof_that_nothing_was_sent(simulator, deliver, copy):
    delivery = deliver()
    copy.make()
    tick()
    copy.restore()
    Delivery.objects.update(
        not_after=timezone.now() - timedelta(seconds=1), due_at=timezone.now() - timedelta(hours=3)
    )
    tasks.expire()
    delivery.refresh_from_db()
    assert delivery.state == State.VERIFYING
    reconcile_all(simulator)
    delivery.refresh_from_db()
    assert delivery.state == State.PUBLISHED


def test_a_run_that_is_under_way_sends_nothing_of_a_database_that_took_over(simulator, deliver):
    """Nobody has asked since, and nothing is frozen yet: the statement that begins the call asks
    for itself.
    """
    freezing.check_database()
    delivery = deliver()
    worker = engine.DeliveryWorker("facebook", timezone.now)
    worker.claiming.claim()
    later_one = deliver()
    Freeze.objects.update(database="the one before the take-over")
    worker.run()
    assert Freeze.objects.get().frozen_at is None
    assert visible(simulator, delivery) == visible(simulator, later_one) == []


def test_taking_down_goes_on_while_frozen(simulator, deliver, copy):
    delivery = deliver()
    tick()
    copy.make()
    copy.restore()
    assert freezing.may_publish() is False
    delivery.refresh_from_db()
    recalling.recall(
        delivery, by=factories.person(Role.APPROVER, delivery.unit), reason="Sai số liệu"
    )
    tasks.take_down(platform="facebook")
    assert visible(simulator, delivery) == []


def test_two_workers_that_see_it_at_once_freeze_once(copy):
    copy.make()
    copy.restore()
    barrier = threading.Barrier(4)

    def run():
        try:
            barrier.wait()
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
    before = database_id(connection)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE put_back (LIKE publishing_freeze INCLUDING ALL)")
        cursor.execute("ALTER TABLE publishing_freeze RENAME TO set_aside")
        cursor.execute("ALTER TABLE put_back RENAME TO publishing_freeze")
        try:
            assert database_id(connection) != before
        finally:
            cursor.execute("DROP TABLE publishing_freeze")
            cursor.execute("ALTER TABLE set_aside RENAME TO publishing_freeze")
    assert database_id(connection) == before


def test_an_ordinary_role_may_ask_which_database_it_is():
    with connection.cursor() as cursor:
        cursor.execute("DROP ROLE IF EXISTS outreach_ordinary")
        cursor.execute("CREATE ROLE outreach_ordinary NOSUPERUSER")
        try:
            whole = database_id(connection)
            cursor.execute("SET ROLE outreach_ordinary")
            assert database_id(connection) == whole
            assert [bool(part) for part in whole.split(":")] == [True] * 5
        finally:
            cursor.execute("RESET ROLE")
            cursor.execute("DROP ROLE outreach_ordinary")


def test_a_database_that_hides_its_cluster_is_still_reported_by_its_own_numbers(monkeypatch):
    monkeypatch.setattr(database_identity, "_may_ask", {"default": None})
    with connection.cursor() as cursor:
        cursor.execute("DROP ROLE IF EXISTS outreach_ordinary")
        cursor.execute("CREATE ROLE outreach_ordinary NOSUPERUSER")
        cursor.execute(
            "REVOKE EXECUTE ON FUNCTION pg_control_system(), pg_current_wal_lsn() FROM PUBLIC"
        )
        try:
            cursor.execute("SET ROLE outreach_ordinary")
            del database_identity._may_ask["default"]
            _check_open_functions(connection)
            assert [bool(part) for part in database_id(connection).split(":")] == [
                True,
                False,
                False,
                True,
                True,
            ]
        finally:
            cursor.execute("RESET ROLE")
            cursor.execute(
                "GRANT EXECUTE ON FUNCTION pg_control_system(), pg_current_wal_lsn() TO PUBLIC"
            )
            cursor.execute("DROP ROLE outreach_ordinary")
