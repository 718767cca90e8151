"""Recalls against the simulated platforms: what is said to be gone is gone, whatever happens on the
way.
"""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Notice
from accounts.permissions import Role
from channels.connection.health import mark_reconnected
from channels.states import Health
from core.errors import NotAllowed, Refused
from platforms.connector import Connector
from posts.states import PostState
from publishing.engine import firing
from publishing.engine import worker as engine
from publishing.models import Delivery, Recall
from publishing.recalls import recalling
from publishing.recalls import worker as recall_worker
from publishing.reconciliation import reconcile, verdicts
from publishing.states import Reason, State
from tests import factories
from tests.publishing.conftest import later

pytestmark = pytest.mark.django_db(transaction=True)
TWO_PHASE = ("facebook", "zalo")
WHY = "Số điện thoại trong bài sai"


def pictures_for(platform):
    return 1 if platform == "zalo" else 0


def published(deliver, platform="facebook", **fields):
    row = deliver(platform, pictures=pictures_for(platform), **fields)
    engine.publish_due(platform=platform)
    row.refresh_from_db()
    assert row.state == State.PUBLISHED
    return row


def chief_of(row):
    return factories.person(Role.APPROVER, row.unit)


def recalled(row):
    made = recalling.recall(row, by=chief_of(row), reason=WHY)
    row.refresh_from_db()
    return made


def take_down(row, **ahead):
    recall_worker.take_down_due(platform=row.platform, clock=later(**ahead))
    row.refresh_from_db()
    return row.state


def is_live(simulator, row):
    return len(simulator.visible(row.platform, row.channel.external_id)) > 0


# --- Gone is gone ---------------------------------------------------------------------------------


@pytest.mark.parametrize("platform", ["facebook", "zalo", "telegram"])
def test_a_recalled_post_disappears_and_its_record_stays(simulator, portal, deliver, platform):
    row = published(deliver, platform)

    made = recalled(row)
    take_down(row)

    assert (row.state, row.error_code, is_live(simulator, row)) == (State.RECALLED, "", False)
    assert row.recall == made
    assert row.revision.content["title"] == row.post.title
    made.refresh_from_db()
    assert made.finished_at is not None


@pytest.mark.parametrize("platform", TWO_PHASE)
def test_a_post_that_is_still_live_is_not_called_gone(simulator, portal, deliver, platform):
    row = published(deliver, platform)
    simulator.fault(platform, "late_apply", operation="withdraw", seconds=60)
    recalled(row)

    assert take_down(row) == State.RECALLING  # it said "deleted", and still stands
    assert is_live(simulator, row)
    simulator.advance(61)

    assert take_down(row, minutes=2) == State.RECALLED
    assert not is_live(simulator, row)


def test_a_list_that_lags_keeps_the_ledger_open(simulator, deliver):
    row = published(deliver)
    simulator.advance(120)
    simulator.fault("facebook", "listing_lag", operation="find", seconds=90, times=0)
    recalled(row)

    assert take_down(row) == State.RECALLING
    simulator.advance(91)

    assert take_down(row, minutes=2) == State.RECALLED


@pytest.mark.parametrize("fault", ["error_after", "drop_after", "truncated_json", "hang_after"])
@pytest.mark.parametrize("platform", TWO_PHASE)
def test_a_lost_answer_to_the_removal_is_asked_after(
    simulator, portal, deliver, platform, fault, short_deadline
):
    row = published(deliver, platform)
    simulator.fault(platform, fault, operation="withdraw", seconds=5)
    recalled(row)

    # A request that only repeats itself may be repeated by the connection already.
    assert take_down(row) in (State.RECALLING, State.RECALLED)
    assert take_down(row, minutes=1) == State.RECALLED
    assert not is_live(simulator, row)


def test_a_removal_that_was_accepted_is_not_sent_again_while_the_look_fails(simulator, deliver):
    row = published(deliver)
    simulator.fault("facebook", "error_before", operation="find", times=1)
    recalled(row)

    assert take_down(row) == State.RECALLING
    assert row.error_code == Reason.TAKEN_DOWN
    before = simulator.requests()["facebook"]["withdraw"]
    assert take_down(row, minutes=1) == State.RECALLED
    assert simulator.requests()["facebook"]["withdraw"] == before


