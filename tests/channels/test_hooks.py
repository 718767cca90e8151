"""What platforms tell by webhook: who proves it, what is kept of it, and what follows."""

import base64
import hashlib
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
from channels import news
from channels.connectors import CONNECTORS
from channels.connectors.base import Forged
from channels.connectors.facebook import Facebook
from channels.models import Channel, ForeignPost, HookEvent
from channels.states import Health
from channels.views.hooks import MOST_BYTES
from publishing.models import Delivery
from publishing.states import State
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)

RESIDENT, WORDS = "Trần Thị Bình", "Cho hỏi giờ làm thẻ căn cước"
PAGE = "104000000000001"


def meta(secret, body):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return raw, {"X-Hub-Signature-256": f"sha256={hmac.new(secret.encode(), raw, 'sha256').hexdigest()}"}


def feed(**value):
    told = {"from": {"id": "70", "name": RESIDENT}, "message": WORDS, "created_time": 1793520060, **value}
    changes = [{"field": "feed", "value": told}]
    return {"object": "page", "entry": [{"id": PAGE, "time": 1793520061, "changes": changes}]}


def facebook(body=None):
    return meta(settings.PLATFORMS["facebook"]["app_secret"], body or feed(item="status", verb="add", post_id="104_1"))


def instagram():
    value = {"id": "1785", "text": WORDS, "from": {"id": "9", "username": RESIDENT}, "media": {"id": "1800"}}
    entry = {"id": PAGE, "time": 1793520061, "changes": [{"field": "comments", "value": value}]}
    return meta(settings.PLATFORMS["instagram"]["app_secret"], {"object": "instagram", "entry": [entry]})


def threads():
    root = {"id": "1800", "owner_id": PAGE, "username": "cityhall"}
    value = {"id": "1801", "username": RESIDENT, "text": WORDS, "root_post": root}
    body = {"target_id": PAGE, "time": 1793520061, "values": {"value": value, "field": "replies"}}
    return meta(settings.PLATFORMS["threads"]["app_secret"], body)


def tiktok(event="post.publish.publicly_available", *, at=None, secret=None, create_time=1764000300):
    app = settings.PLATFORMS["tiktok"]
    content = {"publish_id": "v_pub_file~1", "post_id": "7432109876543210987"}
    body = {"client_key": app["app_id"], "event": event, "create_time": create_time, "user_openid": PAGE}
    raw = json.dumps({**body, "content": json.dumps(content)}).encode()
    signed = str(int(time.time() if at is None else at))
    made = hmac.new((secret or app["app_secret"]).encode(), signed.encode() + b"." + raw, "sha256").hexdigest()
    return raw, {"Tiktok-Signature": f"t={signed},s={made}"}


def youtube(inner=None, *, before=""):
    entry = inner or (
        f"<entry><yt:videoId>dQw4</yt:videoId><yt:channelId>{PAGE}</yt:channelId><title>{WORDS}</title>"
        f"<author><name>{RESIDENT}</name></author><published>2026-11-25T08:00:00+00:00</published>"
        "<updated>2026-11-25T08:00:05+00:00</updated></entry>"
    )
    spaces = 'xmlns="http://www.w3.org/2005/Atom" xmlns:yt="http://www.youtube.com/xml/schemas/2015"'
    raw = f'{before}<feed {spaces} xmlns:at="http://purl.org/atompub/tombstones/1.0">{entry}</feed>'.encode()
    secret = settings.PLATFORMS["youtube"]["hook_secret"].encode()
    return raw, {"X-Hub-Signature": f"sha1={hmac.new(secret, raw, 'sha1').hexdigest()}"}


def zalo():
    app, stamp = settings.PLATFORMS["zalo"], "1764000000123"
    body = {
        "app_id": app["app_id"],
        "sender": {"id": "2468"},
        "recipient": {"id": PAGE},
        "event_name": "user_send_text",
    }
    raw = json.dumps({**body, "message": {"text": WORDS, "msg_id": "96d3"}, "timestamp": stamp}).encode()
    made = hashlib.sha256(app["app_id"].encode() + raw + stamp.encode() + app["hook_secret"].encode()).hexdigest()
    return raw, {"X-ZEvent-Signature": f"mac={made}"}


