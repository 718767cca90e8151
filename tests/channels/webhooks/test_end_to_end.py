"""Webhooks from end to end: the platform's stand-in calls the portal over HTTP, as it was asked
to.
"""

import json
import time
from datetime import timedelta

import pytest
from django.apps import apps
from django.conf import settings as django_settings
from django.utils import timezone

from accounts.models import Notice
from accounts.permissions import Role
from channels.models import Channel, HookEvent, UnrecognisedPost
from channels.states import Health
from channels.tasks import check_for_unrecognised_posts, subscribe
from channels.webhooks import inbox
from posts.models import Post, PostChannel
from publishing.engine import worker as engine
from publishing.models import Delivery
from publishing.reconciliation import reconcile
from publishing.scheduling import scheduling
from publishing.states import State
from tests import factories
from tests.publishing.conftest import later

pytestmark = pytest.mark.django_db(transaction=True)

WRITES = (
    "facebook",
    "telegram",
    "threads",
    "youtube",
)  # tell what people post in the platform's own app
SUBSCRIBED = ("facebook", "youtube")  # tell nothing of a page before it was asked for
RESIDENT, WORDS = "Trần Thị Bình", "Cho hỏi giờ làm thẻ căn cước"


@pytest.fixture
def portal(live_server, settings, simulator):
    """The portal, entered at every platform as a developer does it."""
    settings.PORTAL_URL, settings.TRY_OUT = live_server.url, True
    simulator.settings(telegram_limits=False)
    for platform in ("facebook", "instagram", "threads", "tiktok", "youtube", "zalo"):
        app = django_settings.PLATFORMS[platform]
        words = {"verify_token": app.get("verify_token", ""), "secret": app.get("hook_secret", "")}
        simulator.webhooks(platform, f"{live_server.url}/hooks/{platform}/", **words)
    return live_server


@pytest.fixture
def channel(portal, simulator):
    """A page that was connected a minute ago, of which the portal has asked for news, and which was
    just looked at.
    """

    def make(platform):
        made = factories.connected(simulator, platform)
        subscribe()
        simulator.answered("youtube")  # the hub has asked back
        now = timezone.now()
        past = now - timedelta(minutes=1)
        Channel.objects.filter(pk=made.pk).update(
            connected_at=past, watched_since=past, check_at=now + timedelta(hours=20)
        )
        made.refresh_from_db()
        return made

    return make


@pytest.fixture
def received(simulator):
    """Wait until the platform has sent everything, do what follows, and return which events those
    were."""

    def receive(platform):
        answers = (
            simulator.answered(platform)
            if platform != "telegram"
            else until_a_bot_has_told_all(simulator)
        )
        events = list(
            HookEvent.objects.filter(handled_at__isnull=True)
            .order_by("pk")
            .values_list("kind", flat=True)
        )
        inbox.process_events(now=timezone.now())
        return events, answers

    return receive


def until_a_bot_has_told_all(simulator):
    bot = simulator.page("telegram")["tokens"]["bot_token"]
    give_up = time.monotonic() + 30
    while simulator.ask("GET", f"/telegram/bot{bot}/getWebhookInfo")["result"][
        "pending_update_count"
    ]:
        assert time.monotonic() < give_up
    return {}


@pytest.fixture
def published(channel):
    """Publish on a page through the portal, as far as the engine comes by itself, and return the
    delivery."""

    def make(platform, *, photos=False):
        page = channel(platform)
        shown = []
        if platform in ("tiktok", "youtube"):
            shown = [
                factories.media(page.unit) if photos else factories.video(page.unit, seconds=5)
            ]
        post = factories.PostFactory(unit=page.unit, channels=[page], media=shown)
        chosen = {"tiktok": {"privacy": "PUBLIC_TO_EVERYONE"}}.get(platform, {})
        PostChannel.objects.filter(post=post).update(options=chosen)
        post = factories.approved(Post.objects.get(pk=post.pk))
        scheduling.schedule(post, by=post.author, times={page: timezone.now()})
        engine.publish_due(platform=platform, clock=later(seconds=1))
        return Delivery.objects.select_related("channel").get()

    return make


def notices(person):
    return [notice.kind for notice in Notice.objects.filter(user=person)]


def everything_kept():
    return "\n".join(
        json.dumps(list(model._base_manager.values()), default=str, ensure_ascii=False)
        for model in apps.get_models()
    )


# --- asking for it --------------------------------------------------------------------------------