def test_what_the_platform_only_hides_counts_as_hidden(simulator, deliver, monkeypatch):
    row = published(deliver, "facebook")
    shown = []

    async def hide(self, account, external_id):
        shown.append(external_id)
        await self.call_api(account, external_id, method="POST", data={"is_published": "false"})

    from platforms.messages import Visibility
    from platforms.meta.facebook.connector import Facebook

    async def trace(self, account, external_id):
        return Visibility.HIDDEN

    monkeypatch.setattr(Facebook, "withdraw", hide)
    monkeypatch.setattr(Facebook, "read_visibility", trace)
    recalled(row)
    take_down(row)
    assert (row.state, row.error_code, shown) == (State.RECALLED, "hidden", [row.remote_id])


# --- What is under way when the recall comes ------------------------------------------------------


def test_a_recall_between_claim_and_the_visible_call_wins(simulator, deliver, monkeypatch):
    row = deliver()
    begin = firing.Firing.begin

    def recalled_just_before(self, pks):
        recalling.recall(Delivery.objects.get(pk=row.pk), by=chief_of(row), reason=WHY)
        return begin(self, pks)

    monkeypatch.setattr(firing.Firing, "begin", recalled_just_before)
    engine.publish_due(platform="facebook")

    assert take_down(row) == State.RECALLED
    assert [post["intervals"] for post in simulator.truth()] == [[]]
    assert [post["state"] for post in simulator.truth()] == ["deleted"]
    assert row.published_at is None


@pytest.mark.parametrize("platform", TWO_PHASE)
def test_a_recall_during_a_call_that_hangs_takes_the_post_down_afterwards(
    simulator, portal, deliver, platform, short_deadline
):
    row = deliver(platform, pictures=pictures_for(platform))
    simulator.fault(platform, "hang_after", operation="publish", seconds=20)
    run = threading.Thread(target=_publish_and_close, args=(platform,))
    run.start()
    while Delivery.objects.get(pk=row.pk).state != State.COMMITTING:
        pass
    made = recalling.recall(Delivery.objects.get(pk=row.pk), by=chief_of(row), reason=WHY)
    run.join()
    row.refresh_from_db()
    assert (row.state, row.recall) == (
        State.VERIFYING,
        made,
    )  # perhaps it stands: nobody says that it is gone
    assert take_down(row) == State.VERIFYING

    reconcile.reconcile(platform=platform, clock=later(minutes=2))
    assert take_down(row, minutes=2) == State.RECALLED
    assert not is_live(simulator, row)
    assert row.published_at is not None


def _publish_and_close(platform):
    try:
        engine.publish_due(platform=platform)
    finally:
        connection.close()


def test_an_unknown_outcome_that_proves_unfounded_ends_the_recall_without_a_call(
    simulator, deliver
):
    row = deliver()
    simulator.fault("facebook", "drop_before", operation="publish")
    engine.publish_due(platform="facebook")
    row.refresh_from_db()
    made = recalled(row)

    simulator.advance(120)
    reconcile.reconcile(platform="facebook", clock=later(minutes=2))
    engine.publish_due(platform="facebook", clock=later(minutes=3))
    take_down(row, minutes=3)

    assert row.state == State.RECALLED  # its draft was taken away
    assert (row.published_at, simulator.visible()) == (None, [])
    made.refresh_from_db()
    assert made.finished_at is not None


def test_what_a_person_sees_live_after_the_recall_is_pulled_back(simulator, deliver):
    row = deliver("telegram")
    simulator.fault("telegram", "drop_after", operation="publish")
    engine.publish_due(platform="telegram")
    reconcile.reconcile(platform="telegram", clock=later(minutes=2))
    row.refresh_from_db()
    assert row.state == State.NEEDS_PERSON
    made = recalled(row)
    assert row.manual_deadline is not None

    officer = factories.person(Role.OFFICER, row.unit)
    verdicts.decide(row, by=officer, is_live=True)
    assert take_down(row) == State.NEEDS_PERSON  # nobody but people knows where it stands
    assert (row.error_code, row.recall) == ("withdraw_by_hand", made)

    verdicts.decide(row, by=officer, is_live=False)
    row.refresh_from_db()
    assert row.state == State.RECALLED


