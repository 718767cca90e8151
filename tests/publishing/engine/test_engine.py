"""The engine against the simulated platforms, over real HTTP."""

import json
import threading
import time
from dataclasses import replace
from datetime import UTC, timedelta

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Notice
from accounts.permissions import Role
from audit.models import Entry
from channels.models import Channel
from channels.queries import account_of, facts_of, row_name
from channels.states import Health
from core import sealing, sessions
from core.sessions import BackendIsGone
from media.models import Media
from platforms import client
from platforms.client import Answers, Request
from platforms.errors import AccessLost, OutcomeUnknown, Rejected
from platforms.messages import Receipt
from platforms.meta.facebook.connector import Facebook
from platforms.telegram.connector import Telegram
from posts.models import Revision
from posts.review import decisions
from posts.states import PostState
from publishing.deliveries.requests import longest_call
from publishing.engine import firing, results, run_context
from publishing.engine import worker as engine
from publishing.models import Delivery, RateLimit
from publishing.recalls import recalling
from publishing.recalls import worker as recall_worker
from publishing.reconciliation import expiry, reconcile, verdicts
from publishing.scheduling import scheduling
from publishing.states import State
from tests import factories
from tests.publishing.conftest import later

pytestmark = pytest.mark.django_db(transaction=True)
PLATFORMS = ("facebook", "zalo", "telegram")
TWO_PHASE = ("facebook", "zalo")


def visible(simulator, delivery):
    return simulator.visible(delivery.platform, delivery.channel.external_id)


def pictures_for(platform):
    return 1 if platform == "zalo" else 0


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_due_delivery_is_published_as_approved_and_keeps_its_receipt(
    simulator, portal, deliver, platform
):
    delivery = deliver(platform, pictures=2)

    engine.publish_due(platform=platform)

    delivery.refresh_from_db()
    (seen,) = visible(simulator, delivery)
    assert (delivery.state, delivery.error_code) == (State.PUBLISHED, "")
    assert delivery.remote_id
    assert delivery.permalink
    assert (
        delivery.revision.content["channels"][0]["text"].split("\n")[0]
        in f"{seen['title']}\n{seen['text']}"
    )
    assert len(seen["media"]) == 2
    assert [a.outcome for a in delivery.attempts.all()] == ["published"]


@pytest.mark.parametrize("platform", PLATFORMS)
def test_ringing_again_publishes_nothing_again(simulator, portal, deliver, platform):
    delivery = deliver(platform, pictures=pictures_for(platform))
    for _ in range(3):
        engine.publish_due(platform=platform)
    assert len(visible(simulator, delivery)) == 1


def test_nothing_goes_to_a_page_before_a_second_person_confirms_it(simulator, deliver):
    waiting, other = deliver(), deliver()
    Channel.objects.filter(pk=waiting.channel_id).update(confirmed_at=None)

    engine.publish_due(platform="facebook")

    waiting.refresh_from_db()
    assert (waiting.state, waiting.attempt, len(visible(simulator, other))) == (
        State.SCHEDULED,
        0,
        1,
    )
    assert visible(simulator, waiting) == []

    Channel.objects.filter(pk=waiting.channel_id).update(confirmed_at=timezone.now())
    engine.publish_due(platform="facebook")

    assert len(visible(simulator, waiting)) == 1


def test_a_page_that_is_bound_anew_while_its_post_is_prepared_is_not_sent_to(simulator, deliver):
    delivery = deliver()
    worker = engine.DeliveryWorker("facebook", timezone.now)
    begin = worker.firing.begin

    def rebound(pks):
        Channel.objects.filter(pk=delivery.channel_id).update(confirmed_at=None)
        return begin(pks)

    worker.firing.begin = rebound
    worker.run()

    assert visible(simulator, delivery) == []


def test_two_runs_at_once_publish_each_delivery_once(simulator, deliver):
    deliveries = [deliver() for _ in range(12)]
    # Each thread stands for a process of its own: without the lock that keeps one process from
    # ringing itself.
    workers = [engine.DeliveryWorker("facebook", timezone.now) for _ in range(3)]
    threads = [threading.Thread(target=_work_and_close, args=(worker,)) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [len(visible(simulator, d)) for d in deliveries] == [1] * 12
    assert Delivery.objects.filter(state=State.PUBLISHED).count() == 12
    assert sum(worker.claiming.claimed for worker in workers) == 12


def _work_and_close(worker):
    try:
        worker.run()
    finally:
        connection.close()


def test_nothing_is_visible_before_its_second(simulator, deliver):
    due_at = timezone.now() + timedelta(seconds=2)
    delivery = deliver(due_at=due_at)

    engine.publish_due(platform="facebook")

    (seen,) = visible(simulator, delivery)
    assert seen["intervals"][0]["visible_at"] >= due_at.timestamp()
    delivery.refresh_from_db()
    assert delivery.published_at >= due_at


def test_a_clock_that_lags_when_the_receipt_comes_dates_no_post_before_its_second(deliver):
    delivery = deliver("telegram")
    worker = engine.DeliveryWorker("telegram", timezone.now)
    worker.claiming.claim()
    worker.firing.fire(0)
    worker.context.now = lambda: delivery.fire_at - timedelta(milliseconds=80)

    worker.results.write_back(worker.answers.take(timeout=60))

    delivery.refresh_from_db()
    assert (delivery.state, delivery.published_at) == (State.PUBLISHED, delivery.fire_at)


def test_a_delivery_due_tomorrow_is_not_touched(simulator, deliver):
    delivery = deliver(due_at=timezone.now() + timedelta(days=1))
    engine.publish_due(platform="facebook")
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempt) == (State.SCHEDULED, 0)
    assert simulator.truth() == []