def telegram(**update):
    post = {"chat": {"id": int(PAGE), "title": "T"}, "message_id": 4710, "date": int(time.time()), "text": WORDS}
    update = update or {"channel_post": {**post, "author_signature": RESIDENT}}
    headers = {"X-Telegram-Bot-Api-Secret-Token": settings.PLATFORMS["telegram"]["hook_secret"]}
    return json.dumps({"update_id": 900002, **update}).encode(), headers


CALLS = {
    "facebook": facebook,
    "instagram": instagram,
    "threads": threads,
    "tiktok": tiktok,
    "youtube": youtube,
    "zalo": zalo,
    "telegram": telegram,
}
# Zalo tells of messages and followers alone.
KEPT = {
    "facebook": [("posted", "104_1")],
    "instagram": [("comment", "1800")],
    "threads": [("comment", "1800")],
    "tiktok": [("posted", "7432109876543210987")],
    "youtube": [("posted", "dQw4")],
    "zalo": [],
    "telegram": [("posted", "4710")],
}


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
            reverse("hook", args=[platform]), changed.pop("raw", raw), content_type="application/json", headers=headers
        )

    return send


def kept():
    return list(HookEvent.objects.values_list("kind", "object_id"))


def hear():
    return news.hear(now=timezone.now())


# --- proof ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("platform", CALLS)
def test_a_proven_call_is_kept_without_people_and_answered_with_nothing(platform, page, call):
    page(platform)

    answer = call(platform, CALLS[platform]())

    assert (answer.status_code, answer.content, kept()) == (200, b"", KEPT[platform])
    rows = json.dumps(list(HookEvent.objects.values()), default=str, ensure_ascii=False)
    assert [word for word in (RESIDENT, WORDS, "cityhall", "2468") if word in rows] == []


@pytest.mark.parametrize("platform", CALLS)
@pytest.mark.parametrize("forgery", ["another body", "another signature", "no signature"])
def test_a_call_that_proves_nothing_is_refused_and_nothing_is_kept(platform, forgery, page, call):
    page(platform)
    raw, headers = CALLS[platform]()
    (name,) = headers
    match forgery:
        case "another body" if platform != "telegram":  # whose secret is a word, no signature
            answer = call(platform, (raw.replace(PAGE.encode(), PAGE[::-1].encode()), headers))
        case "another signature":
            value = headers[name]
            answer = call(platform, (raw, {name: value[:-1] + ("0" if value[-1] != "0" else "1")}))
        case _:
            answer = call(platform, (raw, {}))

    assert (answer.status_code, kept()) == (400, [])


@pytest.mark.parametrize("platform", CALLS)
def test_without_a_secret_of_ours_everything_is_forged(platform, page, call, settings):
    page(platform)
    made = CALLS[platform]()
    app = {**settings.PLATFORMS[platform], "hook_secret": "", "app_secret": ""}
    empty = {**settings.PLATFORMS, platform: app}
    settings.PLATFORMS = empty
    with_nothing = CALLS[platform]() if platform in ("tiktok", "youtube", "zalo", "telegram") else meta("", made[0])

    assert call(platform, with_nothing).status_code == 400


def test_what_was_recorded_and_is_played_again_later_is_refused(page, call):
    page("tiktok")

    statuses = [call("tiktok", tiktok(at=time.time() + shift)).status_code for shift in (-290, -310, 310)]

    assert statuses == [200, 400, 400]


def test_a_call_too_large_is_not_even_read(page, call):
    page("facebook")
    raw, headers = facebook(b'{"pad":"' + b"x" * MOST_BYTES + b'"}')

    assert call("facebook", (raw, headers)).status_code == 413


@pytest.mark.parametrize(
    "body", [b"[]", b"{", b'{"object":"page","entry":[{"id":1,"changes":7}]}', b'{"object":"page"}']
)
def test_what_is_proven_but_unreadable_is_answered_so_that_it_is_not_sent_again(body, page, call):
    page("facebook")

    assert call("facebook", facebook(body)).status_code == 200
    assert kept() == []