def test_a_seen_post_with_a_draft_is_taken_down_by_the_drafts_id(simulator, deliver):
    row = published(deliver)
    Delivery.objects.filter(pk=row.pk).update(receipt_source="seen", remote_id="")
    row.refresh_from_db()
    recalled(row)
    assert take_down(row) == State.RECALLED
    assert not is_live(simulator, row)


def test_a_post_that_was_put_up_manually_is_taken_down_manually(simulator, deliver):
    row = deliver(
        state=State.PUBLISHED, published_at=timezone.now(), receipt_source="posted", draft_ref="1_2"
    )
    recalled(row)
    assert take_down(row) == State.NEEDS_PERSON
    assert row.error_code == "withdraw_by_hand"


def test_a_manual_task_that_is_recalled_asks_whether_it_was_done_already(deliver):
    row = deliver(state=State.MANUAL)
    recalled(row)
    assert (row.state, row.error_code) == (State.NEEDS_PERSON, "withdraw_by_hand")
    assert row.manual_deadline > timezone.now()


# --- Channels that let nobody in ------------------------------------------------------------------


def test_a_dead_token_keeps_the_recall_until_the_channel_is_back(simulator, deliver):
    row = published(deliver)
    simulator.fault("facebook", "expired_token", times=0)
    recalled(row)

    assert take_down(row) == State.RECALLING
    row.channel.refresh_from_db()
    assert (row.error_code, row.channel.health) == ("access", Health.LOST)
    calls = simulator.requests()["facebook"]
    for minutes in (5, 60, 600):
        assert take_down(row, minutes=minutes) == State.RECALLING
    assert simulator.requests()["facebook"] == calls  # nobody knocks at a door that is shut

    simulator.clear_faults()
    mark_reconnected(row.channel)
    assert take_down(row, minutes=601) == State.RECALLED
    assert not is_live(simulator, row)


def test_a_telegram_post_that_is_too_old_becomes_a_task_with_a_deadline(
    simulator, deliver, settings
):
    row = published(deliver, "telegram")
    simulator.fault("telegram", "refuse", operation="withdraw", times=0)
    officer = factories.person(Role.OFFICER, row.unit)
    recalled(row)

    assert take_down(row) == State.NEEDS_PERSON
    assert row.error_code == "withdraw_failed"
    assert row.manual_deadline - timezone.now() > timedelta(
        seconds=settings.PUBLISHING["manual_seconds"] - 60
    )
    assert Notice.objects.filter(user=officer, kind="recall_by_hand").count() == 1


def test_without_the_right_to_delete_the_post_is_a_persons_task_and_the_channel_stays(simulator):
    channel = factories.connected(simulator, "instagram")
    shown = simulator.post("instagram", channel.external_id, "Cảnh giác", images=1)
    post = factories.approved(unit=channel.unit, channels=[channel])
    now = timezone.now()
    row = factories.delivery(
        post, channel, state=State.PUBLISHED, remote_id=shown["id"], published_at=now
    )
    simulator.fault("instagram", "refuse", operation="withdraw", code=10)
    recalled(row)

    assert take_down(row) == State.NEEDS_PERSON
    assert (row.error_code, row.platform_code) == ("withdraw_failed", "10")
    channel.refresh_from_db()
    assert channel.health == Health.CONNECTED


def test_an_officer_who_says_that_it_is_still_live_lets_the_portal_try_again(simulator, deliver):
    row = published(deliver)
    simulator.fault("facebook", "refuse", operation="withdraw", times=1)
    recalled(row)
    assert take_down(row) == State.NEEDS_PERSON
    until = row.manual_deadline

    verdicts.decide(row, by=factories.person(Role.OFFICER, row.unit), is_live=True)
    assert take_down(row) == State.RECALLED
    assert (row.manual_deadline, is_live(simulator, row)) == (until, False)


@pytest.mark.parametrize("health", [Health.MANUAL, Health.DISCONNECTED])
def test_a_channel_without_a_connection_is_a_manual_task(simulator, deliver, health):
    row = published(deliver)
    row.channel.health = health
    row.channel.save()
    recalled(row)
    assert take_down(row) == State.NEEDS_PERSON
    assert row.error_code == "withdraw_by_hand"
    assert is_live(simulator, row)


