"""Posts that a platform has taken and still works on, that it cannot take, and that it lets only
people take down."""

import io
from datetime import timedelta

import pytest
from django.utils import timezone
from PIL import Image

from accounts.permissions import Role
from channels.states import Health
from media import pictures
from platforms.errors import AccessLost, OutcomeUnknown, Rejected, TryLater
from platforms.tiktok import connector as tiktok
from posts.models import Post, PostChannel
from publishing.engine import uploads
from publishing.engine import worker as engine
from publishing.models import Delivery
from publishing.presenters.delivery import delivery_sentence, delivery_status
from publishing.recalls import recalling
from publishing.recalls import worker as recall_worker
from publishing.reconciliation import reconcile, verdicts
from publishing.scheduling import scheduling
from publishing.states import State
from tests import factories
from tests.publishing.conftest import later

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def clip(simulator):
    """Make a delivery of a video that is due now on TikTok: ``clip(format="inbox")``."""

    def make(*, format="", options=None, minutes=0):
        channel = factories.connected(simulator, "tiktok")
        post = factories.PostFactory(
            unit=channel.unit, channels=[channel], media=[factories.video(channel.unit, seconds=5)]
        )
        chosen = {"privacy": "PUBLIC_TO_EVERYONE"} if options is None else options
        PostChannel.objects.filter(post=post).update(format=format, options=chosen)
        post = factories.approved(Post.objects.get(pk=post.pk))
        due_at = timezone.now() + timedelta(minutes=minutes)
        (made,) = scheduling.schedule(post, by=post.author, times={channel: due_at})
        return Delivery.objects.select_related("channel", "unit", "post").get(pk=made.pk)

    return make


@pytest.fixture
def processing(clip):
    """A delivery that TikTok has taken and works on."""
    delivery = clip()
    engine.publish_due(platform="tiktok", clock=later(seconds=1))
    delivery.refresh_from_db()
    return delivery


def telling(answer):
    async def progress(*_):
        if isinstance(answer, Exception):
            raise answer
        return answer

    return progress


def test_a_video_that_is_taken_is_not_called_published_before_residents_see_it(
    simulator, processing
):
    assert (processing.state, processing.published_at) == (State.PROCESSING, None)
    assert [attempt.outcome for attempt in processing.attempts.all()] == ["processing"]
    assert "residents do not see it yet" in delivery_sentence(processing)
    accepted = processing.remote_id
    simulator.advance(10)
    reconcile.reconcile(platform="tiktok", clock=later(seconds=20))

    processing.refresh_from_db()
    (post,) = simulator.visible("tiktok", processing.channel.external_id)
    assert (processing.state, processing.remote_id) == (State.PUBLISHED, post["id"])
    assert processing.remote_id != accepted
    assert processing.permalink.endswith(f"/video/{post['id']}")
    assert processing.published_at is not None


def test_the_last_piece_of_a_prepared_video_goes_with_its_second(simulator, clip):
    delivery = clip(minutes=20)
    uploads.prepare_due(platform="tiktok")
    delivery.refresh_from_db()
    assert (delivery.state, delivery.draft_partial, delivery.tries) == (State.SCHEDULED, False, 0)

    engine.publish_due(platform="tiktok", clock=later(minutes=20))
    simulator.advance(10)
    reconcile.reconcile(platform="tiktok", clock=later(minutes=21))
    delivery.refresh_from_db()
    assert delivery.state == State.PUBLISHED
    assert len(simulator.visible("tiktok", delivery.channel.external_id)) == 1


