"""Drafts that are made in steps, and videos that are brought to their platform before their
second.
"""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.permissions import Role
from core.errors import Refused
from media.models import Media
from platforms.errors import TryLater
from platforms.messages import Draft
from platforms.meta.facebook.connector import Facebook
from platforms.meta.facebook.posts import Upload
from publishing import tasks
from publishing.engine import run_context, staging, uploads
from publishing.engine import worker as engine
from publishing.models import Delivery
from publishing.presenters.delivery import delivery_sentence, delivery_status
from publishing.recalls import recalling
from publishing.recalls import worker as recall_worker
from publishing.reconciliation import expiry, reconcile
from publishing.scheduling import scheduling
from publishing.states import State
from tests import factories
from tests.publishing.conftest import later

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def quick(simulator, monkeypatch):
    """The platform is done with a video at once, and nobody waits before asking."""
    simulator.settings(facebook_video_seconds=0)
    draft = Upload.draft
    monkeypatch.setattr(
        Upload, "draft", lambda upload, *, ready=False, wait=0: draft(upload, ready=ready)
    )


@pytest.fixture
def deliver_video(simulator, quick):
    """Make a delivery of a post with a video, due in so many minutes:
    ``deliver_video(minutes=20)``.
    """

    def make(*, minutes=20.0, channel=None, **fields):
        channel = channel or factories.connected(simulator, "facebook", factories.UnitFactory())
        post = factories.approved(
            unit=channel.unit, channels=[channel], media=[factories.video(channel.unit)]
        )
        due_at = timezone.now() + timedelta(minutes=minutes)
        (made,) = scheduling.schedule(post, by=post.author, times={channel: due_at})
        factories.plan_anew(made, **fields)
        return Delivery.objects.get(pk=made.pk)

    return make


def seen(simulator, delivery):
    return simulator.visible("facebook", delivery.channel.external_id)


def is_clean(simulator, delivery):
    """Tell whether everything that was made on the page was never seen and is gone."""
    made = simulator.truth("facebook", delivery.channel.external_id)
    return all(post["state"] == "deleted" and not post["intervals"] for post in made)


def outcomes(delivery):
    return [attempt.outcome for attempt in delivery.attempts.all()]


def one_step(worker):
    """Let a worker take its next step and write down what came of it, as far as a process came that
    was killed then."""
    worker.staging.take_next_steps()
    worker.results.write_back(worker.answers.take(timeout=60))


def begun(clock=timezone.now):
    """Begin an upload and do its first step."""
    worker = engine.DeliveryWorker("facebook", clock, uploads.Uploading())
    worker.claiming.claim()
    one_step(worker)
    return worker


def test_a_video_is_brought_to_the_platform_ahead_and_shown_at_its_second(simulator, deliver_video):
    delivery = deliver_video(minutes=20)

    uploads.prepare_due(platform="facebook")

    delivery.refresh_from_db()
    assert (delivery.state, delivery.fire_at) == (State.SCHEDULED, delivery.due_at)
    assert (bool(delivery.draft_ref), delivery.draft_partial, delivery.tries) == (True, False, 0)
    assert (outcomes(delivery), seen(simulator, delivery)) == (["prepared"], [])

    soon = timezone.now() + timedelta(seconds=2)
    factories.plan_anew(delivery, fire_at=soon, due_at=soon)
    staged = simulator.requests()["facebook"].get("stage", 0)
    engine.publish_due(platform="facebook")

    delivery.refresh_from_db()
    (post,) = seen(simulator, delivery)
    assert (delivery.state, outcomes(delivery)) == (State.PUBLISHED, ["prepared", "published"])
    assert soon.timestamp() <= post["intervals"][0]["visible_at"] < soon.timestamp() + 1
    assert simulator.requests()["facebook"].get("stage", 0) == staged


def test_what_has_no_video_or_is_due_much_later_is_left_alone(simulator, deliver_video, deliver):
    deliver(due_at=timezone.now() + timedelta(minutes=5))
    deliver_video(minutes=45)

    assert uploads.prepare_due(platform="facebook") == 0
    assert set(Delivery.objects.values_list("attempt", "draft_ref")) == {(0, "")}


