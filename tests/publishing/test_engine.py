"""The engine against the simulated platforms, over real HTTP."""

import asyncio
import json
import threading
import time
from dataclasses import replace
from datetime import UTC, timedelta

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.permissions import Role
from audit.models import Entry
from channels import vault
from channels.connectors.base import OutcomeUnknown, Receipt, Rejected
from channels.connectors.telegram import Telegram
from channels.queries import account_of, facts_of, row_name
from channels.states import Health
from core import sessions
from core.sessions import Gone
from posts import services as posts
from posts.models import Media, Revision
from posts.states import PostState
from publishing import engine, recalls, services, settling
from publishing.models import Delivery, Gate
from publishing.states import State
from publishing.wire import Answers, Errand, Wire, longest_call, wire
from tests import factories
from tests.publishing.conftest import later

pytestmark = pytest.mark.django_db(transaction=True)
PLATFORMS = ("facebook", "zalo", "telegram")
TWO_PHASE = ("facebook", "zalo")


def visible(simulator, delivery):
    return simulator.visible(delivery.platform, delivery.channel.external_id)


def pictures_for(platform):
    return 1 if platform == "zalo" else 0


@pytest.mark.embedded
@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_due_delivery_is_published_as_approved_and_keeps_its_receipt(simulator, portal, deliver, platform):
    delivery = deliver(platform, pictures=2)

    engine.publish_due(platform=platform)

    delivery.refresh_from_db()
    (seen,) = visible(simulator, delivery)
    assert (delivery.state, delivery.error_code) == (State.PUBLISHED, "")
    assert delivery.remote_id
    assert delivery.permalink
    assert delivery.revision.content["channels"][0]["text"].split("\n")[0] in f"{seen['title']}\n{seen['text']}"
    assert len(seen["media"]) == 2
    assert [a.outcome for a in delivery.attempts.all()] == ["published"]


@pytest.mark.parametrize("platform", PLATFORMS)
def test_ringing_again_publishes_nothing_again(simulator, portal, deliver, platform):
    delivery = deliver(platform, pictures=pictures_for(platform))
    for _ in range(3):
        engine.publish_due(platform=platform)
    assert len(visible(simulator, delivery)) == 1


def test_two_runs_at_once_publish_each_delivery_once(simulator, deliver):
    deliveries = [deliver() for _ in range(12)]
    # Each thread stands for a process of its own: without the lock that keeps one process from ringing itself.
    runs = [engine.Run("facebook", timezone.now) for _ in range(3)]
    threads = [threading.Thread(target=_work_and_close, args=(run,)) for run in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [len(visible(simulator, d)) for d in deliveries] == [1] * 12
    assert Delivery.objects.filter(state=State.PUBLISHED).count() == 12
    assert sum(run.claimed for run in runs) == 12


def _work_and_close(run):
    try:
        run.work()
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


def test_a_delivery_due_tomorrow_is_not_touched(simulator, deliver):
    delivery = deliver(due_at=timezone.now() + timedelta(days=1))
    engine.publish_due(platform="facebook")
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempt) == (State.SCHEDULED, 0)
    assert simulator.truth() == []


@pytest.mark.embedded
@pytest.mark.parametrize("platform", TWO_PHASE)
@pytest.mark.parametrize("fault", ["drop_after", "error_after", "truncated_json"])
def test_a_lost_answer_is_looked_up_before_anything_is_sent_again(simulator, portal, deliver, platform, fault):
    delivery = deliver(platform, pictures=pictures_for(platform))
    simulator.fault(platform, fault, operation="publish")

    engine.publish_due(platform=platform)
    delivery.refresh_from_db()
    assert delivery.state == State.VERIFYING

    engine.publish_due(platform=platform, clock=later(seconds=30))
    settling.settle(platform=platform, clock=later(seconds=30))
    delivery.refresh_from_db()
    assert delivery.state == State.VERIFYING  # the grace is not over: the platform may still be applying it

    simulator.advance(120)
    settling.settle(platform=platform, clock=later(minutes=2))
    delivery.refresh_from_db()
    assert delivery.state == State.PUBLISHED
    assert len(visible(simulator, delivery)) == 1