def test_a_photo_that_is_larger_than_the_platform_takes_is_drawn_for_it(simulator, portal):
    channel = factories.connected(simulator, "tiktok")
    data = io.BytesIO()
    Image.new("RGB", (2048, 1536), "#14532d").save(data, "JPEG")
    data.seek(0)
    photo = pictures.store(data, unit=channel.unit, by=factories.person(Role.OFFICER, channel.unit))
    post = factories.PostFactory(unit=channel.unit, channels=[channel], media=[photo])
    PostChannel.objects.filter(post=post).update(
        format="photo", options={"privacy": "PUBLIC_TO_EVERYONE"}
    )
    delivery = factories.delivery(factories.approved(Post.objects.get(pk=post.pk)), channel)
    engine.publish_due(platform="tiktok", clock=later(seconds=1))
    for minutes in range(1, 50):  # it fetches the photo meanwhile
        simulator.advance(60)
        reconcile.reconcile(platform="tiktok", clock=later(minutes=minutes))
        delivery.refresh_from_db()
        if delivery.state != State.PROCESSING:
            break

    assert (photo.width, delivery.state, delivery.platform_code) == (2048, State.PUBLISHED, "")


def test_looks_come_less_and_less_often(processing, monkeypatch):
    monkeypatch.setattr(tiktok.Tiktok, "check_processing", telling(None))
    waits = []
    at = timezone.now() + timedelta(seconds=16)
    for _ in range(7):
        reconcile.reconcile(platform="tiktok", clock=lambda at=at: at)
        processing.refresh_from_db()
        waits.append(round((processing.verify_at - at).total_seconds()))
        at = processing.verify_at + timedelta(seconds=1)
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (15, 300)
    assert processing.state == State.PROCESSING


@pytest.mark.parametrize(
    "answer", [None, OutcomeUnknown("?"), TryLater("busy", wait=timedelta(minutes=9))]
)
def test_what_cannot_be_reported_yet_is_asked_again_not_sooner_than_the_platform_bears(
    processing, monkeypatch, answer
):
    monkeypatch.setattr(tiktok.Tiktok, "check_processing", telling(answer))
    reconcile.reconcile(platform="tiktok", clock=later(seconds=20))
    processing.refresh_from_db()
    assert processing.state == State.PROCESSING
    least = timedelta(minutes=9) if isinstance(answer, TryLater) else timedelta(seconds=10)
    assert processing.verify_at >= timezone.now() + least


def test_after_a_day_a_person_is_asked(processing, monkeypatch):
    monkeypatch.setattr(tiktok.Tiktok, "check_processing", telling(None))
    reconcile.reconcile(platform="tiktok", clock=later(hours=24, minutes=1))
    processing.refresh_from_db()
    assert (processing.state, processing.error_code) == (State.NEEDS_PERSON, "processing")
    assert [n.kind for n in processing.scheduled_by.notices.all()] == ["delivery_needs_person"]
    assert "more than a day" in delivery_sentence(processing)


def test_a_refusal_after_all_ends_it_and_the_unit_is_informed(processing, monkeypatch):
    monkeypatch.setattr(
        tiktok.Tiktok, "check_processing", telling(Rejected("no", code="spam_risk_text"))
    )
    reconcile.reconcile(platform="tiktok", clock=later(seconds=20))
    processing.refresh_from_db()
    assert (processing.state, processing.error_code) == (State.FAILED, "refused")
    assert processing.platform_code == "spam_risk_text"
    assert [n.kind for n in processing.scheduled_by.notices.all()] == ["delivery_failed"]


@pytest.mark.parametrize(
    "reason", ["internal", "video_pull_failed", "spam_risk_too_many_posts", "auth_removed"]
)
def test_what_the_platform_calls_failed_is_put_before_people_at_once_and_disconnects_nobody(
    simulator, clip, reason
):
    simulator.settings(tiktok_processing_ends=reason)
    delivery = clip()
    engine.publish_due(platform="tiktok", clock=later(seconds=1))
    simulator.advance(10)

    reconcile.reconcile(platform="tiktok", clock=later(seconds=20))

    delivery.refresh_from_db()
    delivery.channel.refresh_from_db()
    assert (delivery.state, delivery.platform_code) == (State.FAILED, reason)
    assert [n.kind for n in delivery.scheduled_by.notices.all()] == ["delivery_failed"]
    assert delivery.channel.health == Health.CONNECTED  # it is let in now, whatever was then