def test_a_platform_that_is_away_for_long_becomes_a_task_in_the_end(simulator, deliver):
    row = published(deliver)
    simulator.fault("facebook", "error_before", operation="withdraw", times=0)
    recalled(row)
    states = [take_down(row, minutes=10 * n) for n in range(20)]
    assert states == [State.RECALLING] * 19 + [State.NEEDS_PERSON]


# --- Many at once, workers that die ---------------------------------------------------------------


def test_two_workers_share_the_rows_and_every_post_goes(simulator, deliver):
    rows = [published(deliver) for _ in range(8)]
    for row in rows:
        recalled(row)
    simulator.latency(facebook=100)
    workers = [recall_worker.RecallWorker("facebook", timezone.now) for _ in range(2)]
    threads = [threading.Thread(target=_run_and_close, args=(worker,)) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(Delivery.objects.values_list("state", flat=True)) == {State.RECALLED}
    assert sum(worker.moved for worker in workers) == 8
    assert simulator.visible() == []
    assert simulator.requests()["facebook"]["withdraw"] == 8


def _run_and_close(worker):
    try:
        worker.run()
    finally:
        connection.close()


def test_a_worker_that_dies_with_calls_in_the_air_is_followed_by_another(simulator, deliver):
    row = published(deliver)
    recalled(row)
    recall_worker.RecallWorker("facebook", timezone.now)._claim(10)  # and is never heard of again

    assert take_down(row) == State.RECALLING  # still the first one's
    assert take_down(row, minutes=2) == State.RECALLED
    assert not is_live(simulator, row)


def test_one_page_that_hangs_holds_up_no_other(simulator, deliver, monkeypatch):
    monkeypatch.setattr(Connector, "deadline", timedelta(seconds=3))
    rows = [published(deliver) for _ in range(4)]
    stuck = rows[0]
    simulator.fault(
        "facebook", "hang_after", operation="withdraw", page=stuck.channel.external_id, seconds=10
    )
    for row in rows:
        recalled(row)
    worker = recall_worker.RecallWorker("facebook", timezone.now)
    done = []
    write_back = worker._write_back

    def watched(answers):
        write_back(answers)
        done.append(set(worker.in_flight))

    worker._write_back = watched
    worker.run()
    assert {stuck.pk} in done  # the others were written back while it hung
    assert Delivery.objects.filter(state=State.RECALLED).count() == 3


def test_one_pass_takes_down_more_than_it_carries_at_once(simulator, deliver, monkeypatch):
    monkeypatch.setattr(recall_worker, "_MOST_CALLS", 3)
    for row in [published(deliver) for _ in range(8)]:
        recalled(row)
    simulator.latency(facebook=50)
    assert recall_worker.take_down_due(platform="facebook") == 8
    assert simulator.visible() == []


@pytest.mark.true_clock
def test_a_recall_that_loses_a_deadlock_with_the_engine_begins_again(deliver):
    """The engine writes answers back in no order of keys, and so may hold what the recall waits
    for.
    """
    first = deliver(state=State.PUBLISHED, remote_id="1_1", published_at=timezone.now())
    middle, last = (
        factories.delivery(first.post, factories.ChannelFactory(unit=first.unit, platform=platform))
        for platform in ("zalo", "telegram")
    )
    begun, ended = threading.Barrier(3), []

    def write_back():
        """Hold the last row, then wait for the first; never look whether that is a knot, so that
        the recall does.
        """
        with transaction.atomic():
            _look_for_knots_after("1h")
            Delivery.objects.filter(pk=last.pk).update(error_detail="x")
            begun.wait()
            _wait_for_waiters(1)
            Delivery.objects.filter(pk=first.pk).update(error_detail="x")
        ended.append("engine")

    def wait_between():
        """Keep the recall from the last row until the engine waits: the recall ties the knot, and
        so finds it.
        """
        with transaction.atomic():
            Delivery.objects.filter(pk=middle.pk).update(error_detail="x")
            begun.wait()
            _wait_for_waiters(2)
        ended.append("gate")

    others = [
        threading.Thread(target=_closing, args=(work,)) for work in (write_back, wait_between)
    ]
    for thread in others:
        thread.start()
    begun.wait()
    made = recalling.withdraw(first.post, by=chief_of(first), reason=WHY, take_down=True)
    for thread in others:
        thread.join()
    assert made.deliveries.count() == 3
    assert Recall.objects.count() == 1
    assert sorted(ended) == ["engine", "gate"]


def _closing(work):
    try:
        work()
    finally:
        connection.close()


def _look_for_knots_after(time):
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL deadlock_timeout = '{time}'")


def _wait_for_waiters(number):
    waiting = 0
    while waiting < number:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = "
                "current_database() AND wait_event_type = 'Lock'"
            )
            waiting = cursor.fetchone()[0]