def test_an_article_that_is_being_shown_is_not_failed_by_a_gateway(simulator, portal, deliver):
    simulator.settings(zalo_job_seconds=0)
    delivery = deliver("zalo", pictures=1)
    simulator.fault("zalo", "error_before", operation="verify", status=404, skip=1)  # the first makes the draft

    engine.publish_due(platform="zalo")
    delivery.refresh_from_db()
    doubted = delivery.state
    settling.settle(platform="zalo", clock=later(minutes=2))

    delivery.refresh_from_db()
    assert (doubted, delivery.state) == (State.VERIFYING, State.PUBLISHED)
    assert len(visible(simulator, delivery)) == 1


def test_what_is_known_of_one_page_waits_for_no_other(simulator, deliver, monkeypatch):
    deliver(), deliver()
    simulator.fault("facebook", "drop_after", operation="publish", times=0)
    engine.publish_due(platform="facebook")
    known, ask = [], settling.ask

    def one_by_one(*given):
        for row, answer in ask(*given):
            yield row, answer
            known.append(Delivery.objects.get(pk=row.pk).state)

    monkeypatch.setattr(settling, "ask", one_by_one)
    settling.settle(platform="facebook", clock=later(minutes=2))

    assert known == [State.PUBLISHED] * 2


def test_a_platform_that_hangs_after_accepting_is_doubt_not_failure(simulator, deliver, short_deadline):
    delivery = deliver()
    simulator.fault("facebook", "hang_after", operation="publish", seconds=30)
    engine.publish_due(platform="facebook")
    delivery.refresh_from_db()
    assert delivery.state == State.VERIFYING
    settling.settle(platform="facebook", clock=later(minutes=2))
    delivery.refresh_from_db()
    assert delivery.state == State.PUBLISHED
    assert len(visible(simulator, delivery)) == 1


@pytest.mark.parametrize("platform", TWO_PHASE)
def test_a_request_that_was_never_accepted_is_sent_again_once(simulator, portal, deliver, platform):
    delivery = deliver(platform, pictures=pictures_for(platform))
    simulator.fault(platform, "drop_before", operation="publish")
    engine.publish_due(platform=platform)
    settling.settle(platform=platform, clock=later(minutes=2))
    delivery.refresh_from_db()
    assert delivery.state == State.SCHEDULED

    engine.publish_due(platform=platform, clock=later(minutes=3))

    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempt) == (State.PUBLISHED, 2)
    assert len(visible(simulator, delivery)) == 1


@pytest.mark.parametrize("fault", ["drop_before", "drop_after"])
def test_telegram_cannot_tell_so_a_person_looks(simulator, deliver, fault):
    delivery = deliver("telegram")
    officer = delivery.scheduled_by
    simulator.fault("telegram", fault, operation="publish")
    engine.publish_due(platform="telegram")
    settling.settle(platform="telegram", clock=later(minutes=2))
    delivery.refresh_from_db()
    assert delivery.state == State.NEEDS_PERSON
    assert [n.kind for n in officer.notices.all()] == ["delivery_needs_person"]
    stands = fault == "drop_after"

    services.decide(delivery, by=officer, stands=stands, permalink="https://t.me/x/1" if stands else "")

    assert delivery.state == (State.PUBLISHED if stands else State.FAILED)
    assert len(visible(simulator, delivery)) == int(stands)


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


def test_a_refused_text_fails_at_once_and_the_unit_is_told(simulator, deliver):
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
    assert (delivery.state, delivery.error_code, delivery.attempt) == (State.FAILED, "too_many_tries", 2)