def test_a_refusal_because_the_page_lets_us_in_no_longer_is_noted_there_at_once(
    simulator, processing, monkeypatch
):
    monkeypatch.setattr(
        tiktok.Tiktok, "check_processing", telling(Rejected("auth_removed", code="auth_removed"))
    )
    simulator.kill_tokens("tiktok", page=processing.channel.external_id)

    reconcile.reconcile(platform="tiktok", clock=later(seconds=20))

    processing.channel.refresh_from_db()
    assert processing.channel.health == Health.LOST


def test_what_the_platform_reports_nothing_of_any_more_is_put_before_a_person_and_not_refused(
    simulator, processing
):
    simulator.settings(tiktok_remembers_seconds=60)
    simulator.advance(61)
    reconcile.reconcile(platform="tiktok", clock=later(seconds=70))
    processing.refresh_from_db()
    assert (processing.state, len(simulator.visible("tiktok", processing.channel.external_id))) == (
        State.PROCESSING,
        1,
    )

    reconcile.reconcile(platform="tiktok", clock=later(hours=24, minutes=1))
    processing.refresh_from_db()
    assert (processing.state, processing.error_code) == (State.NEEDS_PERSON, "processing")


def test_a_lost_connection_is_marked_and_the_post_looked_after_when_it_is_back(
    simulator, processing, monkeypatch
):
    with monkeypatch.context() as patch:
        patch.setattr(tiktok.Tiktok, "check_processing", telling(AccessLost("gone")))
        reconcile.reconcile(platform="tiktok", clock=later(seconds=20))
    processing.refresh_from_db()
    processing.channel.refresh_from_db()
    assert (processing.state, processing.channel.health) == (State.PROCESSING, Health.LOST)
    simulator.advance(10)
    reconcile.reconcile(platform="tiktok", clock=later(minutes=2))
    processing.refresh_from_db()
    assert processing.state == State.PUBLISHED


def test_a_lost_answer_to_the_last_piece_is_found_in_processing(simulator, clip):
    simulator.settings(tiktok_processing_seconds=600, tiktok_moderation_seconds=600)
    delivery = clip()
    simulator.fault("tiktok", "drop_after", operation="publish")
    engine.publish_due(platform="tiktok", clock=later(seconds=1))
    delivery.refresh_from_db()
    assert delivery.state == State.VERIFYING

    reconcile.reconcile(platform="tiktok", clock=later(minutes=2))
    delivery.refresh_from_db()
    assert (delivery.state, bool(delivery.remote_id)) == (State.PROCESSING, True)
    simulator.advance(1300)
    reconcile.reconcile(platform="tiktok", clock=later(minutes=4))
    delivery.refresh_from_db()
    assert delivery.state == State.PUBLISHED
    assert len(simulator.visible("tiktok", delivery.channel.external_id)) == 1


def test_a_draft_in_the_apps_inbox_is_said_to_wait_for_a_person(simulator, clip):
    simulator.settings(tiktok_person_seconds=3600)
    delivery = clip(format="inbox", options={})
    engine.publish_due(platform="tiktok", clock=later(seconds=1))
    simulator.advance(5)
    reconcile.reconcile(platform="tiktok", clock=later(seconds=30))
    delivery.refresh_from_db()
    assert (delivery.state, delivery.error_code) == (State.PROCESSING, "in_app")
    assert delivery_status(delivery).label == "Finish in the app"
    assert [n.kind for n in delivery.scheduled_by.notices.all()] == ["delivery_in_app"]

    simulator.advance(4000)
    reconcile.reconcile(platform="tiktok", clock=later(hours=1, minutes=10))
    delivery.refresh_from_db()
    assert (delivery.state, delivery.error_code) == (
        State.PUBLISHED,
        "in_app",
    )  # who put it up, for the figures
    assert delivery_status(delivery).label == "Published"