@pytest.mark.parametrize("platform", SUBSCRIBED)
def test_a_page_is_heard_of_once_it_is_connected_and_not_before(
    platform, portal, channel, simulator, received
):
    stranger = simulator.page(platform)["external_id"]
    page = channel(platform)
    simulator.post(platform, stranger, "Trang khác", by="person")
    before = received(platform)
    simulator.post(platform, page.external_id, "Bài mới", by="person")

    assert (before, received(platform)) == (([], {}), (["posted"], {"200": 1}))
    assert page.subscribe_at > timezone.now() + timedelta(days=1)


def test_the_hub_is_asked_again_before_its_lease_ends(channel, simulator, received):
    page = channel("youtube")
    lease = timedelta(days=5)
    assert page.subscribe_at < timezone.now() + lease
    simulator.advance(lease.total_seconds() - 3600)
    inbox.subscribe_due(now=page.subscribe_at)
    simulator.answered("youtube")
    simulator.advance(7200)
    simulator.post("youtube", page.external_id, "Sau hạn cũ", by="person")

    assert received("youtube") == (["posted"], {"200": 1})


# --- posts ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("platform", ["facebook", "threads", "youtube"])
def test_what_the_portal_published_comes_back_and_is_recognised(
    platform, published, simulator, received
):
    row = published(platform)
    simulator.advance(10)

    calls, answers = received(platform)
    reconcile.reconcile(platform=platform, clock=later(seconds=20))
    check_for_unrecognised_posts(platform=platform)

    row.refresh_from_db()
    assert (calls, answers, row.state) == (["posted"], {"200": 1}, State.PUBLISHED)
    assert HookEvent.objects.get().object_id == row.remote_id
    assert Channel.objects.get().check_at > timezone.now()  # it has been looked at
    assert UnrecognisedPost.objects.count() == 0


@pytest.mark.parametrize("platform", WRITES)
def test_what_somebody_else_wrote_is_noticed_long_before_the_pages_turn(
    platform, channel, simulator, received
):
    page = channel(platform)
    leader = factories.person(Role.APPROVER, page.unit)
    check_for_unrecognised_posts(platform=platform)
    post = simulator.post(platform, page.external_id, "Trúng thưởng xe máy", by="person")
    check_for_unrecognised_posts(platform=platform)
    before = UnrecognisedPost.objects.count()

    calls, _ = received(platform)
    check_for_unrecognised_posts(platform=platform)

    assert (before, calls) == (0, ["posted"])
    assert UnrecognisedPost.objects.get().external_id == post["id"]
    assert notices(leader) == ["foreign_post"]
    assert "Trúng thưởng" not in everything_kept()


@pytest.mark.parametrize("platform", ["facebook", "instagram", "threads"])
def test_a_comment_is_one_row_that_says_nothing_but_where(platform, channel, simulator, received):
    page = channel(platform)
    post = simulator.post(platform, page.external_id, "Bài", images=1, by="person")["id"]
    received(platform)
    HookEvent.objects.all().delete()
    comment = simulator.comment(page.external_id, post, WORDS, platform=platform, by=RESIDENT)["id"]

    calls, answers = received(platform)

    kept = everything_kept()
    assert (calls, set(answers)) == (["comment"], {"200"})
    assert HookEvent.objects.get().object_id == post
    assert [word for word in (RESIDENT, WORDS, comment) if word in kept] == []


def test_what_residents_write_to_an_account_at_zalo_is_dropped(channel, simulator, received):
    page = channel("zalo")
    simulator.message(page.external_id, WORDS)
    simulator.message(page.external_id, event="follow")

    assert received("zalo") == ([], {"200": 2})
    assert WORDS not in everything_kept()


# --- TikTok ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("photos", [False, True])
def test_a_post_that_residents_see_is_published_at_once_and_reported_when_they_no_longer_do(
    photos, published, simulator, received
):
    simulator.settings(tiktok_processing_seconds=60, tiktok_moderation_seconds=60)
    row = published("tiktok", photos=photos)
    officer = factories.person(Role.OFFICER, row.unit)
    Delivery.objects.update(verify_at=timezone.now() + timedelta(hours=2))
    until_fetched(simulator, row)
    simulator.advance(60)
    complete, _ = received("tiktok")
    reconcile.reconcile(platform="tiktok")
    row.refresh_from_db()
    worked_on = row.state
    Delivery.objects.update(verify_at=timezone.now() + timedelta(hours=2))
    simulator.advance(60)
    seen, _ = received("tiktok")
    reconcile.reconcile(platform="tiktok")
    row.refresh_from_db()
    (post,) = simulator.visible("tiktok", row.channel.external_id)
    simulator.remove("tiktok", row.channel.external_id, post["id"])
    gone, _ = received("tiktok")

    assert (complete, worked_on) == (["posted"], State.PROCESSING)
    assert (seen, row.state) == (["posted"], State.PUBLISHED)
    assert row.remote_id.endswith(post["id"])
    assert (gone, notices(officer)) == (["gone"], ["post_gone"])