@pytest.mark.parametrize("platform", TWO_PHASE)
@pytest.mark.parametrize("fault", ["drop_after", "error_after", "truncated_json"])
def test_a_lost_answer_is_looked_up_before_anything_is_sent_again(
    simulator, portal, deliver, platform, fault
):
    delivery = deliver(platform, pictures=pictures_for(platform))
    simulator.fault(platform, fault, operation="publish")

    engine.publish_due(platform=platform)
    delivery.refresh_from_db()
    assert delivery.state == State.VERIFYING

    # The grace is not over: the platform may still be applying it.
    grace_ends = delivery.verify_at
    just_before = grace_ends - timedelta(seconds=1)
    engine.publish_due(platform=platform, clock=lambda: just_before)
    reconcile.reconcile(platform=platform, clock=lambda: just_before)
    delivery.refresh_from_db()
    assert delivery.state == State.VERIFYING

    simulator.advance(120)
    reconcile.reconcile(platform=platform, clock=lambda: grace_ends + timedelta(minutes=1))
    delivery.refresh_from_db()
    assert delivery.state == State.PUBLISHED
    assert len(visible(simulator, delivery)) == 1


def test_an_article_that_is_being_shown_is_not_failed_by_a_gateway(simulator, portal, deliver):
    simulator.settings(zalo_job_seconds=0)
    delivery = deliver("zalo", pictures=1)
    simulator.fault(
        "zalo", "error_before", operation="verify", status=404, skip=1
    )  # the first makes the draft

    engine.publish_due(platform="zalo")
    delivery.refresh_from_db()
    unknown = delivery.state
    reconcile.reconcile(platform="zalo", clock=later(minutes=2))

    delivery.refresh_from_db()
    assert (unknown, delivery.state) == (State.VERIFYING, State.PUBLISHED)
    assert len(visible(simulator, delivery)) == 1


def test_what_is_known_of_one_page_waits_for_no_other(simulator, deliver, monkeypatch):
    deliver(), deliver()
    simulator.fault("facebook", "drop_after", operation="publish", times=0)
    engine.publish_due(platform="facebook")
    known, ask = [], reconcile.ask_platform

    def one_by_one(*given):
        for row, answer in ask(*given):
            yield row, answer
            known.append(Delivery.objects.get(pk=row.pk).state)

    monkeypatch.setattr(reconcile, "ask_platform", one_by_one)
    reconcile.reconcile(platform="facebook", clock=later(minutes=2))

    assert known == [State.PUBLISHED] * 2


def test_a_platform_that_hangs_after_accepting_is_unknown_not_failure(
    simulator, deliver, short_deadline
):
    delivery = deliver()
    simulator.fault("facebook", "hang_after", operation="publish", seconds=30)
    engine.publish_due(platform="facebook")
    delivery.refresh_from_db()
    assert delivery.state == State.VERIFYING
    reconcile.reconcile(platform="facebook", clock=later(minutes=2))
    delivery.refresh_from_db()
    assert delivery.state == State.PUBLISHED
    assert len(visible(simulator, delivery)) == 1


@pytest.mark.parametrize("platform", TWO_PHASE)
def test_a_request_that_was_never_accepted_is_sent_again_once(simulator, portal, deliver, platform):
    delivery = deliver(platform, pictures=pictures_for(platform))
    simulator.fault(platform, "drop_before", operation="publish")
    engine.publish_due(platform=platform)
    reconcile.reconcile(platform=platform, clock=later(minutes=2))
    delivery.refresh_from_db()
    assert delivery.state == State.SCHEDULED

    engine.publish_due(platform=platform, clock=later(minutes=3))

    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempt) == (State.PUBLISHED, 2)
    assert len(visible(simulator, delivery)) == 1