@pytest.mark.parametrize(
    ("code", "seen_late"), [("in_app", True), ("processing", True), ("unknown", False)]
)
def test_what_a_person_finds_live_is_not_said_to_have_been_seen_before_it_was(
    clip, code, seen_late
):
    delivery = clip()
    begun = timezone.now() - timedelta(days=1)
    waiting = {"state": State.NEEDS_PERSON, "error_code": code, "committing_at": begun}
    Delivery.objects.filter(pk=delivery.pk).update(**waiting)

    verdicts.decide(Delivery.objects.get(pk=delivery.pk), by=delivery.scheduled_by, is_live=True)

    delivery.refresh_from_db()
    assert delivery.state == State.PUBLISHED
    assert (delivery.published_at > begun) == seen_late


def test_a_draft_in_the_inbox_is_known_though_the_answer_was_lost(simulator, clip):
    simulator.settings(tiktok_person_seconds=3600)
    delivery = clip(format="inbox", options={})
    simulator.fault("tiktok", "drop_after", operation="upload")
    engine.publish_due(platform="tiktok", clock=later(seconds=1))
    delivery.refresh_from_db()
    assert delivery.state == State.VERIFYING
    reconcile.reconcile(platform="tiktok", clock=later(minutes=2))
    delivery.refresh_from_db()
    assert (delivery.state, delivery.error_code) == (State.PROCESSING, "in_app")
    assert [n.kind for n in delivery.scheduled_by.notices.all()] == ["delivery_in_app"]


def test_what_is_recalled_while_it_is_processed_becomes_a_task_where_only_people_may_delete(
    simulator, processing
):
    chief = factories.person(Role.APPROVER, processing.unit)
    recalling.recall(processing, by=chief, reason="Sai")
    processing.refresh_from_db()
    assert (processing.state, delivery_status(processing).label) == (
        State.PROCESSING,
        "Being recalled",
    )
    simulator.advance(10)
    reconcile.reconcile(platform="tiktok", clock=later(seconds=20))
    calls = simulator.requests()["tiktok"].get("withdraw", 0)

    recall_worker.take_down_due(platform="tiktok", clock=later(seconds=30))

    processing.refresh_from_db()
    assert (processing.state, processing.error_code) == (State.NEEDS_PERSON, "withdraw_by_hand")
    assert processing.manual_deadline is not None
    assert simulator.requests()["tiktok"].get("withdraw", 0) == calls


def test_an_upload_that_is_cancelled_needs_no_person_even_there(clip):
    delivery = clip(minutes=20)
    uploads.prepare_due(platform="tiktok")
    scheduling.cancel(Delivery.objects.get(pk=delivery.pk), by=delivery.scheduled_by)
    recall_worker.take_down_due(platform="tiktok", clock=later(seconds=1))
    delivery.refresh_from_db()
    assert delivery.state == State.RECALLED


def test_what_the_platform_would_not_take_is_not_sent(simulator, clip):
    delivery = clip(options={})
    engine.publish_due(platform="tiktok", clock=later(seconds=1))
    delivery.refresh_from_db()
    assert (delivery.state, delivery.error_code, delivery.platform_code) == (
        State.FAILED,
        "does_not_fit",
        "choose_privacy",
    )
    assert simulator.requests().get("tiktok", {}) == {}
    assert [n.kind for n in delivery.scheduled_by.notices.all()] == ["delivery_failed"]
    assert "for it does not fit" in delivery_sentence(delivery)


def test_a_limit_that_is_passed_is_named_with_the_way_out(clip):
    delivery = clip()
    media = delivery.post.pictures.get().media
    type(media).objects.filter(pk=media.pk).update(seconds=5)
    rows = Delivery(
        channel=delivery.channel, platform="tiktok", state=State.FAILED, error_code="does_not_fit"
    )
    rows.error_detail = "video_long 600 1"
    assert "at most 600 seconds" in delivery_sentence(rows)
