"""Webhooks that the platforms send by themselves, as their contracts say it: to whom, in which
words, signed how."""

import hashlib
import hmac
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

import pytest

from .conftest import ask
from .platforms.test_tiktok import SMALL, Creator

ATOM = "{http://www.w3.org/2005/Atom}"
YT = "{http://www.youtube.com/xml/schemas/2015}"
TOPIC = "https://www.youtube.com/xml/feeds/videos.xml?channel_id="
WORDS = "Trúng thưởng xe máy / mới"


class Listener(BaseHTTPRequestHandler):
    def do_GET(self):
        query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        self.server.questions.append(query)
        self.answer(200, query["hub.challenge"].encode() if self.server.willing else b"no")

    def do_POST(self):
        raw = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.calls.append((raw, dict(self.headers)))
        self.answer(self.server.statuses.pop(0) if self.server.statuses else 200, b"")

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


@pytest.fixture
def listener():
    """Somebody who wants to hear; what was told, oldest first, in `calls`."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Listener)
    server.calls, server.questions, server.statuses, server.willing = [], [], [], True
    server.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def received(simulator, listener):
    """The bodies of everything that is due by now."""

    def bodies(platform):
        simulator.answered(platform)
        return [json.loads(raw) for raw, _ in listener.calls]

    return bodies


def is_signed(raw, headers, secret, algorithm="sha256"):
    name = "X-Hub-Signature-256" if algorithm == "sha256" else "X-Hub-Signature"
    return headers[name] == f"{algorithm}={hmac.new(secret.encode(), raw, algorithm).hexdigest()}"


# --- Meta -----------------------------------------------------------------------------------------


@pytest.fixture
def page(simulator, listener, graph):
    """A page on Facebook of which the application hears."""
    simulator.webhooks("facebook", listener.url, verify_token="ours")
    assert graph.post("me/subscribed_apps", subscribed_fields="feed,name").body == {"success": True}
    return graph


def changes(bodies):
    return [
        (change["field"], change["value"])
        for body in bodies
        for e in body["entry"]
        for change in e["changes"]
    ]


def test_meta_asks_whether_the_address_is_ours_before_it_keeps_it(simulator, listener):
    listener.willing = False

    with pytest.raises(AssertionError, match="callback verification failed"):
        simulator.webhooks("facebook", listener.url, verify_token="ours")

    (asked,) = listener.questions
    assert (asked["hub.mode"], asked["hub.verify_token"]) == ("subscribe", "ours")
    assert simulator.ask("GET", "/_sim/webhooks")["facebook"]["url"] == ""


def test_a_page_is_subscribed_listed_and_let_go(graph):
    before = graph.get("me/subscribed_apps").body
    graph.post(f"{graph.id}/subscribed_apps", subscribed_fields="feed")
    (app,) = graph.get(f"{graph.id}/subscribed_apps").body["data"]
    gone = graph.call("DELETE", f"{graph.id}/subscribed_apps").body

    assert (before, app["id"], app["subscribed_fields"]) == (
        {"data": []},
        "100000000000001",
        ["feed"],
    )
    assert (gone, graph.get("me/subscribed_apps").body) == ({"success": True}, {"data": []})


@pytest.mark.parametrize("fields", ["", "feed,weather"])
def test_a_subscription_names_fields_that_exist(graph, fields):
    assert graph.post("me/subscribed_apps", subscribed_fields=fields).error == (100, None)


def test_the_applications_own_posts_come_back_with_names_and_words_signed_over_escaped_text(
    page, received, listener
):
    post = page.post(f"{page.id}/feed", message=WORDS).body["id"]

    (body,) = received("facebook")
    ((name, value),) = changes([body])
    raw, headers = listener.calls[0]
    assert (body["object"], body["entry"][0]["id"], name) == ("page", page.id, "feed")
    assert (value["item"], value["verb"], value["post_id"], value["message"]) == (
        "status",
        "add",
        post,
        WORDS,
    )
    assert value["from"] == {"id": page.id, "name": page.page["name"]}
    assert is_signed(raw, headers, "simulator-facebook-secret")
    assert raw.isascii()
    assert b"\\u00fa" in raw
    assert b"m\\u00e1y \\/ m" in raw


def test_a_posts_lifecycle_is_reported_and_what_is_not_seen_is_not(simulator, page, received):
    hidden = page.post(f"{page.id}/feed", message="Chưa đăng", published=False).body["id"]
    none = received("facebook")
    page.post(hidden, is_published=True)
    received("facebook")
    page.post(hidden, message="Đã sửa")
    received("facebook")
    page.call("DELETE", hidden)

    assert none == []
    assert [value["verb"] for _, value in changes(received("facebook"))] == [
        "add",
        "edited",
        "remove",
    ]


def test_a_residents_comment_comes_with_who_wrote_it_and_what(simulator, page, received):
    post = simulator.post("facebook", page.id, "Bài", by="person")["id"]
    received("facebook")
    comment = simulator.comment(page.id, post, "Mấy giờ ạ?", by="Trần Thị Bình")["id"]

    (_, added), (_, value) = changes(received("facebook"))
    assert (added["item"], value["item"], value["verb"]) == ("status", "comment", "add")
    assert (value["comment_id"], value["parent_id"], value["post_id"]) == (comment, post, post)
    assert (value["from"]["name"], value["message"]) == ("Trần Thị Bình", "Mấy giờ ạ?")


def test_nothing_is_reported_of_what_was_before_nor_of_a_page_that_did_not_ask(
    simulator, listener, graph, received
):
    simulator.webhooks("facebook", listener.url, verify_token="ours")
    simulator.post("facebook", graph.id, "Bài cũ", by="person")
    graph.post("me/subscribed_apps", subscribed_fields="feed")
    simulator.post("facebook", simulator.page("facebook")["external_id"], "Trang khác", by="person")
    simulator.post("facebook", graph.id, "Bài ghi lùi ngày", by="person", created_at=1_700_000_000)
    graph.post(f"{graph.id}/feed", message="Bài mới")

    assert [value["message"] for _, value in changes(received("facebook"))] == ["Bài mới"]


def test_an_instagram_account_is_heard_of_through_its_page_and_only_what_residents_write(
    simulator, listener, page, received
):
    simulator.webhooks("instagram", listener.url, verify_token="ours")
    account = simulator.page("instagram", facebook_page=page.id)["external_id"]
    post = simulator.post("instagram", account, "Bài", images=1, by="person")["id"]
    simulator.comment(account, post, "Ở đâu ạ?", platform="instagram", by="binh")

    (body,) = received("instagram")
    ((name, value),) = changes([body])
    raw, headers = listener.calls[0]
    assert (body["object"], body["entry"][0]["id"], name) == ("instagram", account, "comments")
    assert (value["media"]["id"], value["text"], value["from"]["username"]) == (
        post,
        "Ở đâu ạ?",
        "binh",
    )
    assert is_signed(raw, headers, "simulator-facebook-secret")


def test_threads_reports_in_a_shape_of_its_own_signed_with_its_own_secret(
    simulator, listener, received
):
    simulator.webhooks("threads", listener.url, verify_token="ours")
    profile = simulator.page("threads")["external_id"]
    post = simulator.post("threads", profile, "Bài", by="person")["id"]
    simulator.comment(profile, post, "Hay quá", platform="threads", by="binh")
    simulator.remove("threads", profile, post)

    bodies = sorted(received("threads"), key=lambda body: body["values"]["field"])
    assert [(body["values"]["field"], body["topic"]) for body in bodies] == [
        ("delete", "interaction"),
        ("publish", "interaction"),
        ("replies", "moderate"),
    ]
    reply = bodies[2]["values"]["value"]
    assert (bodies[0]["target_id"], bodies[0]["values"]["value"]["id"]) == (profile, post)
    assert (reply["username"], reply["text"], reply["root_post"]["owner_id"]) == (
        "binh",
        "Hay quá",
        profile,
    )
    assert all(
        is_signed(raw, headers, "simulator-threads-secret") for raw, headers in listener.calls
    )


# --- on its way -----------------------------------------------------------------------------------


def test_what_is_not_taken_is_tried_again_later_and_then_no_more(
    simulator, page, listener, received
):
    listener.statuses = [500, 500, 200]
    page.post(f"{page.id}/feed", message="Bài")
    counts = [len(received("facebook"))]  # Meta's second try follows at once
    for _ in range(3):
        simulator.advance(60)
        counts.append(len(received("facebook")))

    assert counts == [2, 3, 3, 3]
    assert simulator.answered("facebook") == {"500": 2, "200": 1}


def test_it_is_sent_twice_late_or_by_somebody_who_does_not_know_the_secret(
    simulator, page, listener, received
):
    simulator.webhooks("facebook", twice=True)
    page.post(f"{page.id}/feed", message="Một")
    twice = [value["message"] for _, value in changes(received("facebook"))]
    simulator.webhooks("facebook", twice=False, late=3600)
    page.post(f"{page.id}/feed", message="Hai")
    early = len(received("facebook"))
    simulator.advance(3600)
    late = [value["message"] for _, value in changes(received("facebook"))]
    simulator.webhooks("facebook", late=0, forged=True)
    listener.statuses = [400]
    page.post(f"{page.id}/feed", message="Ba")

    assert (twice, early, late) == (["Một", "Một"], 2, ["Một", "Một", "Hai"])
    assert len(received("facebook")) == 4  # a forgery that is refused is not tried again
    assert [is_signed(*call, "simulator-facebook-secret") for call in listener.calls] == [
        True,
        True,
        True,
        False,
    ]


def test_nothing_leaves_the_machine(simulator):
    with pytest.raises(AssertionError, match="nothing here leaves the machine"):
        simulator.webhooks("tiktok", "https://example.com/hook")


# --- TikTok ---------------------------------------------------------------------------------------


@pytest.fixture
def creator(simulator, listener):
    simulator.webhooks("tiktok", listener.url)
    return Creator(simulator)


def events(bodies):
    """Sort the events' names: those with the same second may change places on the way."""
    return sorted(body["event"].rpartition(".")[2] for body in bodies)