def test_entities_that_grow_are_not_expanded(page, call):
    page("youtube")
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'

    assert call("youtube", youtube(before=bomb)).status_code == 200
    assert kept() == []


def test_a_platform_that_is_not_set_up_or_does_not_exist_has_no_webhook(client, settings):
    settings.PLATFORMS = {**settings.PLATFORMS, "tiktok": {**settings.PLATFORMS["tiktok"], "app_id": ""}}

    assert client.post("/hooks/tiktok/").status_code == 404
    assert client.post("/hooks/myspace/").status_code == 404


def test_news_of_a_page_that_is_nobodys_channel_is_not_kept(page, call):
    page("facebook", health=Health.DISCONNECTED)

    assert call("facebook", facebook()).status_code == 200
    assert kept() == []


# --- the handshake ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("platform", ["facebook", "instagram", "threads"])
def test_meta_is_answered_only_with_our_own_word(platform, client, settings):
    ours = settings.PLATFORMS[platform]["verify_token"]
    asked = {"hub.mode": "subscribe", "hub.challenge": "1158201444"}
    address = reverse("hook", args=[platform])

    good = client.get(address, {**asked, "hub.verify_token": ours})
    bad = [client.get(address, {**asked, "hub.verify_token": word}).status_code for word in ("", "guess")]

    assert (good.status_code, good.content, good["Content-Type"]) == (200, b"1158201444", "text/plain")
    assert bad == [400, 400]


def test_youtubes_hub_is_answered_for_our_channels_alone_and_never_to_stop(client, page):
    page("youtube")
    address, topic = reverse("hook", args=["youtube"]), "https://www.youtube.com/xml/feeds/videos.xml?channel_id="
    asked = {"hub.mode": "subscribe", "hub.challenge": "abc", "hub.lease_seconds": "432000"}

    answers = [
        client.get(address, {**asked, "hub.topic": topic + PAGE, **changed}).status_code
        for changed in (
            {},
            {"hub.topic": f"{topic}UCother"},
            {"hub.mode": "unsubscribe"},
            {"hub.topic": "https://x.vn"},
        )
    ]

    assert answers == [200, 400, 400, 400]


@pytest.mark.parametrize("platform", ["zalo", "tiktok", "telegram"])
def test_the_others_ask_no_question(platform, client):
    assert client.get(reverse("hook", args=[platform])).status_code == 400


# --- told twice, late, in the wrong order -----------------------------------------------------------------------------


@pytest.mark.parametrize("platform", [name for name in CALLS if KEPT[name]])
def test_the_same_news_told_again_is_kept_once(platform, page, call):
    page(platform)
    made = CALLS[platform]()

    for _ in range(3):
        call(platform, made)
    hear()
    call(platform, made)

    assert (kept(), hear()) == (KEPT[platform], 0)


def test_each_comment_counts_once_and_says_only_under_which_post_it_came(page, call):
    page("facebook")
    for comment in ("455", "456", "455"):
        told = feed(item="comment", verb="add", post_id="104_1", comment_id=comment)
        call("facebook", facebook(told))

    assert kept() == [("comment", "104_1"), ("comment", "104_1")]
    assert "455" not in json.dumps(list(HookEvent.objects.values("object_id", "page", "key")))


def test_edits_and_reactions_are_not_kept(page, call):
    page("facebook")
    for value in ({"item": "reaction", "verb": "add"}, {"item": "status", "verb": "edited"}):
        call("facebook", facebook(feed(post_id="104_1", **value)))

    assert kept() == []


def test_old_news_is_forgotten_and_what_nobody_heard_is_not(page, call):
    page("facebook")
    call("facebook", facebook())
    later = timezone.now() + timedelta(days=8)
    before = news.forget(now=later)
    hear()

    assert (before, news.forget(now=later)) == (0, 1)


# --- what follows -----------------------------------------------------------------------------------------------------