def until_fetched(simulator, row):
    """Wait until TikTok has fetched the photos, which it does itself, after it has answered."""
    give_up = time.monotonic() + 30
    while not simulator.truth("tiktok", row.channel.external_id):
        assert time.monotonic() < give_up


def test_a_post_that_will_not_become_visible_fails_at_once(published, simulator, received):
    simulator.settings(tiktok_processing_ends="file_format_check_failed")
    row = published("tiktok")
    Delivery.objects.update(verify_at=timezone.now() + timedelta(hours=2))
    simulator.advance(10)

    calls, _ = received("tiktok")
    reconcile.reconcile(platform="tiktok")

    row.refresh_from_db()
    assert (calls, row.state, row.platform_code) == (
        ["failed"],
        State.FAILED,
        "file_format_check_failed",
    )


def test_a_consent_that_was_taken_back_loses_the_channel_and_notifies_its_people(
    channel, simulator, received
):
    page = channel("tiktok")
    person = factories.person(Role.APPROVER, page.unit)
    simulator.kill_tokens("tiktok", page=page.external_id)

    calls, _ = received("tiktok")

    page.refresh_from_db()
    assert (calls, page.health, notices(person)) == (["unlinked"], Health.LOST, ["channel_lost"])


# --- twice, late, forged --------------------------------------------------------------------------


@pytest.mark.parametrize("platform", ["facebook", "threads", "youtube"])
def test_what_is_reported_twice_is_heard_once(platform, channel, simulator, received):
    page = channel(platform)
    leader = factories.person(Role.APPROVER, page.unit)
    simulator.webhooks(platform, twice=True)
    simulator.post(platform, page.external_id, "Ai đó viết", by="person")

    calls, answers = received(platform)
    check_for_unrecognised_posts(platform=platform)

    assert (calls, answers) == (["posted"], {"200": 2})
    assert (UnrecognisedPost.objects.count(), notices(leader)) == (1, ["foreign_post"])


def test_what_is_reported_late_says_nothing_of_the_connection_that_was_made_since(
    channel, simulator, received
):
    page = channel("tiktok")
    simulator.webhooks("tiktok", late=3600)
    simulator.kill_tokens("tiktok", page=page.external_id)
    early, _ = received("tiktok")
    simulator.ask("POST", "/_sim/tokens", {"platform": "tiktok", "page": page.external_id})
    Channel.objects.filter(pk=page.pk).update(connected_at=timezone.now())
    simulator.advance(3600)

    calls, _ = received("tiktok")

    page.refresh_from_db()
    assert (early, calls, page.health) == ([], ["unlinked"], Health.CONNECTED)


def test_what_is_reported_late_of_a_post_that_is_known_by_then_changes_nothing(
    published, simulator, received
):
    simulator.webhooks("facebook", late=3600)
    row = published("facebook")
    before = Delivery.objects.values().get()
    simulator.advance(3600)

    calls, _ = received("facebook")
    check_for_unrecognised_posts(platform="facebook")
    reconcile.reconcile(platform="facebook")

    assert (row.state, calls) == (State.PUBLISHED, ["posted"])
    assert (Delivery.objects.values().get(), UnrecognisedPost.objects.count()) == (before, 0)


@pytest.mark.parametrize("platform", ["facebook", "threads", "tiktok", "youtube", "zalo"])
def test_what_is_forged_is_refused_and_changes_nothing(platform, channel, simulator, received):
    page = channel(platform)
    turn = page.check_at
    simulator.webhooks(platform, forged=True)
    match platform:
        case "tiktok":
            simulator.kill_tokens(platform, page=page.external_id)
        case "zalo":
            simulator.message(page.external_id, WORDS)
        case _:
            simulator.post(platform, page.external_id, "Ai đó viết", by="person")

    calls, answers = received(platform)

    page.refresh_from_db()
    assert (calls, answers, HookEvent.objects.count()) == ([], {"400": 1}, 0)
    assert (page.check_at, page.health) == (turn, Health.CONNECTED)