def test_each_step_is_stored_before_the_next_and_another_worker_goes_on_from_it(
    simulator, deliver_video
):
    delivery = deliver_video()
    begun()  # and here the process is killed
    delivery.refresh_from_db()
    first = delivery.draft_ref
    assert (delivery.state, delivery.draft_partial, bool(first)) == (State.CLAIMED, True, True)

    reconcile.reconcile(platform="facebook", clock=later(minutes=2))
    delivery.refresh_from_db()
    assert (delivery.state, delivery.draft_ref, delivery.draft_partial) == (
        State.SCHEDULED,
        first,
        True,
    )
    uploads.prepare_due(platform="facebook", clock=later(minutes=2))

    delivery.refresh_from_db()
    assert (delivery.state, delivery.draft_partial) == (State.SCHEDULED, False)
    video = Upload.parse(first).id
    assert Upload.parse(delivery.draft_ref).id == video  # no second upload was begun
    assert delivery.fire_at == delivery.due_at


def test_a_draft_under_way_when_it_falls_due_is_finished_by_the_publishing_run(
    simulator, deliver_video
):
    delivery = deliver_video()
    begun()
    reconcile.reconcile(platform="facebook", clock=later(minutes=2))
    delivery.refresh_from_db()
    video = Upload.parse(delivery.draft_ref).id

    engine.publish_due(platform="facebook", clock=later(minutes=20))

    delivery.refresh_from_db()
    assert (delivery.state, delivery.remote_id, len(seen(simulator, delivery))) == (
        State.PUBLISHED,
        video,
        1,
    )


def test_a_video_for_now_goes_out_without_an_upload_ahead(simulator, deliver_video):
    delivery = deliver_video(minutes=0)
    engine.publish_due(platform="facebook", clock=later(seconds=1))
    delivery.refresh_from_db()
    assert (delivery.state, outcomes(delivery)) == (State.PUBLISHED, ["published"])


def test_the_database_refuses_to_show_a_draft_that_is_not_whole(simulator, deliver_video):
    delivery = deliver_video(draft_ref="1", draft_partial=True)
    with pytest.raises(IntegrityError), transaction.atomic():
        Delivery.objects.filter(pk=delivery.pk).update(
            state=State.COMMITTING, lease_until=timezone.now()
        )


def test_an_unknown_outcome_before_any_visible_call_is_never_looked_up_with_a_draft_under_way(
    simulator, deliver_video
):
    delivery = deliver_video()
    begun()
    before = simulator.requests()
    reconcile.reconcile(platform="facebook", clock=later(minutes=2))
    assert simulator.requests() == before
    delivery.refresh_from_db()
    assert delivery.state == State.SCHEDULED


@pytest.mark.parametrize(("minutes", "moved"), [(20, False), (1, True)])
def test_a_platform_that_asks_to_wait_is_not_called_sooner_and_the_hour_stays_if_it_can(
    simulator, deliver_video, minutes, moved
):
    delivery = deliver_video(minutes=minutes)
    simulator.fault("facebook", "rate_limit", operation="stage", retry_after=120)
    before = timezone.now()
    uploads.prepare_due(platform="facebook")

    delivery.refresh_from_db()
    assert (delivery.state, delivery.error_code, outcomes(delivery)) == (
        State.SCHEDULED,
        "later",
        ["later"],
    )
    assert delivery.prepare_at >= before + timedelta(seconds=60)
    assert (delivery.fire_at > delivery.due_at) is moved
    calls = simulator.requests()
    uploads.prepare_due(platform="facebook", clock=later(seconds=20))
    engine.publish_due(platform="facebook", clock=later(seconds=35))
    assert simulator.requests() == calls

    uploads.prepare_due(platform="facebook", clock=later(hours=1, minutes=1))
    delivery.refresh_from_db()
    assert (delivery.draft_partial, bool(delivery.draft_ref), delivery.tries) == (False, True, 0)