@pytest.mark.parametrize("fault", ["drop_before", "drop_after"])
def test_telegram_cannot_say_so_a_person_looks(simulator, deliver, fault):
    delivery = deliver("telegram")
    officer = delivery.scheduled_by
    simulator.fault("telegram", fault, operation="publish")
    engine.publish_due(platform="telegram")
    reconcile.reconcile(platform="telegram", clock=later(minutes=2))
    delivery.refresh_from_db()
    assert delivery.state == State.NEEDS_PERSON
    assert [n.kind for n in officer.notices.all()] == ["delivery_needs_person"]
    is_live = fault == "drop_after"

    verdicts.decide(
        delivery, by=officer, is_live=is_live, permalink="https://t.me/x/1" if is_live else ""
    )

    assert delivery.state == (State.PUBLISHED if is_live else State.FAILED)
    assert len(visible(simulator, delivery)) == int(is_live)


def test_a_platform_that_asks_to_wait_is_not_called_sooner(simulator, deliver):
    delivery = deliver("telegram")
    simulator.fault("telegram", "rate_limit", operation="publish", retry_after=120)
    before = timezone.now()
    engine.publish_due(platform="telegram")
    delivery.refresh_from_db()
    assert (delivery.state, delivery.error_code) == (State.SCHEDULED, "later")
    assert delivery.fire_at >= before + timedelta(seconds=120)

    calls = simulator.requests()
    engine.publish_due(platform="telegram")
    assert simulator.requests() == calls

    engine.publish_due(platform="telegram", clock=later(seconds=200))
    delivery.refresh_from_db()
    assert delivery.state == State.PUBLISHED


def test_a_refused_text_fails_at_once_and_the_unit_is_informed(simulator, deliver):
    delivery = deliver("telegram")
    simulator.fault("telegram", "refuse", operation="publish")
    engine.publish_due(platform="telegram")
    delivery.refresh_from_db()
    assert (delivery.state, delivery.error_code, delivery.attempt) == (State.FAILED, "refused", 1)
    assert [n.kind for n in delivery.scheduled_by.notices.all()] == ["delivery_failed"]


def test_tries_are_bounded(simulator, deliver, settings):
    settings.PUBLISHING = {**settings.PUBLISHING, "max_attempts": 2}
    delivery = deliver("telegram")
    simulator.fault("telegram", "rate_limit", operation="publish", retry_after=1, times=0)
    engine.publish_due(platform="telegram")
    engine.publish_due(platform="telegram", clock=later(minutes=1))
    delivery.refresh_from_db()
    assert (delivery.state, delivery.error_code, delivery.attempt) == (
        State.FAILED,
        "too_many_tries",
        2,
    )


def test_a_dead_token_stops_the_channel_and_a_new_one_sends_what_waited(simulator, deliver):
    delivery = deliver()
    waiting = factories.delivery(
        factories.approved(unit=delivery.unit, channels=[delivery.channel]),
        delivery.channel,
        due_at=timezone.now(),
    )
    simulator.kill_tokens("facebook", page=delivery.channel.external_id)
    engine.publish_due(platform="facebook")
    delivery.channel.refresh_from_db()
    assert delivery.channel.health == Health.LOST
    calls = simulator.requests()["facebook"]
    engine.publish_due(platform="facebook", clock=later(minutes=10))
    assert simulator.requests()["facebook"] == calls
    for row in (delivery, waiting):
        row.refresh_from_db()
        assert row.state == State.SCHEDULED

    channel = delivery.channel
    page = simulator.page("facebook", name=channel.name)
    channel.external_id = page["external_id"]
    channel.sealed = sealing.seal({"token": page["tokens"]["access_token"]}, row=row_name(channel))
    channel.health = Health.CONNECTED
    channel.save()
    engine.publish_due(platform="facebook", clock=later(minutes=10))
    for row in (delivery, waiting):
        row.refresh_from_db()
        assert row.state == State.PUBLISHED


def test_what_is_too_late_expires_and_is_never_sent(simulator, deliver):
    delivery = deliver(due_at=timezone.now() - timedelta(hours=3))
    engine.publish_due(platform="facebook")
    expiry.expire()
    engine.publish_due(platform="facebook")
    delivery.refresh_from_db()
    assert delivery.state == State.EXPIRED
    assert simulator.truth() == []
    assert [n.kind for n in delivery.scheduled_by.notices.all()] == ["delivery_expired"]


def test_a_post_past_its_validity_expires(simulator, deliver):
    delivery = deliver()
    delivery.post.valid_until = timezone.now() - timedelta(minutes=1)
    delivery.post.save()
    engine.publish_due(platform="facebook")
    expiry.expire()
    delivery.refresh_from_db()
    assert delivery.state == State.EXPIRED
    assert simulator.truth() == []


@pytest.mark.parametrize(("minutes", "closed"), [(-1, False), (0, True)])
def test_a_unit_publishes_until_midnight_of_its_last_day_and_no_minute_longer(
    deliver, minutes, closed
):
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    moment = midnight.astimezone(UTC) + timedelta(minutes=minutes)
    delivery = deliver("facebook", due_at=midnight)
    delivery.unit.valid_to = midnight.date()
    delivery.unit.save()

    fit = Delivery.objects.deliverable_now(moment).exists()
    expiry.expire(clock=lambda: moment)

    delivery.refresh_from_db()
    assert (fit, delivery.state == State.EXPIRED) == (not closed, closed)