def test_a_dead_token_stops_the_channel_and_a_new_one_sends_what_waited(simulator, deliver):
    delivery = deliver()
    waiting = factories.delivery(
        factories.approved(unit=delivery.unit, channels=[delivery.channel]), delivery.channel, due_at=timezone.now()
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
    channel.sealed = vault.seal({"token": page["tokens"]["access_token"]}, row=row_name(channel))
    channel.health = Health.CONNECTED
    channel.save()
    engine.publish_due(platform="facebook", clock=later(minutes=10))
    for row in (delivery, waiting):
        row.refresh_from_db()
        assert row.state == State.PUBLISHED


@pytest.mark.embedded
def test_what_is_too_late_expires_and_is_never_sent(simulator, deliver):
    delivery = deliver(due_at=timezone.now() - timedelta(hours=3))
    engine.publish_due(platform="facebook")
    settling.expire()
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
    settling.expire()
    delivery.refresh_from_db()
    assert delivery.state == State.EXPIRED
    assert simulator.truth() == []


@pytest.mark.parametrize(("minutes", "closed"), [(-1, False), (0, True)])
def test_a_unit_publishes_until_midnight_of_its_last_day_and_no_minute_longer(deliver, minutes, closed):
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    moment = midnight.astimezone(UTC) + timedelta(minutes=minutes)
    delivery = deliver("facebook", due_at=midnight)
    delivery.unit.valid_to = midnight.date()
    delivery.unit.save()

    fit = Delivery.objects.fit(moment).exists()
    settling.expire(clock=lambda: moment)

    delivery.refresh_from_db()
    assert (fit, delivery.state == State.EXPIRED) == (not closed, closed)


@pytest.mark.embedded
def test_an_edit_after_approval_stops_what_was_scheduled(simulator, deliver):
    delivery = deliver(due_at=timezone.now() + timedelta(hours=1))
    officer = delivery.post.author

    posts.reopen(delivery.post, by=officer)

    engine.publish_due(platform="facebook", clock=later(hours=1, seconds=1))
    delivery.refresh_from_db()
    assert (delivery.state, delivery.post.state) == (State.CANCELLED, PostState.DRAFT)
    assert simulator.truth() == []


def test_a_cancellation_after_claim_and_before_the_call_wins(simulator, deliver, monkeypatch):
    delivery = deliver()
    begin = engine.Run._begin

    def cancel_first(run, pks):
        services.cancel(Delivery.objects.get(pk=delivery.pk), by=delivery.scheduled_by, reason="nhầm ngày")
        monkeypatch.setattr(engine.Run, "_begin", begin)
        return begin(run, pks)

    monkeypatch.setattr(engine.Run, "_begin", cancel_first)
    engine.publish_due(platform="facebook")

    delivery.refresh_from_db()
    assert delivery.state == State.RECALLING  # the invisible draft on the platform is still to be taken away
    recalls.take_down_due(platform="facebook")
    delivery.refresh_from_db()
    assert delivery.state == State.RECALLED
    assert [post["state"] for post in simulator.truth()] == ["deleted"]
    assert [post["intervals"] for post in simulator.truth()] == [[]]


def test_a_prepared_delivery_on_its_last_try_waits_when_its_channel_is_lost(simulator, deliver, settings, monkeypatch):
    settings.PUBLISHING = {**settings.PUBLISHING, "max_attempts": 1}
    delivery = deliver()
    begin = engine.Run._begin

    def lose_the_channel_first(run, pks):
        type(delivery.channel).objects.update(health=Health.LOST)
        return begin(run, pks)

    monkeypatch.setattr(engine.Run, "_begin", lose_the_channel_first)
    engine.publish_due(platform="facebook")
    delivery.refresh_from_db()
    assert (delivery.state, delivery.error_code) == (State.SCHEDULED, "later")
    assert visible(simulator, delivery) == []


@pytest.mark.parametrize("finds", [True, False])
def test_receipts_wait_while_more_is_due_than_can_be_begun_where_a_lost_one_can_be_found_again(
    simulator, deliver, settings, monkeypatch, finds
):
    monkeypatch.setattr(engine, "facts_of", lambda platform: replace(facts_of(platform), finds=finds))
    settings.PUBLISHING = {**settings.PUBLISHING, "connections": 1}
    unit = factories.UnitFactory()
    due = [deliver(unit=unit) for _ in range(8)]
    written, begun = [], []
    write, begin = engine.Run._write_published, engine.Run._begin

    def note_written(run, published):
        written.extend([len(begun)] * len(published))
        return write(run, published)

    def note_begun(run, pks):
        begun.extend(pks)
        return begin(run, pks)

    monkeypatch.setattr(engine.Run, "_write_published", note_written)
    monkeypatch.setattr(engine.Run, "_begin", note_begun)
    monkeypatch.setattr(engine, "_HOLD", 60.0)
    engine.publish_due(platform="facebook")

    assert [Delivery.objects.get(pk=each.pk).state for each in due] == [State.PUBLISHED] * 8
    assert len(written) == 8
    assert (min(written) == 8) == finds  # none before the last call had been begun


def test_what_is_no_receipt_never_waits(simulator, deliver, settings, monkeypatch):
    settings.PUBLISHING = {**settings.PUBLISHING, "connections": 1}
    unit = factories.UnitFactory()
    due = [deliver(unit=unit) for _ in range(6)]
    simulator.fault("facebook", "drop_after", operation="publish", page=due[0].channel.external_id)
    begun_by = {}
    doubt = engine.Run._doubt

    def note(run, shipments, error):
        begun_by.update({s.pk: len(run.ready) for s in shipments})
        return doubt(run, shipments, error)

    monkeypatch.setattr(engine.Run, "_doubt", note)
    monkeypatch.setattr(engine, "_HOLD", 60.0)
    engine.publish_due(platform="facebook")

    assert begun_by[due[0].pk] > 0  # others were still waiting for their turn
    assert Delivery.objects.filter(state=State.PUBLISHED).count() == 5


def test_a_run_that_died_before_the_visible_call_is_taken_over(simulator, deliver):
    delivery = deliver("telegram")
    run = engine.Run("telegram", timezone.now)
    run._claim()  # and here the process is killed
    settling.settle(platform="telegram", clock=later(minutes=1))
    delivery.refresh_from_db()
    assert delivery.state == State.CLAIMED  # the lease still runs

    settling.settle(platform="telegram", clock=later(minutes=2))
    delivery.refresh_from_db()
    assert delivery.state == State.SCHEDULED
    engine.publish_due(platform="telegram", clock=later(minutes=2))
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempt) == (State.PUBLISHED, 2)
    assert len(visible(simulator, delivery)) == 1