def test_uploads_ahead_count_for_no_try(simulator, deliver_video, settings):
    settings.PUBLISHING = {**settings.PUBLISHING, "max_attempts": 1}
    delivery = deliver_video()
    uploads.prepare_due(platform="facebook")
    engine.publish_due(platform="facebook", clock=later(minutes=21))
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempt, delivery.tries) == (State.PUBLISHED, 2, 1)


def test_no_more_than_so_many_videos_move_at_once(simulator, deliver_video, settings, monkeypatch):
    settings.PUBLISHING = {**settings.PUBLISHING, "uploads": 2}
    for _ in range(5):
        deliver_video()
    most = []
    take_next_steps = staging.Staging.take_next_steps

    def watched(self):
        take_next_steps(self)
        most.append(self.run.batch.uploading)

    monkeypatch.setattr(staging.Staging, "take_next_steps", watched)
    uploads.prepare_due(platform="facebook")
    assert max(most) == 2
    assert set(Delivery.objects.values_list("state", "draft_partial")) == {(State.SCHEDULED, False)}
    assert not Delivery.objects.filter(draft_ref="").exists()


def test_a_publishing_run_with_its_hands_full_of_uploads_still_sends_what_has_none(
    simulator, deliver_video, deliver, settings
):
    settings.PUBLISHING = {**settings.PUBLISHING, "uploads": 0}
    waiting, text = deliver_video(minutes=0), deliver()
    engine.publish_due(platform="facebook", clock=later(seconds=1))
    for row in (waiting, text):
        row.refresh_from_db()
    assert (waiting.state, text.state) == (State.SCHEDULED, State.PUBLISHED)


def test_a_stop_of_the_process_gives_the_upload_back_as_far_as_it_has_come(
    simulator, deliver_video, monkeypatch
):
    delivery = deliver_video()
    worker = begun()
    monkeypatch.setattr(run_context.stopping, "is_set", lambda: True)
    worker.run()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.draft_partial, bool(delivery.draft_ref)) == (
        State.SCHEDULED,
        True,
        True,
    )
    assert delivery.fire_at == delivery.due_at


def test_a_cancellation_in_mid_upload_leaves_nothing_on_the_platform(simulator, deliver_video):
    delivery = deliver_video()
    worker = begun()
    scheduling.cancel(Delivery.objects.get(pk=delivery.pk), by=delivery.scheduled_by)
    worker.run()  # what was under way ends without a claim to the row
    recall_worker.take_down_due(platform="facebook")
    delivery.refresh_from_db()
    assert (delivery.state, outcomes(delivery)) == (State.RECALLED, ["stopped"])
    assert is_clean(simulator, delivery)


def test_a_recall_in_mid_upload_wins(simulator, deliver_video):
    delivery = deliver_video()
    worker = begun()
    chief = factories.person(Role.APPROVER, delivery.unit)
    recalling.recall(Delivery.objects.get(pk=delivery.pk), by=chief, reason="Sai")
    worker.run()
    recall_worker.take_down_due(platform="facebook")
    engine.publish_due(platform="facebook", clock=later(minutes=30))
    delivery.refresh_from_db()
    assert (delivery.state, seen(simulator, delivery)) == (State.RECALLED, [])


def test_a_draft_that_was_cancelled_before_it_had_a_name_is_left_to_the_recalls(
    simulator, deliver_video
):
    delivery = deliver_video()
    worker = engine.DeliveryWorker("facebook", timezone.now, uploads.Uploading())
    worker.claiming.claim()
    worker.staging.take_next_steps()
    scheduling.cancel(Delivery.objects.get(pk=delivery.pk), by=delivery.scheduled_by)
    worker.results.write_back(worker.answers.take(timeout=60))
    delivery.refresh_from_db()
    assert (delivery.state, bool(delivery.draft_ref), delivery.draft_partial) == (
        State.CANCELLED,
        True,
        True,
    )

    recall_worker.take_down_due(platform="facebook", clock=later(seconds=1))
    delivery.refresh_from_db()
    assert (delivery.state, delivery.draft_ref, delivery.draft_partial) == (
        State.CANCELLED,
        "",
        False,
    )