def test_an_edit_after_approval_stops_what_was_scheduled(simulator, deliver):
    delivery = deliver(due_at=timezone.now() + timedelta(hours=1))
    officer = delivery.post.author

    decisions.reopen(delivery.post, by=officer)

    engine.publish_due(platform="facebook", clock=later(hours=1, seconds=1))
    delivery.refresh_from_db()
    assert (delivery.state, delivery.post.state) == (State.CANCELLED, PostState.DRAFT)
    assert simulator.truth() == []


def test_a_cancellation_after_claim_and_before_the_call_wins(simulator, deliver, monkeypatch):
    delivery = deliver()
    begin = firing.Firing.begin

    def cancel_first(self, pks):
        scheduling.cancel(
            Delivery.objects.get(pk=delivery.pk), by=delivery.scheduled_by, reason="nhầm ngày"
        )
        monkeypatch.setattr(firing.Firing, "begin", begin)
        return begin(self, pks)

    monkeypatch.setattr(firing.Firing, "begin", cancel_first)
    engine.publish_due(platform="facebook")

    delivery.refresh_from_db()
    assert (
        delivery.state == State.RECALLING
    )  # the invisible draft on the platform is still to be taken away
    recall_worker.take_down_due(platform="facebook")
    delivery.refresh_from_db()
    assert delivery.state == State.RECALLED
    assert [post["state"] for post in simulator.truth()] == ["deleted"]
    assert [post["intervals"] for post in simulator.truth()] == [[]]


def test_a_prepared_delivery_on_its_last_try_waits_when_its_channel_is_lost(
    simulator, deliver, settings, monkeypatch
):
    settings.PUBLISHING = {**settings.PUBLISHING, "max_attempts": 1}
    delivery = deliver()
    begin = firing.Firing.begin

    def lose_the_channel_first(self, pks):
        type(delivery.channel).objects.update(health=Health.LOST)
        return begin(self, pks)

    monkeypatch.setattr(firing.Firing, "begin", lose_the_channel_first)
    engine.publish_due(platform="facebook")
    delivery.refresh_from_db()
    assert (delivery.state, delivery.error_code) == (State.SCHEDULED, "later")
    assert visible(simulator, delivery) == []


@pytest.mark.parametrize("finds", [True, False])
def test_receipts_wait_while_more_is_due_than_can_be_begun_where_a_lost_one_can_be_found_again(
    simulator, deliver, settings, monkeypatch, finds
):
    monkeypatch.setattr(
        run_context, "facts_of", lambda platform: replace(facts_of(platform), finds=finds)
    )
    settings.PUBLISHING = {**settings.PUBLISHING, "connections": 1}
    unit = factories.UnitFactory()
    due = [deliver(unit=unit) for _ in range(8)]
    written, begun = [], []
    write, begin = results.Results.write_receipts, firing.Firing.begin

    def note_written(self, receipts):
        written.extend([len(begun)] * len(receipts))
        return write(self, receipts)

    def note_begun(self, pks):
        begun.extend(pks)
        return begin(self, pks)

    monkeypatch.setattr(results.Results, "write_receipts", note_written)
    monkeypatch.setattr(firing.Firing, "begin", note_begun)
    monkeypatch.setattr(results, "_LONGEST_HOLD", 60.0)
    engine.publish_due(platform="facebook")

    assert [Delivery.objects.get(pk=delivery.pk).state for delivery in due] == [State.PUBLISHED] * 8
    assert len(written) == 8
    assert (min(written) == 8) == finds  # none before the last call had been begun


def test_what_is_no_receipt_never_waits(simulator, deliver, settings, monkeypatch):
    settings.PUBLISHING = {**settings.PUBLISHING, "connections": 1}
    unit = factories.UnitFactory()
    due = [deliver(unit=unit) for _ in range(6)]
    simulator.fault("facebook", "drop_after", operation="publish", page=due[0].channel.external_id)
    begun_by = {}
    mark_unknown = results.Results.mark_unknown

    def note(self, deliveries, error):
        begun_by.update({delivery.pk: len(self.run.batch.ready) for delivery in deliveries})
        return mark_unknown(self, deliveries, error)

    monkeypatch.setattr(results.Results, "mark_unknown", note)
    monkeypatch.setattr(results, "_LONGEST_HOLD", 60.0)
    engine.publish_due(platform="facebook")

    assert begun_by[due[0].pk] > 0  # others were still waiting for their turn
    assert Delivery.objects.filter(state=State.PUBLISHED).count() == 5