def _claim_and_die(platform, *, stage=False, begin=False, clock=timezone.now):
    """As a process that is killed: nothing is put away, and its connection to the database ends."""

    def die():
        run = engine.Run(platform, clock)
        run._claim()
        if (stage or begin) and run.staging:
            run._write_back(run.answers.take(timeout=10))
        if begin:
            run._begin(list(run.ready))
        connection.close()

    thread = threading.Thread(target=die)
    thread.start()
    thread.join()
    give_up = time.monotonic() + 20
    while not Delivery.objects.filter(Gone("session")).exists():  # the server may take a moment to notice
        assert time.monotonic() < give_up


def test_a_run_that_was_killed_before_the_visible_call_is_taken_over_at_once(simulator, deliver):
    delivery = deliver("telegram")
    _claim_and_die("telegram")

    settling.settle(platform="telegram", clock=later(seconds=1))
    delivery.refresh_from_db()
    assert delivery.state == State.SCHEDULED
    engine.publish_due(platform="telegram", clock=later(seconds=1))

    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempt) == (State.PUBLISHED, 2)
    assert len(visible(simulator, delivery)) == 1


def test_what_kills_every_run_that_takes_it_is_taken_more_slowly_each_time(deliver):
    delivery = deliver("telegram")
    _claim_and_die("telegram")
    settling.settle(platform="telegram", clock=later(seconds=1))
    _claim_and_die("telegram", clock=later(seconds=2))
    settling.settle(platform="telegram", clock=later(seconds=3))

    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempt) == (State.SCHEDULED, 2)
    assert delivery.fire_at > timezone.now() + timedelta(seconds=5)


def test_where_the_platform_cannot_be_asked_a_lost_connection_ends_no_call_that_is_under_way(deliver):
    delivery = deliver("telegram")
    _claim_and_die("telegram", begin=True)

    settling.settle(platform="telegram", clock=later(seconds=30))

    delivery.refresh_from_db()
    assert delivery.state == State.COMMITTING  # until its lease ends: the answer may still come


def test_a_run_that_was_killed_in_the_visible_call_is_asked_after_without_waiting_for_its_lease(simulator, deliver):
    delivery = deliver("facebook")
    _claim_and_die("facebook", begin=True)

    settling.settle(platform="facebook", clock=later(seconds=1))
    delivery.refresh_from_db()
    assert delivery.state == State.VERIFYING
    ends = delivery.committing_at + longest_call() + timedelta(seconds=60)
    settling.settle(platform="facebook", clock=lambda: ends - timedelta(seconds=1))
    delivery.refresh_from_db()
    assert delivery.state == State.VERIFYING  # its run may live, and the call be on its way
    settling.settle(platform="facebook", clock=lambda: ends)

    delivery.refresh_from_db()
    assert (delivery.state, visible(simulator, delivery)) == (State.SCHEDULED, [])


@pytest.mark.parametrize("platform", ["facebook", "telegram"])
def test_a_receipt_counts_although_its_run_was_taken_for_dead_meanwhile(simulator, deliver, platform):
    delivery = deliver(platform)
    run = engine.Run(platform, timezone.now)
    run._claim()
    if run.staging:
        run._write_back(run.answers.take(timeout=10))
    run._fire()
    answers = run.answers.take(timeout=10)
    settling.settle(platform=platform, clock=later(minutes=2))
    delivery.refresh_from_db()
    assert delivery.state == State.VERIFYING
    run._hear(answers)

    delivery.refresh_from_db()
    assert (delivery.state, delivery.verify_at) == (State.PUBLISHED, None)
    assert len(visible(simulator, delivery)) == 1