def test_tiktok_reports_what_becomes_of_a_publication_as_text_within_text(
    simulator, creator, listener, received
):
    simulator.settings(tiktok_processing_seconds=60, tiktok_moderation_seconds=60)
    begun = creator.init()
    creator.send(begun, SMALL)
    none = received("tiktok")
    simulator.advance(60)
    work = events(received("tiktok"))
    simulator.advance(60)
    seen = received("tiktok")
    post = simulator.visible("tiktok")[0]["id"]
    simulator.remove("tiktok", creator.id, post)

    assert (none, work, events(seen)) == ([], ["complete"], ["complete", "publicly_available"])
    raw, headers = listener.calls[1]
    content = json.loads(seen[1]["content"])
    assert content == {
        "publish_id": begun.body["data"]["publish_id"],
        "post_id": post,
        "publish_type": "DIRECT_PUBLISH",
    }
    assert (seen[1]["client_key"], seen[1]["user_openid"]) == ("awsimulator500000", creator.id)
    stamp, made = (part.partition("=")[2] for part in headers["Tiktok-Signature"].split(","))
    expected = hmac.new(
        b"simulator-tiktok-secret", f"{stamp}.".encode() + raw, hashlib.sha256
    ).hexdigest()
    assert made == expected
    assert (
        received("tiktok")[2]["event"] == "post.publish.no_longer_publicaly_available"
    )  # spelt as they spell it