def test_rights_taken_back_lose_the_channel_and_tell_its_people_once(page, call):
    channel = page("tiktok", connected_at=datetime(2025, 1, 1, tzinfo=UTC))
    person = factories.person(Role.APPROVER, channel.unit)

    for _ in range(2):
        call("tiktok", tiktok("authorization.removed"))
        hear()

    channel.refresh_from_db()
    assert channel.health == Health.LOST
    assert [notice.kind for notice in Notice.objects.filter(user=person)] == ["channel_lost"]


def test_rights_taken_back_before_the_page_was_connected_again_say_nothing(page, call):
    """TikTok repeats its news for three days; meanwhile somebody may have connected the page anew."""
    channel = page("tiktok", connected_at=timezone.now())

    call("tiktok", tiktok("authorization.removed", create_time=1764000300))
    hear()

    channel.refresh_from_db()
    assert channel.health == Health.CONNECTED


def test_the_application_removed_from_a_threads_profile_comes_as_a_signed_form(page, client):
    channel = page("threads", connected_at=datetime(2025, 1, 1, tzinfo=UTC))
    secret = settings.PLATFORMS["threads"]["app_secret"].encode()

    def form(secret):
        payload = base64.urlsafe_b64encode(json.dumps({"user_id": PAGE, "issued_at": 1793520061}).encode()).rstrip(b"=")
        mac = base64.urlsafe_b64encode(hmac.new(secret, payload, "sha256").digest()).rstrip(b"=")
        return urlencode({"signed_request": f"{mac.decode()}.{payload.decode()}"})

    statuses = [
        client.post(
            reverse("hook", args=["threads"]), form(key), content_type="application/x-www-form-urlencoded"
        ).status_code
        for key in (b"guess", secret)
    ]
    hear()

    channel.refresh_from_db()
    assert (statuses, channel.health) == ([400, 200], Health.LOST)


def test_a_hint_of_a_new_post_makes_the_pages_turn_come_now(page, call):
    channel = page("youtube", look_at=timezone.now() + timedelta(hours=20))

    call("youtube", youtube())
    hear()

    channel.refresh_from_db()
    assert channel.look_at <= timezone.now()


def test_where_no_posts_are_listed_the_news_itself_is_the_foreign_post(page, call):
    channel = page("telegram", watched_since=timezone.now() - timedelta(hours=1), address="https://t.me/congan")

    call("telegram", telegram())
    hear()

    post = ForeignPost.objects.get()
    assert (post.channel, post.external_id, post.permalink) == (channel, "4710", "https://t.me/congan/4710")


def test_such_news_is_never_of_a_post_of_ours_in_doubt(page, call):
    """Telegram tells a bot nothing of its own posts, and tells the rest once."""
    channel = page("telegram", watched_since=timezone.now() - timedelta(hours=1))
    post = factories.approved(unit=channel.unit, channels=[channel])
    factories.delivery(post, channel, state=State.NEEDS_PERSON, committing_at=timezone.now())

    call("telegram", telegram())
    hear()

    assert ForeignPost.objects.count() == 1


def test_an_album_in_a_telegram_channel_is_one_foreign_post(page, call):
    page("telegram", watched_since=timezone.now() - timedelta(hours=1))
    chat, now = {"id": int(PAGE)}, int(time.time())
    for message in (1, 2, 3):
        part = {"chat": chat, "message_id": message, "date": now, "media_group_id": "g1"}
        call("telegram", telegram(channel_post=part))
    hear()

    assert ForeignPost.objects.count() == 1


def test_a_change_of_the_bots_rights_makes_the_portal_look(page, call, simulator):
    """The bot was taken out of the channel: the news says only that something changed, the platform says what."""
    channel = factories.connected(simulator, "telegram")
    factories.allowed("telegram", channel.unit)
    simulator.kill_tokens("telegram", page=channel.external_id)
    changed = {"chat": {"id": int(channel.external_id)}, "date": int(time.time())}

    call("telegram", telegram(my_chat_member=changed))
    hear()

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
    hear()

    row.refresh_from_db()
    assert (row.state, row.verify_at <= timezone.now()) == (State.PROCESSING, True)