def test_a_draft_that_went_with_its_run_is_made_anew(simulator, deliver):
    """The run died before the visible call, so nothing is in doubt."""
    delivery = deliver()
    _claim_and_die("facebook", stage=True)
    settling.settle(platform="facebook", clock=later(seconds=1))
    delivery.refresh_from_db()
    assert (delivery.state, [a.outcome for a in delivery.attempts.all()]) == (State.SCHEDULED, ["stopped"])
    answers = Answers()
    gone = Errand(1, lambda connector: connector.withdraw(account_of(delivery.channel), delivery.draft_ref))
    wire().send("facebook", [gone], answers, held_for=5)
    assert answers.take(timeout=5) == [(1, True)]

    for minutes in (1, 2, 3):
        engine.publish_due(platform="facebook", clock=later(minutes=minutes))

    delivery.refresh_from_db()
    assert delivery.state == State.PUBLISHED
    assert len(visible(simulator, delivery)) == 1


def test_all_that_a_dead_run_held_is_taken_over_at_one_ring(deliver, monkeypatch):
    for _ in range(5):
        deliver("telegram")
    _claim_and_die("telegram")
    monkeypatch.setattr(settling, "_BATCH", 2)

    settling.settle(platform="telegram", clock=later(seconds=1))

    assert list(Delivery.objects.values_list("state", flat=True)) == [State.SCHEDULED] * 5


def test_a_run_that_comes_back_on_another_connection_keeps_what_it_holds(deliver):
    delivery = deliver("telegram")
    run = engine.Run("telegram", timezone.now)
    run._claim()
    connection.close()
    run._renew()

    settling.settle(platform="telegram", clock=later(seconds=30))

    delivery.refresh_from_db()
    assert (delivery.state, delivery.session) == (State.CLAIMED, sessions.mine())


def test_a_run_that_comes_back_on_another_connection_keeps_what_flies(deliver):
    delivery = deliver()
    run = engine.Run("facebook", timezone.now)
    run._claim()
    run._write_back(run.answers.take(timeout=10))
    run._fire()
    connection.close()
    run._renew()

    settling.settle(platform="facebook", clock=later(seconds=30))

    delivery.refresh_from_db()
    assert (delivery.state, delivery.session) == (State.COMMITTING, sessions.mine())


def test_what_a_run_claims_after_it_came_back_bears_its_new_connection(deliver, monkeypatch):
    delivery = deliver("telegram")
    run = engine.Run("telegram", timezone.now)
    connection.close()
    seen = []
    prepare = run._prepare

    def prepared(claimed):
        delivery.refresh_from_db()
        seen.append(delivery.session == sessions.mine())
        prepare(claimed)

    monkeypatch.setattr(run, "_prepare", prepared)
    run.work()

    assert seen == [True]


def test_a_visible_call_is_given_up_whatever_it_is_made_of():
    answers = Answers()
    started = time.monotonic()
    wire().send("telegram", [Errand(1, lambda connector: asyncio.sleep(60), until=started + 0.1)], answers, held_for=60)

    ((_name, answer),) = answers.take(timeout=30)

    assert isinstance(answer, OutcomeUnknown)


def test_every_visible_call_is_given_up_in_time(deliver, monkeypatch):
    deliver()
    sent, send = [], Wire.send

    def noted(self, platform, errands, answers, **more):
        sent.extend(errands)
        send(self, platform, errands, answers, **more)

    monkeypatch.setattr(Wire, "send", noted)
    engine.publish_due(platform="facebook")

    _stage, commit = sent
    assert time.monotonic() < commit.until < time.monotonic() + longest_call().total_seconds()


@pytest.mark.parametrize("told", ["code", "id"])
def test_what_a_platform_says_at_length_ends_no_run(simulator, deliver, monkeypatch, told):
    odd, plain = deliver("telegram"), deliver("telegram")
    commit = Telegram.commit

    async def committed(self, account, message, draft_ref=""):
        if message.key != str(odd.public_id):
            return await commit(self, account, message, draft_ref)
        if told == "code":
            raise Rejected("no" * 300, code="why_" * 30)
        return Receipt("1" * 300)

    monkeypatch.setattr(Telegram, "commit", committed)
    engine.publish_due(platform="telegram")

    for delivery in (odd, plain):
        delivery.refresh_from_db()
    assert (odd.state, plain.state) == (State.FAILED if told == "code" else State.VERIFYING, State.PUBLISHED)


