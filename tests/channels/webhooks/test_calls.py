"""Take the calls of platforms: proof, size, shape, the handshake, and what is told twice."""

import hmac
import json
import time
from datetime import timedelta

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from channels.models import HookEvent
from channels.states import Health
from channels.webhooks import inbox
from channels.webhooks.views import MOST_BYTES
from retention.services import apply_rules
from tests import factories
from tests.channels.webhooks.calls import (
    CALLS,
    PAGE,
    RESIDENT,
    WORDS,
    facebook,
    feed,
    meta,
    tiktok,
    youtube,
)

pytestmark = pytest.mark.django_db(transaction=True)

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
            reverse("hook", args=[platform]),
            changed.pop("raw", raw),
            content_type="application/json",
            headers=headers,
        )

    return send


def kept():
    return list(HookEvent.objects.values_list("kind", "object_id"))


def process_inbox():
    return inbox.process_events(now=timezone.now())


# --- proof ----------------------------------------------------------------------------------------


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
    with_nothing = (
        CALLS[platform]()
        if platform in ("tiktok", "youtube", "zalo", "telegram")
        else meta("", made[0])
    )

    assert call(platform, with_nothing).status_code == 400


@pytest.mark.parametrize("platform", ["youtube", "zalo", "telegram"])
def test_while_a_word_is_changed_the_new_one_and_the_old_one_prove_a_call_and_no_other(
    platform, page, call, settings
):
    def with_words(words):
        settings.PLATFORMS = {
            **settings.PLATFORMS,
            platform: {**settings.PLATFORMS[platform], "hook_secret": words},
        }

    page(platform)
    made = {}
    for word in ("newer", "older", "strange"):
        with_words(word)
        made[word] = CALLS[platform]()
    with_words("newer, older")

    answers = {word: call(platform, call_made).status_code for word, call_made in made.items()}

    assert answers == {"newer": 200, "older": 200, "strange": 400}


def test_metas_question_is_answered_with_the_new_word_and_the_old_one(client, settings):
    app = {**settings.PLATFORMS["facebook"], "verify_token": "newer,older"}
    settings.PLATFORMS = {**settings.PLATFORMS, "facebook": app}

    def asked(word):
        query = {"hub.mode": "subscribe", "hub.verify_token": word, "hub.challenge": "7"}
        return client.get(reverse("hook", args=["facebook"]), query).status_code

    assert [asked(word) for word in ("newer", "older", "newer,older", "")] == [200, 200, 400, 400]


def test_what_was_recorded_and_is_played_again_later_is_refused(page, call):
    page("tiktok")

    statuses = [
        call("tiktok", tiktok(at=time.time() + shift)).status_code for shift in (-290, -310, 310)
    ]

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


def test_a_body_nested_beyond_measure_is_answered(page, call):
    page("facebook")

    assert (
        call(
            "facebook", facebook(b'{"object":' + b"[" * 200_000 + b"]" * 200_000 + b"}")
        ).status_code
        == 200
    )
    assert kept() == []


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("declared", ["", '<!DOCTYPE x [<!ENTITY a "dQw4">]>'])
def test_a_feed_in_another_encoding_is_not_read(page, call, encoding, declared):
    page("youtube")
    raw = (
        youtube(before=f'<?xml version="1.0" encoding="{encoding[:6]}"?>{declared}')[0]
        .decode()
        .encode(encoding)
    )
    secret = settings.PLATFORMS["youtube"]["hook_secret"].encode()
    signed = {"X-Hub-Signature": f"sha1={hmac.new(secret, raw, 'sha1').hexdigest()}"}

    assert call("youtube", (raw, signed)).status_code == 200
    assert kept() == []


def test_entities_that_grow_are_not_expanded(page, call):
    page("youtube")
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'

    assert call("youtube", youtube(before=bomb)).status_code == 200
    assert kept() == []


def test_a_platform_that_is_not_set_up_or_does_not_exist_has_no_webhook(client, settings):
    settings.PLATFORMS = {
        **settings.PLATFORMS,
        "tiktok": {**settings.PLATFORMS["tiktok"], "app_id": ""},
    }

    assert client.post("/hooks/tiktok/").status_code == 404
    assert client.post("/hooks/myspace/").status_code == 404


def test_news_of_a_page_that_is_nobodys_channel_is_not_kept(page, call):
    page("facebook", health=Health.DISCONNECTED)

    assert call("facebook", facebook()).status_code == 200
    assert kept() == []


# --- the handshake --------------------------------------------------------------------------------


@pytest.mark.parametrize("platform", ["facebook", "instagram", "threads"])
def test_meta_is_answered_only_with_our_own_word(platform, client, settings):
    ours = settings.PLATFORMS[platform]["verify_token"]
    asked = {"hub.mode": "subscribe", "hub.challenge": "1158201444"}
    address = reverse("hook", args=[platform])

    good = client.get(address, {**asked, "hub.verify_token": ours})
    bad = [
        client.get(address, {**asked, "hub.verify_token": word}).status_code
        for word in ("", "guess")
    ]

    assert (good.status_code, good.content, good["Content-Type"]) == (
        200,
        b"1158201444",
        "text/plain; charset=utf-8",
    )
    assert bad == [400, 400]


def test_youtubes_hub_is_answered_for_our_channels_alone_and_never_to_stop(client, page):
    page("youtube")
    address, topic = (
        reverse("hook", args=["youtube"]),
        "https://www.youtube.com/xml/feeds/videos.xml?channel_id=",
    )
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


# --- told twice, late, in the wrong order ---------------------------------------------------------


@pytest.mark.parametrize("platform", [name for name in CALLS if KEPT[name]])
def test_the_same_news_reported_again_is_kept_once(platform, page, call):
    page(platform)
    made = CALLS[platform]()

    for _ in range(3):
        call(platform, made)
    process_inbox()
    call(platform, made)

    assert (kept(), process_inbox()) == (KEPT[platform], 0)


def test_each_comment_counts_once_and_says_only_under_which_post_it_came(page, call):
    page("facebook")
    for comment in ("455", "456", "455"):
        calls = feed(item="comment", verb="add", post_id="104_1", comment_id=comment)
        call("facebook", facebook(calls))

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
    before = apply_rules(["hook-events"], clock=lambda: later).removed
    process_inbox()
    after = apply_rules(["hook-events"], clock=lambda: later).removed

    assert (before, after) == ({}, {"hook-events": 1})