def test_the_act_costs_the_same_queries_for_one_page_and_for_many():
    def cost(pages):
        province = factories.ProvinceFactory()
        campaign = factories.CampaignFactory(unit=province)
        for number in range(pages):
            post = factories.approved(
                unit=factories.UnitFactory(parent=province), campaign=campaign
            )
            live_fields = {"state": State.PUBLISHED, "published_at": timezone.now()}
            factories.delivery(post, remote_id=f"{campaign.pk}_{number}", **live_fields)
        overseer = factories.person(Role.OVERSEER, province)
        with CaptureQueriesContext(connection) as queries:
            recalling.recall_campaign(campaign, unit=province, by=overseer, reason=WHY)
        assert (
            Delivery.objects.filter(state=State.RECALLING, post__campaign=campaign).count() == pages
        )
        return len(queries)

    assert cost(2) == cost(9)


# --- Whole posts and campaigns --------------------------------------------------------------------


def test_a_withdrawn_post_has_every_page_in_one_ledger(deliver):
    row = deliver(state=State.PUBLISHED, remote_id="1_1", published_at=timezone.now())
    other = factories.delivery(
        row.post, factories.ChannelFactory(unit=row.unit, platform="telegram")
    )
    made = recalling.withdraw(row.post, by=chief_of(row), reason=WHY, take_down=True)
    states = dict(made.deliveries.values_list("pk", "state"))
    assert states == {row.pk: State.RECALLING, other.pk: State.CANCELLED}
    assert row.post.state == PostState.WITHDRAWN


@pytest.mark.parametrize("act", ["recall", "withdraw"])
def test_the_writer_and_the_leaders_are_informed_but_not_who_did_it(deliver, act):
    row = deliver(state=State.PUBLISHED, remote_id="1_1", published_at=timezone.now())
    others, chief = [chief_of(row) for _ in range(2)], chief_of(row)
    if act == "recall":
        recalling.recall(row, by=chief, reason=WHY)
    else:
        recalling.withdraw(row.post, by=chief, reason=WHY, take_down=True)
    kind = {"recall": "post_recalled", "withdraw": "post_withdrawn"}[act]
    notices = list(Notice.objects.filter(kind=kind).values_list("user", flat=True))
    first_leader = row.revision.reviews.get(decision="approved").by_id
    assert sorted(notices) == sorted(
        [row.post.author_id, first_leader, *(other.pk for other in others)]
    )


def test_withdrawing_what_goes_out_nowhere_opens_no_ledger():
    post = factories.approved()
    assert (
        recalling.withdraw(
            post, by=factories.person(Role.APPROVER, post.unit), reason=WHY, take_down=True
        )
        is None
    )
    assert (post.state, Recall.objects.count()) == (PostState.WITHDRAWN, 0)


@pytest.fixture
def campaign_in_two_units():
    province = factories.ProvinceFactory()
    campaign = factories.CampaignFactory(unit=province)
    rows = []
    for number in range(2):
        unit = factories.UnitFactory(parent=province)
        post = factories.approved(unit=unit, campaign=campaign)
        rows.append(
            factories.delivery(
                post, state=State.PUBLISHED, remote_id=f"9_{number}", published_at=timezone.now()
            )
        )
    foreign = factories.approved(unit=factories.UnitFactory(), campaign=campaign)
    rows.append(
        factories.delivery(
            foreign, state=State.PUBLISHED, remote_id="9_9", published_at=timezone.now()
        )
    )
    return province, campaign, rows