@pytest.mark.parametrize(("draft", "sooner"), [("104_1", True), ("104_2", False)])
def test_a_doubt_keeps_its_grace_unless_the_hint_names_this_very_post(page, call, draft, sooner):
    """A look that is too early could find nothing, and the post would be sent twice."""
    row = waiting(page("facebook"), State.VERIFYING, draft_ref=draft)

    call("facebook", facebook())
    hear()

    row.refresh_from_db()
    assert (row.verify_at <= timezone.now()) == sooner


def test_a_post_of_ours_that_is_gone_is_told_to_the_unit_and_nobody_elses_is(page, call):
    channel = page("tiktok")
    officer = factories.person(Role.OFFICER, channel.unit)
    gone = tiktok("post.publish.no_longer_publicaly_available")
    call("tiktok", gone)
    hear()
    before = Notice.objects.filter(user=officer).count()
    waiting(channel, State.PUBLISHED, remote_id="7432109876543210987", published_at=timezone.now(), verify_at=None)

    call("tiktok", tiktok("post.publish.no_longer_publicly_available"))
    hear()

    assert (before, [notice.kind for notice in Notice.objects.filter(user=officer)]) == (0, ["post_gone"])
    assert Delivery.objects.get().state == State.PUBLISHED


def test_hearing_costs_the_same_for_one_piece_of_news_and_for_many(page, call, django_assert_max_num_queries):
    page("facebook")
    for number in range(30):
        told = feed(item="comment", verb="add", post_id="104_1", comment_id=str(number))
        call("facebook", facebook(told))

    with django_assert_max_num_queries(8):
        assert hear() == 30


# --- asking for it ----------------------------------------------------------------------------------------------------


def test_a_bots_news_is_asked_for_once_the_portal_can_be_reached(simulator, settings):
    channel = factories.connected(simulator, "telegram")
    now = timezone.now()
    settings.PORTAL_URL, settings.TRY_OUT = "http://127.0.0.1:8000", False
    unreachable = news.subscribe_due(now=now)
    settings.PORTAL_URL = "https://portal.example"

    assert (unreachable, news.subscribe_due(now=now), news.subscribe_due(now=now)) == (0, 1, 0)
    channel.refresh_from_db()
    assert channel.subscribe_at > now + timedelta(days=3)
    assert simulator.requests()["telegram"] == {"connect": 1}


def test_a_subscription_that_fails_is_tried_again_and_disconnects_nobody(simulator, settings):
    channel = factories.connected(simulator, "telegram")
    settings.PORTAL_URL = "https://portal.example"
    simulator.fault("telegram", "error_before", times=1)
    now = timezone.now()

    first = news.subscribe_due(now=now)
    channel.refresh_from_db()
    second = news.subscribe_due(now=channel.subscribe_at)

    assert (first, second, channel.health) == (0, 1, Health.CONNECTED)


def test_one_pages_odd_answer_keeps_no_other_from_being_subscribed(simulator, settings, monkeypatch):
    odd, _fine = (factories.connected(simulator, kind) for kind in ("facebook", "telegram"))
    settings.PORTAL_URL = "https://portal.example"

    async def odd_answer(connector, account, callback):
        raise KeyError("success")

    monkeypatch.setattr(Facebook, "subscribe", odd_answer)
    now = timezone.now()

    assert news.subscribe_due(now=now) == 1

    odd.refresh_from_db()
    assert now < odd.subscribe_at < now + timedelta(days=1)


def test_a_platform_that_tells_without_being_asked_is_asked_nothing_more(simulator, settings):
    channel = factories.connected(simulator, "zalo")
    settings.PORTAL_URL = "https://portal.example"

    news.subscribe_due(now=timezone.now())

    channel.refresh_from_db()
    assert (channel.subscribe_at, simulator.requests()["zalo"]) == (None, {})


@pytest.mark.parametrize("platform", sorted(CONNECTORS))
def test_every_platform_judges_calls_to_its_webhook(platform):
    with pytest.raises(Forged):
        CONNECTORS[platform].hook_events(settings.PLATFORMS[platform], {}, b"{}")
    assert set(CALLS) == set(CONNECTORS)


def test_every_channel_has_room_for_what_its_page_is_called():
    assert HookEvent._meta.get_field("page").max_length == Channel._meta.get_field("external_id").max_length
