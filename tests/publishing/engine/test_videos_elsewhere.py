"""Videos on Zalo, which takes them as bytes and fetches the pictures, on YouTube, where a day's
uploads are counted, and on Telegram, which takes all in one call.
"""

from datetime import timedelta

import pytest
from django.utils import timezone

from channels.models import Channel, UnrecognisedPost
from channels.monitoring import unrecognised
from platforms.zalo import drafts
from platforms.zalo.connector import Zalo
from posts.models import PostChannel
from publishing.engine import uploads
from publishing.engine import worker as engine
from publishing.models import Delivery
from publishing.reconciliation import reconcile
from publishing.scheduling import scheduling
from publishing.states import State
from tests import factories
from tests.publishing.conftest import later

pytestmark = pytest.mark.django_db(transaction=True)

BODY = "<p>Không <strong>chuyển tiền</strong>, gọi 113.</p>"


@pytest.fixture
def quick(simulator, monkeypatch):
    simulator.settings(zalo_job_seconds=0, zalo_video_seconds=0)
    monkeypatch.setattr(drafts, "_SOON", timedelta(0))
    monkeypatch.setattr(Zalo, "waits", (0.01,))


def scheduled(channel, *, media, minutes=0, form=""):
    post = factories.PostFactory(
        unit=channel.unit, channels=[channel], media=media, body=BODY, title="Cảnh giác"
    )
    PostChannel.objects.filter(post=post).update(format=form)
    post = factories.approved(post)
    (made,) = scheduling.schedule(
        post, by=post.author, times={channel: timezone.now() + timedelta(minutes=minutes)}
    )
    return made


def test_a_video_of_ours_with_an_unknown_outcome_is_nobody_elses(simulator, portal, quick):
    """On Zalo it bears the date at which it was made, hidden, and its draft's reference names its
    video as well.
    """
    channel = factories.connected(simulator, "zalo", factories.UnitFactory())
    Channel.objects.update(
        watched_since=timezone.now() - timedelta(minutes=1), check_at=timezone.now()
    )
    delivery = scheduled(channel, media=[factories.video(channel.unit)], minutes=20)
    uploads.prepare_due(platform="zalo")
    simulator.fault("zalo", "drop_after", operation="publish")
    engine.publish_due(platform="zalo", clock=later(minutes=20))

    later_on = timezone.now() + timedelta(minutes=20, seconds=30)
    unrecognised.check_pages(platform="zalo", now=later_on)

    assert not UnrecognisedPost.objects.exists()
    reconcile.reconcile(platform="zalo", clock=later(minutes=25))
    delivery.refresh_from_db()
    assert delivery.state == State.PUBLISHED


@pytest.mark.parametrize(("form", "kind"), [("", "normal"), ("video_article", "video")])
def test_zalo_converts_a_video_ahead_and_shows_it_at_its_second(
    simulator, portal, quick, form, kind
):
    channel = factories.connected(simulator, "zalo", factories.UnitFactory())
    video = factories.video(channel.unit)
    delivery = scheduled(channel, media=[video], minutes=20, form=form)

    uploads.prepare_due(platform="zalo")
    delivery.refresh_from_db()
    ahead = (delivery.state, delivery.draft_partial, simulator.visible("zalo", channel.external_id))
    engine.publish_due(platform="zalo", clock=later(minutes=20))

    delivery.refresh_from_db()
    (seen,) = simulator.visible("zalo", channel.external_id)
    assert ahead == (State.SCHEDULED, False, [])
    assert (delivery.state, delivery.remote_id) == (State.PUBLISHED, seen["id"])
    assert (seen["type"], video.sha256 in seen["media"]) == (kind, True)
    assert simulator.requests()["zalo"]["upload"] == 1