def test_tiktok_reports_why_it_failed(simulator, creator, received):
    simulator.settings(tiktok_processing_ends="file_format_check_failed")
    creator.send(creator.init(), SMALL)
    simulator.advance(5)

    (body,) = received("tiktok")
    assert body["event"] == "post.publish.failed"
    assert json.loads(body["content"])["reason"] == "file_format_check_failed"


def test_tiktok_reports_drafts_in_the_inbox(simulator, creator, received):
    simulator.settings(tiktok_person_seconds=600)
    creator.send(creator.init(path="inbox/video/init"), SMALL)
    simulator.advance(1)
    waiting = received("tiktok")
    simulator.advance(602)

    assert events(waiting) == ["inbox_delivered"]
    assert json.loads(waiting[0]["content"])["publish_type"] == "INBOX_SHARE"
    assert events(received("tiktok")) == ["complete", "inbox_delivered", "publicly_available"]


def test_tiktok_reports_that_the_consent_was_taken_back_once(simulator, creator, received):
    for _ in range(2):
        simulator.kill_tokens("tiktok", page=creator.id)

    (body,) = received("tiktok")
    assert (body["event"], body["user_openid"]) == ("authorization.removed", creator.id)


# --- YouTube --------------------------------------------------------------------------------------


class Hub:
    def __init__(self, simulator, listener):
        self.simulator, self.listener = simulator, listener
        self.channel = simulator.page("youtube")["external_id"]

    def ask(self, **changed):
        form = {
            "hub.mode": "subscribe",
            "hub.topic": TOPIC + self.channel,
            "hub.callback": self.listener.url,
        }
        form |= {"hub.verify": "async", "hub.secret": "word", "hub.lease_seconds": "3600"}
        form |= {f"hub.{name}": value for name, value in changed.items()}
        status = ask("POST", f"{self.simulator.url}/youtube/hub/subscribe", form=form).status
        self.simulator.answered("youtube")
        return status

    def feeds(self):
        self.simulator.answered("youtube")
        return [ElementTree.fromstring(raw) for raw, _ in self.listener.calls]


@pytest.fixture
def hub(simulator, listener):
    return Hub(simulator, listener)