def test_a_run_that_died_before_the_visible_call_is_taken_over(simulator, deliver):
    delivery = deliver("telegram")
    worker = engine.DeliveryWorker("telegram", timezone.now)
    worker.claiming.claim()  # and here the process is killed
    reconcile.reconcile(platform="telegram", clock=later(minutes=1))
    delivery.refresh_from_db()
    assert delivery.state == State.CLAIMED  # the lease still runs

    reconcile.reconcile(platform="telegram", clock=later(minutes=2))
    delivery.refresh_from_db()
    assert delivery.state == State.SCHEDULED
    engine.publish_due(platform="telegram", clock=later(minutes=2))
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempt) == (State.PUBLISHED, 2)
    assert len(visible(simulator, delivery)) == 1


def _claim_and_die(platform, *, stage=False, begin=False, call=False, clock=timezone.now):
    """Claim, then end as a process that is killed: nothing is put away, and its connection to the
    database ends. With ``call`` it has made the visible call, and its answer is lost."""

    def die():
        worker = engine.DeliveryWorker(platform, clock)
        worker.claiming.claim()
        if (stage or begin or call) and worker.batch.staging:
            worker.results.write_back(worker.answers.take(timeout=60))
        if begin:
            worker.firing.begin(list(worker.batch.ready))
        if call:
            worker.firing.fire(0)
            worker.answers.take(timeout=60)
        connection.close()

    thread = threading.Thread(target=die)
    thread.start()
    thread.join()
    give_up = time.monotonic() + 20
    while not Delivery.objects.filter(
        BackendIsGone("session")
    ).exists():  # the server may take a moment to notice
        assert time.monotonic() < give_up


def test_a_run_that_was_killed_before_the_visible_call_is_taken_over_at_once(simulator, deliver):
    delivery = deliver("telegram")
    _claim_and_die("telegram")

    reconcile.reconcile(platform="telegram", clock=later(seconds=1))
    delivery.refresh_from_db()
    assert delivery.state == State.SCHEDULED
    engine.publish_due(platform="telegram", clock=later(seconds=1))

    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempt) == (State.PUBLISHED, 2)
    assert len(visible(simulator, delivery)) == 1


def test_what_kills_every_run_that_takes_it_is_taken_more_slowly_each_time(deliver):
    delivery = deliver("telegram")
    _claim_and_die("telegram")
    reconcile.reconcile(platform="telegram", clock=later(seconds=1))
    _claim_and_die("telegram", clock=later(seconds=2))
    reconcile.reconcile(platform="telegram", clock=later(seconds=3))

    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempt) == (State.SCHEDULED, 2)
    assert delivery.fire_at > timezone.now() + timedelta(seconds=5)


def test_where_the_platform_cannot_be_asked_a_lost_connection_ends_no_call_that_is_under_way(
    deliver,
):
    delivery = deliver("telegram")
    _claim_and_die("telegram", begin=True)

    reconcile.reconcile(platform="telegram", clock=later(seconds=30))

    delivery.refresh_from_db()
    assert delivery.state == State.COMMITTING  # until its lease ends: the answer may still come


def test_a_run_that_was_killed_in_the_visible_call_is_asked_after_without_waiting_for_its_lease(
    simulator, deliver
):
    delivery = deliver("facebook")
    _claim_and_die("facebook", begin=True)

    reconcile.reconcile(platform="facebook", clock=later(seconds=1))
    delivery.refresh_from_db()
    assert delivery.state == State.VERIFYING
    ends = delivery.committing_at + longest_call() + timedelta(seconds=60)
    reconcile.reconcile(platform="facebook", clock=lambda: ends - timedelta(seconds=1))
    delivery.refresh_from_db()
    assert delivery.state == State.VERIFYING  # its run may live, and the call be on its way
    reconcile.reconcile(platform="facebook", clock=lambda: ends)

    delivery.refresh_from_db()
    assert (delivery.state, visible(simulator, delivery)) == (State.SCHEDULED, [])


def test_what_a_killed_run_had_made_visible_is_found_within_a_quarter_of_a_minute(
    simulator, deliver
):
    delivery = deliver("facebook")
    _claim_and_die("facebook", call=True)
    reconcile.reconcile(platform="facebook", clock=later(seconds=1))
    reconcile.reconcile(platform="facebook", clock=later(seconds=12))

    delivery.refresh_from_db()
    (post,) = visible(simulator, delivery)
    assert (delivery.state, delivery.remote_id) == (State.PUBLISHED, post["id"])
    assert (delivery.verify_at, delivery.lease_until) == (None, None)


@pytest.mark.parametrize("answer", [None, OutcomeUnknown("away"), AccessLost("no")])
def test_a_check_while_a_lost_run_may_live_counts_only_what_it_finds(
    simulator, deliver, monkeypatch, answer
):
    """It counts neither towards absence nor towards asking a person."""
    monkeypatch.setattr(reconcile, "MAX_CHECKS", 1)
    delivery = deliver("facebook")
    _claim_and_die("facebook", begin=True)
    reconcile.reconcile(platform="facebook", clock=later(seconds=1))
    answered = []

    async def find(self, *_given):
        answered.append(answer)
        if answer:
            raise answer

    monkeypatch.setattr(Facebook, "find", find)
    for seconds in (12, 72):
        reconcile.reconcile(platform="facebook", clock=later(seconds=seconds))

    delivery.refresh_from_db()
    assert (len(answered), delivery.state, delivery.verify_count) == (2, State.VERIFYING, 0)
    ends = delivery.committing_at + longest_call() + timedelta(seconds=60)
    assert delivery.verify_at == ends