def test_a_run_that_died_in_the_visible_call_leaves_a_doubt(simulator, deliver):
    delivery = deliver()
    run = engine.Run("facebook", timezone.now)
    run._claim()
    run._write_back(run.answers.take(timeout=10))
    assert run._begin(list(run.ready)) == {delivery.pk}  # and here the process is killed
    settling.settle(platform="facebook", clock=later(minutes=2))
    delivery.refresh_from_db()
    assert delivery.state == State.VERIFYING
    settling.settle(platform="facebook", clock=later(minutes=4))
    delivery.refresh_from_db()
    assert delivery.state == State.SCHEDULED  # the platform says that the draft is not visible
    engine.publish_due(platform="facebook", clock=later(minutes=4))
    assert len(visible(simulator, delivery)) == 1


def test_a_frozen_run_that_wakes_after_its_lease_sends_nothing(simulator, deliver):
    delivery = deliver("telegram")
    run = engine.Run("telegram", timezone.now)
    run._claim()
    settling.settle(platform="telegram", clock=later(minutes=2))
    engine.publish_due(platform="telegram", clock=later(minutes=2))
    Gate.objects.all().delete()  # turns were dealt out two minutes ahead, and would be waited for
    run.work()  # the frozen one goes on where it stopped
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
    recalls.recall(delivery, by=chief, reason="Số điện thoại sai")
    recalls.take_down_due(platform="facebook")
    delivery.refresh_from_db()
    assert delivery.state == State.RECALLED
    assert visible(simulator, delivery) == []
    assert delivery.revision.content["title"]


def test_every_step_is_on_record_once(simulator, deliver):
    delivery = deliver()
    engine.publish_due(platform="facebook")
    steps = Entry.objects.filter(object_id=str(delivery.public_id)).order_by("pk").values_list("action", flat=True)
    assert list(steps) == ["delivery.claimed", "delivery.staged", "delivery.committing", "delivery.published"]


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


def test_claiming_costs_the_same_queries_for_one_and_for_many(simulator, deliver):
    def queries_for(number):
        for _ in range(number):
            deliver("telegram")
        run = engine.Run("telegram", timezone.now)
        with CaptureQueriesContext(connection) as captured:
            run._claim()
        run.work()
        return len(captured)

    assert queries_for(1) == queries_for(3)


def test_a_try_that_was_stopped_before_its_call_says_so(simulator, deliver):
    delivery = deliver(due_at=timezone.now() + timedelta(seconds=2))
    run = engine.Run("facebook", timezone.now)
    run._claim()
    services.cancel(Delivery.objects.get(pk=delivery.pk), by=delivery.post.author)
    run.work()
    delivery.refresh_from_db()
    assert [a.outcome for a in delivery.attempts.all()] == ["stopped"]


def test_what_was_in_doubt_when_its_approval_ended_and_does_not_stand_makes_room(simulator, deliver):
    """Otherwise the new version finds the channel taken until the old one's time is over."""
    delivery = deliver()
    simulator.fault("facebook", "drop_before", operation="publish")
    engine.publish_due(platform="facebook")
    posts.reopen(delivery.post, by=delivery.post.author)
    settling.settle(platform="facebook", clock=later(minutes=2))
    delivery.refresh_from_db()
    assert delivery.state == State.SCHEDULED

    settling.expire()
    recalls.take_down_due(platform="facebook")

    delivery.refresh_from_db()
    assert (delivery.state, visible(simulator, delivery)) == (State.RECALLED, [])


def test_a_database_that_goes_away_in_the_middle_of_a_write_costs_no_answer(simulator, deliver, monkeypatch):
    delivery = deliver()
    failing = iter([True])

    def write_once_in_vain(*arguments, **fields):
        end_attempts(*arguments, **fields)
        for _ in failing:
            raise OperationalError("server closed the connection unexpectedly")

    end_attempts = engine.end_attempts
    monkeypatch.setattr(engine, "end_attempts", write_once_in_vain)
    engine.publish_due(platform="facebook")

    delivery.refresh_from_db()
    assert (delivery.state, len(visible(simulator, delivery))) == (State.PUBLISHED, 1)
    assert [e.data["was"] for e in Entry.objects.filter(action="delivery.published")] == ["committing"]