def test_the_hub_takes_a_wish_asks_back_and_pushes_until_the_lease_is_over(
    simulator, hub, listener
):
    accepted = hub.ask()
    video = simulator.post("youtube", hub.channel, "Phim <mới>", by="person")["id"]
    (feed,) = hub.feeds()
    simulator.advance(3601)
    simulator.post("youtube", hub.channel, "Quá hạn", by="person")

    (asked,) = listener.questions
    received = {name: asked[f"hub.{name}"] for name in ("mode", "topic", "lease_seconds")}
    entry = feed.find(f"{ATOM}entry")
    assert (accepted, received) == (
        202,
        {"mode": "subscribe", "topic": TOPIC + hub.channel, "lease_seconds": "3600"},
    )
    assert [entry.findtext(f"{YT}{name}") for name in ("videoId", "channelId")] == [
        video,
        hub.channel,
    ]
    assert (entry.findtext(f"{ATOM}title"), len(hub.feeds())) == ("Phim <mới>", 1)
    assert is_signed(*listener.calls[0], "word", "sha1")
    assert listener.calls[0][1]["Content-Type"] == "application/atom+xml"


def test_a_hub_that_is_not_answered_pushes_nothing(simulator, hub, listener):
    listener.willing = False

    hub.ask()
    simulator.post("youtube", hub.channel, "Phim", by="person")

    assert (len(listener.questions), hub.feeds()) == (1, [])


def test_a_deleted_video_is_a_tombstone(simulator, hub):
    hub.ask()
    video = simulator.post("youtube", hub.channel, "Phim", by="person")["id"]
    simulator.remove("youtube", hub.channel, video)

    gone = [
        feed.find("{http://purl.org/atompub/tombstones/1.0}deleted-entry") for feed in hub.feeds()
    ]
    (tomb,) = [change for change in gone if change is not None]
    assert tomb.get("ref") == f"yt:video:{video}"
    assert tomb.findtext(f".//{ATOM}uri") == f"https://www.youtube.com/channel/{hub.channel}"


def test_who_leaves_the_hub_is_asked_too_and_hears_no_more(simulator, hub, listener):
    hub.ask()
    hub.ask(mode="unsubscribe")
    simulator.post("youtube", hub.channel, "Phim", by="person")

    assert ([question["hub.mode"] for question in listener.questions], hub.feeds()) == (
        ["subscribe", "unsubscribe"],
        [],
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"mode": "listen"},
        {"topic": "https://example.com/feed"},
        {"callback": "nowhere"},
        {"lease_seconds": "long"},
    ],
)
def test_the_hub_refuses_what_makes_no_sense(hub, wrong):
    assert hub.ask(**wrong) == 400


# --- Zalo -----------------------------------------------------------------------------------------


def test_zalo_reports_messages_and_followers_by_a_plain_hash_and_retries_by_its_ladder(
    simulator, listener, received
):
    simulator.webhooks("zalo", listener.url, secret="oa-key")
    account = simulator.page("zalo")["external_id"]
    listener.statuses = [500]
    simulator.message(account, "Xin hỏi giờ làm việc")
    first = len(received("zalo"))
    simulator.advance(30)
    received("zalo")
    simulator.message(account, event="follow")

    bodies = received("zalo")
    assert (first, [body["event_name"] for body in bodies]) == (
        1,
        ["user_send_text", "user_send_text", "follow"],
    )
    assert (bodies[0]["recipient"]["id"], bodies[0]["message"]["text"]) == (
        account,
        "Xin hỏi giờ làm việc",
    )
    assert bodies[2]["oa_id"] == account
    assert [headers.get("num_retry") for _, headers in listener.calls] == [None, "1", None]
    for body, (raw, headers) in zip(bodies, listener.calls, strict=True):
        text = b"3608465249409039671" + raw + body["timestamp"].encode() + b"oa-key"
        assert headers["X-ZEvent-Signature"] == f"mac={hashlib.sha256(text).hexdigest()}"


def test_articles_are_reported_by_nobody_at_zalo(simulator, listener, received):
    simulator.webhooks("zalo", listener.url, secret="oa-key")
    account = simulator.page("zalo")["external_id"]
    simulator.post("zalo", account, "Bài", images=1, by="person")

    assert received("zalo") == []


# --- and the rest ---------------------------------------------------------------------------------


def test_a_new_world_sends_nothing(simulator, page, listener):
    simulator.webhooks("facebook", late=60)
    page.post(f"{page.id}/feed", message="Bài")
    simulator.reset()
    simulator.advance(60)

    assert (simulator.answered("facebook"), listener.calls) == ({}, [])
