"""Act on the events of a webhook, and subscribe to them."""

import base64
import hmac
import json
import time
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from accounts.models import Notice
from accounts.permissions import Role
from channels.models import Channel, HookEvent, UnrecognisedPost
from channels.states import Health
from channels.webhooks import inbox
from platforms.meta.facebook.connector import Facebook
from platforms.registry import CONNECTORS
from platforms.webhooks import ForgedWebhook
from publishing.models import Delivery
from publishing.states import State
from tests import factories
from tests.channels.webhooks.calls import (
    CALLS,
    PAGE,
    facebook,
    feed,
    telegram,
    tiktok,
    youtube,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def page():
    """The page of which the calls tell."""

    def make(platform, **fields):
        return factories.ChannelFactory(platform=platform, external_id=PAGE, **fields)

    return make


@pytest.fixture
def call(client):
    def send(platform, made, **changed):
        raw, headers = made
        headers = {**headers, **changed.pop("headers", {})}
        return client.post(
            reverse("hook", args=[platform]),
            changed.pop("raw", raw),
            content_type="application/json",
            headers=headers,
        )

    return send


def process_inbox():
    return inbox.process_events(now=timezone.now())


# --- what follows ---------------------------------------------------------------------------------


def test_rights_taken_back_lose_the_channel_and_notify_its_people_once(page, call):
    channel = page("tiktok", connected_at=datetime(2025, 1, 1, tzinfo=UTC))
    person = factories.person(Role.APPROVER, channel.unit)

    for _ in range(2):
        call("tiktok", tiktok("authorization.removed"))
        process_inbox()

    channel.refresh_from_db()
    assert channel.health == Health.LOST
    assert [notice.kind for notice in Notice.objects.filter(user=person)] == ["channel_lost"]


def test_rights_taken_back_before_the_page_was_connected_again_say_nothing(page, call):
    """TikTok repeats its news for three days; meanwhile somebody may have connected the page
    again.
    """
    channel = page("tiktok", connected_at=timezone.now())

    call("tiktok", tiktok("authorization.removed", create_time=1764000300))
    process_inbox()

    channel.refresh_from_db()
    assert channel.health == Health.CONNECTED


def test_the_application_removed_from_a_threads_profile_comes_as_a_signed_form(page, client):
    channel = page("threads", connected_at=datetime(2025, 1, 1, tzinfo=UTC))
    secret = settings.PLATFORMS["threads"]["app_secret"].encode()

    def form(secret):
        payload = base64.urlsafe_b64encode(
            json.dumps({"user_id": PAGE, "issued_at": 1793520061}).encode()
        ).rstrip(b"=")
        mac = base64.urlsafe_b64encode(hmac.new(secret, payload, "sha256").digest()).rstrip(b"=")
        return urlencode({"signed_request": f"{mac.decode()}.{payload.decode()}"})

    statuses = [
        client.post(
            reverse("hook", args=["threads"]),
            form(key),
            content_type="application/x-www-form-urlencoded",
        ).status_code
        for key in (b"guess", secret)
    ]
    process_inbox()

    channel.refresh_from_db()
    assert (statuses, channel.health) == ([400, 200], Health.LOST)


def test_a_hint_of_a_new_post_makes_the_pages_turn_come_now(page, call):
    channel = page("youtube", check_at=timezone.now() + timedelta(hours=20))

    call("youtube", youtube())
    process_inbox()

    channel.refresh_from_db()
    assert channel.check_at <= timezone.now()


def test_where_no_posts_are_listed_the_news_itself_is_the_unrecognised_post(page, call):
    channel = page(
        "telegram", watched_since=timezone.now() - timedelta(hours=1), address="https://t.me/congan"
    )

    call("telegram", telegram())
    process_inbox()

    post = UnrecognisedPost.objects.get()
    assert (post.channel, post.external_id, post.permalink) == (
        channel,
        "4710",
        "https://t.me/congan/4710",
    )


def test_such_news_is_never_of_a_post_of_ours_with_an_unknown_outcome(page, call):
    """Telegram tells a bot nothing of its own posts, and tells the rest once."""
    channel = page("telegram", watched_since=timezone.now() - timedelta(hours=1))
    post = factories.approved(unit=channel.unit, channels=[channel])
    factories.delivery(post, channel, state=State.NEEDS_PERSON, committing_at=timezone.now())

    call("telegram", telegram())
    process_inbox()

    assert UnrecognisedPost.objects.count() == 1


def test_an_album_in_a_telegram_channel_is_one_foreign_post(page, call):
    page("telegram", watched_since=timezone.now() - timedelta(hours=1))
    chat, now = {"id": int(PAGE)}, int(time.time())
    for message in (1, 2, 3):
        part = {"chat": chat, "message_id": message, "date": now, "media_group_id": "g1"}
        call("telegram", telegram(channel_post=part))
    process_inbox()

    assert UnrecognisedPost.objects.count() == 1


def test_a_change_of_the_bots_rights_makes_the_portal_look(page, call, simulator):
    """The bot was taken out of the channel: the news says only that something changed, the platform
    says what.
    """
    channel = factories.connected(simulator, "telegram")
    factories.allowed("telegram", channel.unit)
    simulator.kill_tokens("telegram", page=channel.external_id)
    changed = {"chat": {"id": int(channel.external_id)}, "date": int(time.time())}

    call("telegram", telegram(my_chat_member=changed))
    process_inbox()

    channel.refresh_from_db()
    assert channel.health == Health.LOST


def waiting(channel, state, **fields):
    post = factories.approved(unit=channel.unit, channels=[channel])
    later = timezone.now() + timedelta(hours=1)
    times = {"verify_at": later, "committing_at": timezone.now()}
    return factories.delivery(post, state=state, **{**times, **fields})


def test_a_hint_makes_the_engine_look_at_what_the_platform_works_on(page, call):
    row = waiting(page("tiktok"), State.PROCESSING, remote_id="v_pub_file~1")

    call("tiktok", tiktok())
    process_inbox()

    row.refresh_from_db()
    assert (row.state, row.verify_at <= timezone.now()) == (State.PROCESSING, True)


@pytest.mark.parametrize(
    ("draft", "sooner"),
    [("104_1", True), ("104_2", False), ('{"kind":"photo_story","id":"104_1"}', True)],
)
def test_an_unknown_outcome_keeps_its_grace_unless_the_hint_names_this_very_post(
    page, call, draft, sooner
):
    """A look that is too early could find nothing, and the post would be sent twice."""
    row = waiting(page("facebook"), State.VERIFYING, draft_ref=draft)

    call("facebook", facebook())
    process_inbox()

    row.refresh_from_db()
    assert (row.verify_at <= timezone.now()) == sooner


def test_a_post_of_ours_that_is_gone_is_reported_to_the_unit_and_nobody_elses_is(page, call):
    channel = page("tiktok")
    officer = factories.person(Role.OFFICER, channel.unit)
    gone = tiktok("post.publish.no_longer_publicaly_available")
    call("tiktok", gone)
    process_inbox()
    before = Notice.objects.filter(user=officer).count()
    waiting(
        channel,
        State.PUBLISHED,
        remote_id="7432109876543210987",
        published_at=timezone.now(),
        verify_at=None,
    )

    call("tiktok", tiktok("post.publish.no_longer_publicly_available"))
    process_inbox()

    assert (before, [notice.kind for notice in Notice.objects.filter(user=officer)]) == (
        0,
        ["post_gone"],
    )
    assert Delivery.objects.get().state == State.PUBLISHED


def test_hearing_costs_the_same_for_one_piece_of_news_and_for_many(
    page, call, django_assert_max_num_queries
):
    page("facebook")
    for number in range(30):
        calls = feed(item="comment", verb="add", post_id="104_1", comment_id=str(number))
        call("facebook", facebook(calls))

    with django_assert_max_num_queries(8):
        assert process_inbox() == 30


# --- asking for it --------------------------------------------------------------------------------


def test_a_bots_news_is_asked_for_once_the_portal_can_be_reached(simulator, settings):
    channel = factories.connected(simulator, "telegram")
    now = timezone.now()
    settings.PORTAL_URL, settings.TRY_OUT = "http://127.0.0.1:8000", False
    unreachable = inbox.subscribe_due(now=now)
    settings.PORTAL_URL = "https://portal.example"

    assert (unreachable, inbox.subscribe_due(now=now), inbox.subscribe_due(now=now)) == (0, 1, 0)
    channel.refresh_from_db()
    assert channel.subscribe_at > now + timedelta(days=3)
    assert simulator.requests()["telegram"] == {"connect": 1}


def test_a_subscription_that_fails_is_tried_again_and_disconnects_nobody(simulator, settings):
    channel = factories.connected(simulator, "telegram")
    settings.PORTAL_URL = "https://portal.example"
    simulator.fault("telegram", "error_before", times=1)
    now = timezone.now()

    first = inbox.subscribe_due(now=now)
    channel.refresh_from_db()
    second = inbox.subscribe_due(now=channel.subscribe_at)

    assert (first, second, channel.health) == (0, 1, Health.CONNECTED)


def test_one_pages_odd_answer_keeps_no_other_from_being_subscribed(
    simulator, settings, monkeypatch
):
    odd, _fine = (factories.connected(simulator, kind) for kind in ("facebook", "telegram"))
    settings.PORTAL_URL = "https://portal.example"

    async def odd_answer(connector, account, callback):
        raise KeyError("success")

    monkeypatch.setattr(Facebook, "subscribe_webhook", odd_answer)
    now = timezone.now()

    assert inbox.subscribe_due(now=now) == 1

    odd.refresh_from_db()
    assert now < odd.subscribe_at < now + timedelta(days=1)


def test_a_platform_that_reports_without_being_asked_is_asked_nothing_more(simulator, settings):
    channel = factories.connected(simulator, "zalo")
    settings.PORTAL_URL = "https://portal.example"

    inbox.subscribe_due(now=timezone.now())

    channel.refresh_from_db()
    assert (channel.subscribe_at, simulator.requests()["zalo"]) == (None, {})


@pytest.mark.parametrize("platform", sorted(CONNECTORS))
def test_every_platform_judges_calls_to_its_webhook(platform):
    with pytest.raises(ForgedWebhook):
        CONNECTORS[platform].parse_webhook(settings.PLATFORMS[platform], {}, b"{}")
    assert set(CALLS) == set(CONNECTORS)


def test_every_channel_has_room_for_what_its_page_is_called():
    assert (
        HookEvent._meta.get_field("page").max_length
        == Channel._meta.get_field("external_id").max_length
    )