def test_a_draft_that_is_renamed_while_it_is_taken_down_is_taken_down_under_its_new_name(
    simulator, deliver_video, monkeypatch
):
    """The last piece of an upload arrives while the recall asks for what it was called before."""
    delivery = deliver_video()
    worker = begun()
    scheduling.cancel(Delivery.objects.get(pk=delivery.pk), by=delivery.scheduled_by)
    asked = []
    id_of = recall_worker._external_id

    def rename_after(row):
        asked.append(row.draft_ref)
        if len(asked) == 1:
            worker.results.abandon_draft(worker.batch.waiting[delivery.pk], Draft("2_2"))
        return id_of(row)

    monkeypatch.setattr(recall_worker, "_external_id", rename_after)
    recall_worker.take_down_due(platform="facebook", clock=later(seconds=1))
    delivery.refresh_from_db()
    assert (delivery.state, delivery.draft_ref) == (State.RECALLING, "2_2")

    recall_worker.take_down_due(platform="facebook", clock=later(minutes=2))
    delivery.refresh_from_db()
    assert (delivery.state, asked[-1]) == (State.RECALLED, "2_2")


def test_what_is_too_late_in_mid_upload_expires_and_is_cleaned_away(simulator, deliver_video):
    delivery = deliver_video(minutes=0, not_after=timezone.now() + timedelta(minutes=5))
    worker = begun()
    worker.context.now = later(minutes=6)
    worker.run()
    expiry.expire(clock=later(minutes=6))
    recall_worker.take_down_due(platform="facebook", clock=later(minutes=6))
    delivery.refresh_from_db()
    assert (delivery.state, delivery.draft_ref) == (State.EXPIRED, "")
    assert is_clean(simulator, delivery)


def test_a_draft_that_is_gone_from_the_platform_is_made_anew(simulator, deliver_video, monkeypatch):
    delivery = deliver_video()
    uploads.prepare_due(platform="facebook")
    commit, dead = Facebook.commit, iter([True])

    async def gone_once(connector, account, message, draft_ref=""):
        for _ in dead:
            await connector.withdraw(account, draft_ref)
        return await commit(connector, account, message, draft_ref)

    monkeypatch.setattr(Facebook, "commit", gone_once)
    engine.publish_due(platform="facebook", clock=later(minutes=20))
    delivery.refresh_from_db()
    assert (delivery.state, delivery.draft_partial) == (State.SCHEDULED, True)

    engine.publish_due(platform="facebook", clock=later(minutes=21))
    delivery.refresh_from_db()
    assert (delivery.state, outcomes(delivery)) == (
        State.PUBLISHED,
        ["prepared", "later", "published"],
    )
    assert len(seen(simulator, delivery)) == 1


def test_a_draft_whose_call_had_an_unknown_outcome_before_is_never_made_anew(
    simulator, deliver_video, monkeypatch
):
    """It may have come to stand although the platform knows nothing of it yet: another would be the
    second.
    """
    delivery = deliver_video()
    uploads.prepare_due(platform="facebook")
    simulator.fault("facebook", "drop_before", operation="publish")
    engine.publish_due(platform="facebook", clock=later(minutes=20))
    reconcile.reconcile(platform="facebook", clock=later(minutes=23))
    simulator.fault("facebook", "refuse", operation="publish")
    engine.publish_due(platform="facebook", clock=later(minutes=24))
    delivery.refresh_from_db()
    assert (delivery.state, delivery.error_code, delivery.draft_partial) == (
        State.FAILED,
        "refused",
        False,
    )


def test_a_refusal_of_the_post_itself_ends_it_at_the_second_time(simulator, deliver_video):
    delivery = deliver_video()
    uploads.prepare_due(platform="facebook")
    simulator.fault("facebook", "refuse", operation="publish", times=0)
    engine.publish_due(platform="facebook", clock=later(minutes=20))
    engine.publish_due(platform="facebook", clock=later(minutes=21))
    delivery.refresh_from_db()
    assert (delivery.state, outcomes(delivery)) == (State.FAILED, ["prepared", "later", "refused"])