@pytest.mark.parametrize("platform", ["facebook", "telegram"])
def test_a_receipt_counts_although_its_run_was_taken_for_dead_meanwhile(
    simulator, deliver, platform
):
    delivery = deliver(platform)
    worker = engine.DeliveryWorker(platform, timezone.now)
    worker.claiming.claim()
    if worker.batch.staging:
        worker.results.write_back(worker.answers.take(timeout=60))
    worker.firing.fire(0)
    answers = worker.answers.take(timeout=60)
    reconcile.reconcile(platform=platform, clock=later(minutes=2))
    delivery.refresh_from_db()
    assert delivery.state == State.VERIFYING
    worker.results.record_answers(answers, is_behind=False)

    delivery.refresh_from_db()
    assert (delivery.state, delivery.verify_at) == (State.PUBLISHED, None)
    assert len(visible(simulator, delivery)) == 1


def test_a_draft_that_went_with_its_run_is_made_anew(simulator, deliver):
    """The run died before the visible call, so nothing is unknown."""
    delivery = deliver()
    _claim_and_die("facebook", stage=True)
    reconcile.reconcile(platform="facebook", clock=later(seconds=1))
    delivery.refresh_from_db()
    assert (delivery.state, [a.outcome for a in delivery.attempts.all()]) == (
        State.SCHEDULED,
        ["stopped"],
    )
    answers = Answers()
    account = account_of(delivery.channel)
    gone = Request(
        1, lambda connector: connector.withdraw(account, delivery.draft_ref), writes=True
    )
    client.submit("facebook", [gone], answers, begin_within=5)
    assert answers.take(timeout=60) == [(1, True)]

    for minutes in (1, 2, 3):
        engine.publish_due(platform="facebook", clock=later(minutes=minutes))

    delivery.refresh_from_db()
    assert delivery.state == State.PUBLISHED
    assert len(visible(simulator, delivery)) == 1


def test_all_that_a_dead_run_held_is_taken_over_at_one_tick(deliver, monkeypatch):
    for _ in range(5):
        deliver("telegram")
    _claim_and_die("telegram")
    monkeypatch.setattr(reconcile, "BATCH", 2)

    reconcile.reconcile(platform="telegram", clock=later(seconds=1))

    assert list(Delivery.objects.values_list("state", flat=True)) == [State.SCHEDULED] * 5


def test_a_run_that_comes_back_on_another_connection_keeps_what_it_holds(deliver):
    delivery = deliver("telegram")
    worker = engine.DeliveryWorker("telegram", timezone.now)
    worker.claiming.claim()
    connection.close()
    worker.claiming.renew_leases()

    reconcile.reconcile(platform="telegram", clock=later(seconds=30))

    delivery.refresh_from_db()
    assert (delivery.state, delivery.session) == (State.CLAIMED, sessions.get_backend_pid())


def test_a_run_that_comes_back_on_another_connection_keeps_what_flies(deliver):
    delivery = deliver()
    worker = engine.DeliveryWorker("facebook", timezone.now)
    worker.claiming.claim()
    worker.results.write_back(worker.answers.take(timeout=60))
    worker.firing.fire(0)
    connection.close()
    worker.claiming.renew_leases()

    reconcile.reconcile(platform="facebook", clock=later(seconds=30))

    delivery.refresh_from_db()
    assert (delivery.state, delivery.session) == (State.COMMITTING, sessions.get_backend_pid())


def test_what_a_run_claims_after_it_came_back_bears_its_new_connection(deliver, monkeypatch):
    delivery = deliver("telegram")
    worker = engine.DeliveryWorker("telegram", timezone.now)
    connection.close()
    seen = []
    load = worker.claiming.load

    def loaded(claimed):
        delivery.refresh_from_db()
        seen.append(delivery.session == sessions.get_backend_pid())
        load(claimed)

    monkeypatch.setattr(worker.claiming, "load", loaded)
    worker.run()

    assert seen == [True]


def test_a_run_does_not_claim_again_what_its_own_call_is_under_way_for(simulator, deliver):
    """It had lost its connection, so that its delivery was taken for abandoned and freed."""
    simulator.latency(facebook=300)
    delivery = deliver()
    worker = engine.DeliveryWorker("facebook", timezone.now)
    worker.claiming.claim()
    connection.close()
    give_up = time.monotonic() + 20
    while not Delivery.objects.filter(
        BackendIsGone("session")
    ).exists():  # the server may take a moment to notice
        assert time.monotonic() < give_up
    reconcile.reconcile(platform="facebook")
    delivery.refresh_from_db()
    assert delivery.state == State.SCHEDULED

    assert (worker.claiming.claim(), list(worker.batch.staging)) == (0, [delivery.pk])
    worker.run()
    engine.publish_due(platform="facebook")

    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempt, len(visible(simulator, delivery))) == (
        State.PUBLISHED,
        2,
        1,
    )