def test_a_used_up_day_of_uploads_stops_no_more_than_uploads_and_is_not_asked_again_and_again(
    simulator,
):
    simulator.settings(youtube_processing_seconds=0, youtube_uploads_per_day=1)
    channel = factories.connected(simulator, "youtube")
    video = factories.video(channel.unit, seconds=5)
    shown = scheduled(channel, media=[video], minutes=20)
    uploads.prepare_due(platform="youtube")
    refused, waiting = (scheduled(channel, media=[video], minutes=minutes) for minutes in (21, 22))
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(engine.settings.PUBLISHING, "uploads", 1)
        uploads.prepare_due(platform="youtube")
    begun = simulator.requests()["youtube"]["stage"]

    for minutes in (20, 22, 23):
        uploads.prepare_due(platform="youtube", clock=later(minutes=minutes))
        engine.publish_due(platform="youtube", clock=later(minutes=minutes))

    for row in (shown, refused, waiting):
        row.refresh_from_db()
    assert (shown.state, len(simulator.visible("youtube", channel.external_id))) == (
        State.PUBLISHED,
        1,
    )
    assert (refused.state, refused.platform_code) == (State.SCHEDULED, "quotaExceeded")
    assert (waiting.state, waiting.attempt) == (State.SCHEDULED, 0)
    assert simulator.requests()["youtube"]["stage"] == begun


def test_what_waits_to_be_begun_is_given_back_while_nothing_new_may_be(simulator):
    simulator.settings(youtube_processing_seconds=0, youtube_uploads_per_day=1)
    pages = [factories.connected(simulator, "youtube") for _ in range(3)]
    rows = [scheduled(page, media=[factories.video(page.unit, seconds=5)]) for page in pages]
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(engine.settings.PUBLISHING, "uploads", 1)
        engine.publish_due(platform="youtube", clock=later(seconds=1))

    for row in rows:
        row.refresh_from_db()
    assert [row.state for row in rows] == [State.PUBLISHED, State.SCHEDULED, State.SCHEDULED]
    assert [row.platform_code for row in rows] == ["", "quotaExceeded", "stopped"]


def test_zalo_is_not_sent_a_video_again_that_had_to_wait_at_its_second(simulator, portal, quick):
    channel = factories.connected(simulator, "zalo", factories.UnitFactory())
    delivery = scheduled(channel, media=[factories.video(channel.unit)], minutes=20)
    uploads.prepare_due(platform="zalo")
    simulator.fault("zalo", "duplicate", operation="publish")  # "send failed"

    engine.publish_due(platform="zalo", clock=later(minutes=20))
    waited = Delivery.objects.get(pk=delivery.pk)
    engine.publish_due(platform="zalo", clock=later(minutes=30))

    delivery.refresh_from_db()
    assert (waited.state, waited.draft_partial, delivery.state) == (
        State.SCHEDULED,
        True,
        State.PUBLISHED,
    )
    assert simulator.requests()["zalo"]["upload"] == 1
    assert [post["id"] for post in simulator.truth("zalo", channel.external_id)] == [
        delivery.remote_id
    ]


def test_telegram_shows_video_and_picture_in_one_album_with_the_officers_marks(simulator):
    channel = factories.connected(simulator, "telegram", factories.UnitFactory())
    video, picture = factories.video(channel.unit), factories.media(channel.unit)
    delivery = scheduled(channel, media=[video, picture])

    engine.publish_due(platform="telegram")

    delivery.refresh_from_db()
    (seen,) = simulator.visible("telegram", channel.external_id)
    assert (delivery.state, delivery.remote_id) == (
        State.PUBLISHED,
        ",".join(str(n) for n in seen["message_ids"]),
    )
    assert seen["media"] == [video.sha256, picture.sha256]
    assert seen["text"].startswith("Cảnh giác\n\nKhông chuyển tiền, gọi 113.")
    marks = [seen["text"][entity["offset"] :][: entity["length"]] for entity in seen["entities"]]
    assert marks == ["Cảnh giác", "chuyển tiền"]
    assert seen["about"][0]["cover"]


def test_a_video_that_telegram_has_not_numbered_goes_to_a_person_and_is_not_sent_again(simulator):
    channel = factories.connected(simulator, "telegram", factories.UnitFactory())
    simulator.settings(telegram_queues_videos=True)
    delivery = scheduled(channel, media=[factories.video(channel.unit)])

    for minutes in (0, 2, 10):
        engine.publish_due(platform="telegram", clock=later(minutes=minutes))

    assert Delivery.objects.get(pk=delivery.pk).state == State.VERIFYING
    assert len(simulator.visible("telegram", channel.external_id)) == 1