def test_a_video_whose_bytes_changed_is_never_sent(simulator, deliver_video):
    delivery = deliver_video()
    media = Media.objects.get(content_type="video/mp4")
    with media.file.storage.open(media.file.name, "r+b") as file:
        file.write(b"another")
    uploads.prepare_due(platform="facebook")
    delivery.refresh_from_db()
    assert (delivery.state, delivery.error_code) == (State.FAILED, "content_changed")
    assert simulator.truth("facebook", delivery.channel.external_id) == []


def test_moving_a_prepared_video_has_its_draft_looked_at_again(simulator, deliver_video):
    delivery = deliver_video()
    uploads.prepare_due(platform="facebook")
    delivery.refresh_from_db()
    due_at = timezone.now() + timedelta(days=2)

    scheduling.reschedule(delivery, by=delivery.scheduled_by, due_at=due_at)

    assert (delivery.draft_partial, delivery.prepare_at) == (True, due_at - timedelta(minutes=30))
    uploads.prepare_due(platform="facebook", clock=later(days=2, minutes=-20))
    delivery.refresh_from_db()
    assert (delivery.draft_partial, delivery.fire_at) == (False, due_at)


def test_what_is_being_brought_to_the_platform_is_not_moved_and_says_so(deliver_video):
    delivery = deliver_video()
    begun()
    delivery.refresh_from_db()
    with pytest.raises(Refused, match="being brought to the platform"):
        scheduling.reschedule(
            delivery, by=delivery.scheduled_by, due_at=timezone.now() + timedelta(days=2)
        )


def test_a_rate_limit_that_the_platform_set_stops_uploads_too(
    simulator, deliver_video, monkeypatch
):
    first, second = deliver_video(), deliver_video()

    async def all_used_up(*_):
        raise TryLater("quota", wait=timedelta(minutes=10), whole_app=True)

    with monkeypatch.context() as patch:
        patch.setattr(Facebook, "stage", all_used_up)
        patch.setitem(engine.settings.PUBLISHING, "uploads", 1)
        worker = engine.DeliveryWorker("facebook", timezone.now, uploads.Uploading())
        worker.claiming.claim()
        one_step(worker)
    uploads.prepare_due(platform="facebook")
    for row in (first, second):
        row.refresh_from_db()
    assert sorted([first.attempt, second.attempt]) == [0, 1]
    uploads.prepare_due(platform="facebook", clock=later(minutes=11))
    assert not Delivery.objects.filter(draft_ref="").exists()


def test_the_record_says_what_was_prepared_and_the_page_when_it_goes_out(simulator, deliver_video):
    delivery = deliver_video()
    begun()
    early = Delivery.objects.select_related("channel").get(pk=delivery.pk)
    assert delivery_status(early).label == "Scheduled"
    assert "Its video is being brought" in delivery_sentence(early)


def test_one_tick_serves_every_platform_on_which_something_waits(simulator, deliver_video, deliver):
    prepared = deliver_video()
    died = {
        "state": State.CLAIMED,
        "lease_until": timezone.now() - timedelta(minutes=1),
        "attempt": 1,
    }
    dead = [deliver("facebook", **died), deliver("telegram", **died)]
    assert reconcile.platforms_to_check() == ["facebook", "telegram"]
    assert (uploads.platforms_to_upload_to(), recall_worker.platforms_to_recall_from()) == (
        ["facebook"],
        [],
    )

    tasks.reconcile_unknown()
    tasks.reconcile_unknown()
    tasks.prepare_due()

    for row in (prepared, *dead):
        row.refresh_from_db()
    assert [row.state for row in dead] == [State.SCHEDULED, State.SCHEDULED]
    assert prepared.draft_partial is False
    assert prepared.draft_ref


def test_a_recall_is_heard_by_the_common_tick(simulator, deliver_video):
    delivery = deliver_video()
    uploads.prepare_due(platform="facebook")
    scheduling.cancel(Delivery.objects.get(pk=delivery.pk), by=delivery.scheduled_by)
    assert recall_worker.platforms_to_recall_from() == ["facebook"]
    tasks.take_down()
    delivery.refresh_from_db()
    assert (delivery.state, recall_worker.platforms_to_recall_from()) == (State.RECALLED, [])