def test_every_visible_call_is_given_up_in_time(deliver, monkeypatch):
    deliver()
    sent, submit = [], client.submit

    def noted(platform, requests, answers, **more):
        sent.extend(requests)
        submit(platform, requests, answers, **more)

    monkeypatch.setattr(client, "submit", noted)
    engine.publish_due(platform="facebook")

    _stage, commit = sent
    assert time.monotonic() < commit.until < time.monotonic() + longest_call().total_seconds()


@pytest.mark.parametrize("text", ["code", "id"])
def test_what_a_platform_says_at_length_ends_no_run(simulator, deliver, monkeypatch, text):
    odd, plain = deliver("telegram"), deliver("telegram")
    commit = Telegram.commit

    async def committed(self, account, message, draft_ref=""):
        if message.key != str(odd.public_id):
            return await commit(self, account, message, draft_ref)
        if text == "code":
            raise Rejected("no" * 300, code="why_" * 30)
        return Receipt("1" * 300)

    monkeypatch.setattr(Telegram, "commit", committed)
    engine.publish_due(platform="telegram")

    for delivery in (odd, plain):
        delivery.refresh_from_db()
    assert (odd.state, plain.state) == (
        State.FAILED if text == "code" else State.VERIFYING,
        State.PUBLISHED,
    )


def test_a_run_that_died_in_the_visible_call_leaves_an_unknown_outcome(simulator, deliver):
    delivery = deliver()
    worker = engine.DeliveryWorker("facebook", timezone.now)
    worker.claiming.claim()
    worker.results.write_back(worker.answers.take(timeout=60))
    assert worker.firing.begin(list(worker.batch.ready)) == {
        delivery.pk
    }  # and here the process is killed
    reconcile.reconcile(platform="facebook", clock=later(minutes=2))
    delivery.refresh_from_db()
    assert delivery.state == State.VERIFYING
    reconcile.reconcile(platform="facebook", clock=later(minutes=4))
    delivery.refresh_from_db()
    assert delivery.state == State.SCHEDULED  # the platform says that the draft is not visible
    engine.publish_due(platform="facebook", clock=later(minutes=4))
    assert len(visible(simulator, delivery)) == 1


def test_a_frozen_run_that_wakes_after_its_lease_sends_nothing(simulator, deliver):
    delivery = deliver("telegram")
    worker = engine.DeliveryWorker("telegram", timezone.now)
    worker.claiming.claim()
    reconcile.reconcile(platform="telegram", clock=later(minutes=2))
    engine.publish_due(platform="telegram", clock=later(minutes=2))
    RateLimit.objects.all().delete()  # permits were taken two minutes ahead
    worker.run()  # the frozen one goes on where it stopped
    assert len(visible(simulator, delivery)) == 1


def test_a_picture_whose_bytes_changed_is_never_sent(simulator, deliver):
    delivery = deliver("telegram", pictures=1)
    media = Media.objects.get()
    with media.file.open("wb") as file:
        file.write(b"another picture")
    engine.publish_due(platform="telegram")
    delivery.refresh_from_db()
    assert (delivery.state, delivery.error_code) == (State.FAILED, "content_changed")
    assert simulator.truth() == []


def test_a_revision_changed_behind_the_portals_back_is_never_sent(simulator, deliver):
    delivery = deliver("telegram")
    with connection.cursor() as cursor:  # as somebody with the database in hand would
        cursor.execute("ALTER TABLE posts_revision DISABLE TRIGGER USER")
        text = str(delivery.revision.content["title"])
        cursor.execute(
            "UPDATE posts_revision SET content = replace(content::text, %s, %s)::jsonb",
            [f'"title": {_json(text)}', '"title": "Chuyển tiền ngay"'],
        )
        cursor.execute("ALTER TABLE posts_revision ENABLE TRIGGER USER")
    assert Revision.objects.get().content["title"] == "Chuyển tiền ngay"
    engine.publish_due(platform="telegram")
    delivery.refresh_from_db()
    assert (delivery.state, delivery.error_code) == (State.FAILED, "content_changed")
    assert simulator.truth() == []


def _json(text):
    return json.dumps(text, ensure_ascii=False)


def test_a_recalled_post_is_gone_and_its_text_stays_on_record(simulator, deliver):
    delivery = deliver()
    engine.publish_due(platform="facebook")
    delivery.refresh_from_db()
    chief = factories.person(Role.APPROVER, delivery.unit)
    recalling.recall(delivery, by=chief, reason="Số điện thoại sai")
    recall_worker.take_down_due(platform="facebook")
    delivery.refresh_from_db()
    assert delivery.state == State.RECALLED
    assert visible(simulator, delivery) == []
    assert delivery.revision.content["title"]