def test_an_overseer_recalls_a_campaign_in_the_whole_province_and_nowhere_else(
    campaign_in_two_units,
):
    province, campaign, rows = campaign_in_two_units
    overseer = factories.person(Role.OVERSEER, province)
    made = recalling.recall_campaign(campaign, unit=province, by=overseer, reason=WHY)
    for row in rows:
        row.refresh_from_db()
        row.post.refresh_from_db()
    assert [row.state for row in rows] == [State.RECALLING, State.RECALLING, State.PUBLISHED]
    assert [row.post.state for row in rows] == [
        PostState.WITHDRAWN,
        PostState.WITHDRAWN,
        PostState.APPROVED,
    ]
    assert made.deliveries.count() == 2
    assert set(Notice.objects.filter(kind="campaign_recalled").values_list("user", flat=True)) == {
        row.post.author_id for row in rows[:2]
    } | {row.revision.reviews.get(decision="approved").by_id for row in rows[:2]}


def test_a_leader_recalls_the_campaign_in_the_own_unit_alone(campaign_in_two_units):
    _province, campaign, rows = campaign_in_two_units
    recalling.recall_campaign(campaign, unit=rows[0].unit, by=chief_of(rows[0]), reason=WHY)
    assert list(Delivery.objects.filter(state=State.RECALLING)) == [rows[0]]


def test_a_leader_at_the_province_does_not_reach_the_communes(campaign_in_two_units):
    province, campaign, _rows = campaign_in_two_units
    leader = factories.person(Role.APPROVER, province)
    with pytest.raises(Refused):
        recalling.recall_campaign(campaign, unit=province, by=leader, reason=WHY)
    assert Delivery.objects.filter(state=State.PUBLISHED).count() == 3


def test_an_officer_recalls_nothing(campaign_in_two_units):
    _province, campaign, rows = campaign_in_two_units
    officer = factories.person(Role.OFFICER, rows[0].unit)
    with pytest.raises(NotAllowed):
        recalling.recall_campaign(campaign, unit=rows[0].unit, by=officer, reason=WHY)


def test_who_recalled_is_informed_when_the_last_page_is_done(simulator, deliver):
    row = published(deliver)
    chief = chief_of(row)
    recalling.recall(row, by=chief, reason=WHY)
    take_down(row)
    take_down(row, minutes=1)
    assert Notice.objects.filter(user=chief, kind="recall_finished").count() == 1


def test_two_recalls_at_once_take_the_post_back_once(deliver):
    row = deliver(state=State.PUBLISHED, remote_id="1_1", published_at=timezone.now())
    chiefs = [chief_of(row) for _ in range(6)]
    refused = []

    def act(chief):
        try:
            recalling.recall(Delivery.objects.get(pk=row.pk), by=chief, reason=WHY)
        except Refused:
            refused.append(chief)
        finally:
            connection.close()

    threads = [threading.Thread(target=act, args=(chief,)) for chief in chiefs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (Recall.objects.count(), len(refused)) == (1, 5)


# --- Drafts that nobody will show any more --------------------------------------------------------


@pytest.mark.parametrize("ended", [State.EXPIRED, State.FAILED, State.CANCELLED])
def test_the_draft_of_an_ended_delivery_is_taken_away(simulator, deliver, monkeypatch, ended):
    row = deliver()
    simulator.fault("facebook", "rate_limit", operation="publish", retry_after=600)
    engine.publish_due(platform="facebook")
    row.refresh_from_db()
    assert row.draft_ref
    Delivery.objects.filter(pk=row.pk).update(**factories.in_state(ended))

    take_down(row)

    assert (row.state, row.draft_ref) == (ended, "")
    assert [post["state"] for post in simulator.truth()] == ["deleted"]


def test_a_post_that_is_not_there_yet_is_asked_for_again_once_the_grace_is_over(simulator, deliver):
    """Telegram says that a post stands before it shows it: nothing there to delete proves nothing
    then.
    """
    row = deliver("telegram")
    simulator.fault("telegram", "late_apply", operation="publish", seconds=30)
    engine.publish_due(platform="telegram")
    row.refresh_from_db()
    recalled(row)

    take_down(row)
    assert row.state == State.RECALLING

    simulator.advance(31)
    take_down(row, minutes=2)
    assert (row.state, is_live(simulator, row)) == (State.RECALLED, False)