def test_every_step_is_on_record_once(simulator, deliver):
    delivery = deliver()
    engine.publish_due(platform="facebook")
    steps = (
        Entry.objects.filter(object_id=str(delivery.public_id))
        .order_by("pk")
        .values_list("action", flat=True)
    )
    assert list(steps) == [
        "delivery.claimed",
        "delivery.staged",
        "delivery.committing",
        "delivery.published",
    ]


def test_one_platform_that_hangs_holds_up_no_other(simulator, deliver, short_deadline):
    stuck, free = deliver("facebook"), deliver("telegram")
    simulator.fault("facebook", "hang_after", operation="stage", seconds=30)
    hanging = threading.Thread(target=_publish_and_close, args=("facebook",))
    hanging.start()
    engine.publish_due(platform="telegram")
    free.refresh_from_db()
    assert free.state == State.PUBLISHED
    hanging.join()
    stuck.refresh_from_db()
    assert stuck.state == State.SCHEDULED


def _publish_and_close(platform):
    try:
        engine.publish_due(platform=platform)
    finally:
        connection.close()


def test_tokens_reach_neither_logs_nor_rows(simulator, deliver, caplog):
    delivery = deliver("telegram")
    simulator.fault("telegram", "drop_after", operation="publish")
    with caplog.at_level("DEBUG"):
        engine.publish_due(platform="telegram")
    delivery.refresh_from_db()
    secret = "AAsimulatorbottoken"
    assert secret not in caplog.text
    assert secret not in delivery.error_detail + "".join(a.detail for a in delivery.attempts.all())


def test_what_a_platform_repeats_of_somebodys_words_is_not_kept(simulator, deliver):
    """Of a number that nobody knows: there its own words are all that an officer can be told."""
    delivery = deliver("facebook")
    said = 'Comment "Em la Nguyen Thi Hoa, 0912345678" by EAABwzLixnjYBO4ZCk1ZBq7ZA was refused'
    simulator.fault("facebook", "refuse", code=98765, words=said, operation="publish")

    engine.publish_due(platform="facebook")

    delivery.refresh_from_db()
    kept = "Comment … by … was refused"
    assert (delivery.platform_code, delivery.error_detail) == ("98765", kept)
    assert [attempt.detail for attempt in delivery.attempts.all()] == [kept]
    assert all("Hoa" not in str(vars(row)) for row in [*Entry.objects.all(), *Notice.objects.all()])


def test_claiming_costs_the_same_queries_for_one_and_for_many(simulator, deliver):
    def queries_for(number):
        for _ in range(number):
            deliver("telegram")
        worker = engine.DeliveryWorker("telegram", timezone.now)
        with CaptureQueriesContext(connection) as captured:
            worker.claiming.claim()
        worker.run()
        return len(captured)

    assert queries_for(1) == queries_for(3)


def test_a_try_that_was_stopped_before_its_call_says_so(simulator, deliver):
    delivery = deliver(due_at=timezone.now() + timedelta(seconds=2))
    worker = engine.DeliveryWorker("facebook", timezone.now)
    worker.claiming.claim()
    scheduling.cancel(Delivery.objects.get(pk=delivery.pk), by=delivery.post.author)
    worker.run()
    delivery.refresh_from_db()
    assert [a.outcome for a in delivery.attempts.all()] == ["stopped"]


def test_what_had_an_unknown_outcome_when_its_approval_ended_and_is_not_live_makes_room(
    simulator, deliver
):
    """Otherwise the new version finds the channel taken until the old one's time is over."""
    delivery = deliver()
    simulator.fault("facebook", "drop_before", operation="publish")
    engine.publish_due(platform="facebook")
    decisions.reopen(delivery.post, by=delivery.post.author)
    reconcile.reconcile(platform="facebook", clock=later(minutes=2))
    delivery.refresh_from_db()
    assert delivery.state == State.SCHEDULED

    expiry.expire()
    recall_worker.take_down_due(platform="facebook")

    delivery.refresh_from_db()
    assert (delivery.state, visible(simulator, delivery)) == (State.RECALLED, [])


def test_a_database_that_goes_away_in_the_middle_of_a_write_costs_no_answer(
    simulator, deliver, monkeypatch
):
    delivery = deliver()
    failing = iter([True])

    def write_once_in_vain(*arguments, **fields):
        end_attempts(*arguments, **fields)
        for _ in failing:
            raise OperationalError("server closed the connection unexpectedly")

    end_attempts = results.end_attempts
    monkeypatch.setattr(results, "end_attempts", write_once_in_vain)
    engine.publish_due(platform="facebook")

    delivery.refresh_from_db()
    assert (delivery.state, len(visible(simulator, delivery))) == (State.PUBLISHED, 1)
    assert [e.data["was"] for e in Entry.objects.filter(action="delivery.published")] == [
        "committing"
    ]
