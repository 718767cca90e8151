"""Threads: containers and their clock, how it counts, what is published once, replies, tokens,
counting.
"""

import base64
import hashlib
import json
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from simulator import images

from ..conftest import ask

APP = {"client_id": "300000000000003", "client_secret": "simulator-threads-secret"}
BACK = "https://portal.example.vn/cb"
DAY = 86_400


class Profile:
    def __init__(self, simulator, **page):
        self.simulator = simulator
        self.page = simulator.page("threads", **page)
        self.id, self.token = self.page["external_id"], self.page["tokens"]["access_token"]
        self.base = f"{simulator.url}/threads/graph/v1.0"

    def call(self, method, path, *, token=None, **params):
        params = {"access_token": token or self.token} | params
        return ask(
            method, f"{self.base}/{path}", **{"query" if method == "GET" else "form": params}
        )

    def get(self, path, **params):
        return self.call("GET", path, **params)

    def post(self, path, **params):
        return self.call("POST", path, **params)

    def hosted(self, content) -> str:
        page = self.simulator.page("facebook")["external_id"]
        self.simulator.post(
            "facebook", page, "Nơi để tệp", images=[base64.b64encode(content).decode()]
        )
        return f"{self.simulator.url}/media/{hashlib.sha256(content).hexdigest()}"

    def container(self, text="Ngày hội", **params) -> str:
        return self.post(
            f"{self.id}/threads", **{"media_type": "TEXT", "text": text} | params
        ).body["id"]

    def medium(self, content, **params) -> str:
        kind = "VIDEO" if images.detect_kind(content).startswith("video/") else "IMAGE"
        url = {f"{kind.lower()}_url": self.hosted(content)}
        return self.post(f"{self.id}/threads", media_type=kind, **url, **params).body["id"]

    def status(self, container) -> str:
        return self.get(container, fields="status").body["status"]

    def publish(self, container):
        return self.post(f"{self.id}/threads_publish", creation_id=container)


@pytest.fixture
def profile(simulator):
    return Profile(simulator)


# --- containers -----------------------------------------------------------------------------------


def test_a_container_is_seen_only_when_it_is_published_and_has_another_id(simulator, profile):
    container = profile.container(link_attachment="https://congan.example/1")
    before = simulator.visible("threads")

    post = profile.publish(container).body["id"]

    (seen,) = simulator.visible("threads")
    assert (before, seen["id"], post == container) == ([], post, False)
    assert (seen["text"], seen["link"]) == ("Ngày hội", "https://congan.example/1")
    assert profile.status(container) == "PUBLISHED"


def test_a_state_is_asked_of_containers_alone(profile):
    post = profile.publish(profile.container()).body["id"]

    assert profile.get(post, fields="status").error[0] == 100


@pytest.mark.parametrize("content", [images.make_plain_mp4(1), images.make_plain_png(1)])
def test_a_medium_ripens_by_the_world_s_clock_and_is_not_found_before(simulator, profile, content):
    simulator.settings(threads_container_seconds=60)
    container = profile.medium(content)
    early = (profile.status(container), profile.publish(container).error)

    simulator.advance(61)

    assert early == ("IN_PROGRESS", (24, 4279009))
    assert (profile.status(container), profile.publish(container).status) == ("FINISHED", 200)


def test_a_container_dies_after_a_day(simulator, profile):
    container = profile.container()
    simulator.advance(DAY)

    assert (profile.status(container), profile.publish(container).error) == (
        "EXPIRED",
        (24, 4279009),
    )


def test_a_finished_container_may_not_be_known_everywhere_for_a_while(simulator, profile):
    simulator.settings(threads_unknown_seconds=60)
    container = profile.container()
    early = (profile.status(container), profile.publish(container).error)

    simulator.advance(61)

    assert early == ("FINISHED", (24, 4279009))
    assert profile.publish(container).status == 200


def test_the_items_of_a_carousel_must_be_finished(simulator, profile):
    simulator.settings(threads_container_seconds=60)
    items = [
        profile.medium(content, is_carousel_item="true")
        for content in (images.make_plain_png(1), images.make_plain_mp4(1))
    ]
    early = profile.post(
        f"{profile.id}/threads", media_type="CAROUSEL", children=",".join(items)
    ).error
    simulator.advance(61)
    simulator.settings(threads_container_seconds=0)

    whole = profile.container(media_type="CAROUSEL", children=",".join(items))
    profile.publish(whole)

    assert early == (24, 4279009)
    assert [(post["type"], len(post["media"])) for post in simulator.visible("threads")] == [
        ("CAROUSEL_ALBUM", 2)
    ]


@pytest.mark.parametrize(
    "params",
    [
        {"text": ""},
        {"text": "a" * 501},
        {"text": "🚨" * 126},
        {"text": " ".join(f"https://congan.example/{n}" for n in range(6))},
        {"topic_tag": "a.b"},
        {"reply_control": "nobody"},
        {"media_type": "AUDIO"},
        {"media_type": "CAROUSEL", "children": "1"},
    ],
)
def test_what_does_not_fit_is_refused(profile, params):
    answer = profile.post(
        f"{profile.id}/threads", **{"media_type": "TEXT", "text": "Ngày hội"} | params
    )

    assert answer.error[0] == 100


ATTACHED = {"plaintext": "Ngày hội. " * 600, "link_attachment_url": "https://congan.example"}


def test_a_long_text_is_attached_to_a_text_and_read_back(simulator, profile):
    container = profile.container(text_attachment=json.dumps(ATTACHED))
    post = profile.publish(container).body["id"]

    (seen,) = simulator.visible("threads")
    assert (seen["text"], seen["attachment"]) == ("Ngày hội", ATTACHED)
    assert profile.get(post, fields="text_attachment").body["text_attachment"] == ATTACHED
    page = ask("GET", f"{simulator.url}/pages/threads/{profile.id}/").raw.decode()
    assert page.count("Ngày hội.") == 600


@pytest.mark.parametrize(
    ("attached", "params"),
    [
        ("no JSON", {}),
        ({"link_attachment_url": "https://congan.example"}, {}),
        ({"plaintext": ""}, {}),
        ({"plaintext": "a" * 10_001}, {}),
        ({"plaintext": " ".join(f"https://congan.example/{n}" for n in range(6))}, {}),
        (ATTACHED, {"link_attachment": "https://congan.example/b"}),
        (ATTACHED, {"poll_attachment": '{"option_a": "Có", "option_b": "Không"}'}),
        (ATTACHED, {"media_type": "IMAGE", "image_url": "x"}),
    ],
)
def test_an_attachment_that_does_not_fit_is_refused(profile, attached, params):
    attachment = attached if isinstance(attached, str) else json.dumps(attached)
    fields = {"media_type": "TEXT", "text": "Ngày hội", "text_attachment": attachment} | params

    assert profile.post(f"{profile.id}/threads", **fields).error[0] == 100


def test_a_card_goes_with_text_alone(profile):
    answer = profile.post(
        f"{profile.id}/threads",
        media_type="IMAGE",
        image_url="x",
        link_attachment="https://congan.example",
    )

    assert answer.error[0] == 100


def test_a_picture_that_cannot_be_fetched_is_reported_at_once_and_a_video_by_its_state(
    simulator, profile
):
    simulator.settings(threads_container_seconds=0)
    picture = profile.post(
        f"{profile.id}/threads", media_type="IMAGE", image_url="https://portal.example.vn/a.jpg"
    )
    video = profile.container(media_type="VIDEO", video_url="https://portal.example.vn/a.mp4")

    body = profile.get(video, fields="status,error_message").body

    assert picture.error == (1, 2207052)
    assert (body["status"], body["error_message"]) == ("ERROR", "FAILED_DOWNLOADING_VIDEO")


def test_a_picture_of_an_odd_shape_is_reported_as_the_platform_spells_it(simulator, profile):
    simulator.settings(threads_container_seconds=0)
    container = profile.medium(images.make_plain_png(1, 1100, 100))

    assert (
        profile.get(container, fields="error_message").body["error_message"]
        == "INVALID_ASPEC_RATIO"
    )


# --- published once -------------------------------------------------------------------------------


def test_a_container_is_used_up_even_if_the_answer_was_lost(simulator, profile):
    container = profile.container()
    simulator.fault("threads", "drop_after", operation="publish")
    with pytest.raises(OSError):
        profile.publish(container)

    assert profile.status(container) == "PUBLISHED"
    assert profile.publish(container).error == (24, 4279009)
    assert len(simulator.visible("threads")) == 1


def test_the_day_s_quotas_are_reported_and_kept_and_replies_have_their_own(simulator, profile):
    simulator.settings(threads_quota=1)
    post = profile.publish(profile.container()).body["id"]
    refused = profile.publish(profile.container("Hai")).error
    reply = profile.publish(profile.container("Đáp", reply_to_id=post)).status
    fields = "quota_usage,config,reply_quota_usage"

    body = profile.get(f"{profile.id}/threads_publishing_limit", fields=fields).body["data"][0]

    assert (refused[0], reply) == (4, 200)
    assert body == {
        "quota_usage": 1,
        "config": {"quota_total": 1, "quota_duration": 86400},
        "reply_quota_usage": 1,
    }


def test_text_may_be_published_at_once(simulator, profile):
    container = profile.container(auto_publish_text="true")

    assert [post["id"] for post in simulator.visible("threads")] == [container]


# --- after publication ----------------------------------------------------------------------------


def test_a_deleted_post_is_gone_and_deletions_are_counted(simulator, profile):
    simulator.settings(threads_deletions=1)
    first, second = (profile.publish(profile.container(text)).body["id"] for text in ("Một", "Hai"))
    deleted = profile.call("DELETE", first).body
    refused = profile.call("DELETE", second).error

    assert deleted == {"success": True, "deleted_id": first}
    assert (refused[0], [post["id"] for post in simulator.visible("threads")]) == (4, [second])
    assert profile.get(first, fields="id").error == (24, 4279009)


def test_lists_know_since_and_lag_and_keep_replies_apart(simulator, profile):
    post = profile.publish(profile.container()).body["id"]
    reply = profile.publish(profile.container("Đáp", reply_to_id=post)).body["id"]
    later = profile.get(f"{profile.id}/threads", since=2_000_000_000).body["data"]
    simulator.fault("threads", "listing_lag", operation="find", seconds=60)
    lagging = profile.get(f"{profile.id}/threads").body["data"]

    assert (later, lagging) == ([], [])
    assert profile.get(f"{profile.id}/threads").body["data"] == [{"id": post}]
    assert profile.get(f"{profile.id}/replies").body["data"] == [{"id": reply}]


def test_replies_are_listed_hidden_and_answered(simulator, profile):
    post = profile.publish(profile.container()).body["id"]
    asked = simulator.comment(profile.id, post, "Mấy giờ?", platform="threads", by="ann")["id"]
    reply = profile.publish(profile.container("8 giờ.", reply_to_id=asked)).body["id"]
    hidden = profile.post(f"{asked}/manage_reply", hide="true").body
    fields = "id,username,replied_to,hide_status"

    top = profile.get(f"{post}/replies", fields=fields).body["data"]
    whole = profile.get(f"{post}/conversation", fields=fields).body["data"]

    assert hidden == {"success": True}
    assert top == [
        {"id": asked, "username": "ann", "replied_to": {"id": post}, "hide_status": "HIDDEN"}
    ]
    assert {row["id"]: row["replied_to"]["id"] for row in whole} == {asked: post, reply: asked}
    assert profile.call("DELETE", asked).status == 403


def test_figures_come_in_three_forms(simulator):
    profile = Profile(simulator, followers=5120)
    post = profile.publish(profile.container(link_attachment="https://congan.example/1")).body["id"]
    simulator.advance(DAY)

    body = profile.get(f"{post}/insights", metric="views,likes").body["data"]
    account = profile.get(
        f"{profile.id}/threads_insights", metric="views,clicks,followers_count"
    ).body["data"]

    assert [row["name"] for row in body] == ["views", "likes"]
    assert body[0]["values"][0]["value"] > 0
    assert [set(row) & {"values", "link_total_values", "total_value"} for row in account] == [
        {"values"},
        {"link_total_values"},
        {"total_value"},
    ]
    assert account[2]["total_value"]["value"] >= 5120
    assert profile.get(f"{post}/insights", metric="views,impressions").error[0] == 100


@pytest.mark.parametrize(
    ("asked", "expected"),
    [({}, "EVERYONE"), ({"reply_control": "mentioned_only"}, "MENTIONED_ONLY")],
)
def test_a_post_reports_who_may_answer_it(profile, asked, expected):
    post = profile.publish(profile.container(**asked)).body["id"]

    assert profile.get(post, fields="reply_audience").body == {
        "id": post,
        "reply_audience": expected,
    }


# --- the way in -----------------------------------------------------------------------------------


def token(simulator, path, grant, old):
    query = {"grant_type": grant, "client_secret": APP["client_secret"], "access_token": old}
    return ask("GET", f"{simulator.url}/threads/graph/{path}", query=query)


def consented(simulator, profile):
    """Consent in the dialog, and return the address to which it sends the browser, with a code."""
    query = {
        "client_id": APP["client_id"],
        "redirect_uri": BACK,
        "response_type": "code",
        "state": "S",
    }
    dialog = f"{simulator.url}/threads/www/oauth/authorize?{urlencode(query | {'scope': 'threads_basic'})}"  # noqa: E501
    form = {
        "account": profile.page["owner"],
        "page": profile.id,
        "scope": ["threads_basic"],
        "decision": "allow",
    }
    return simulator.consent(dialog, **form)


def redeemed(simulator, back):
    code = parse_qs(urlsplit(back).query)["code"][0]
    form = APP | {"grant_type": "authorization_code", "redirect_uri": BACK, "code": code}
    return ask("POST", f"{simulator.url}/threads/graph/oauth/access_token", form=form)


def test_the_login_gives_an_hour_then_sixty_days_and_renews_after_a_day(simulator, profile):
    back = consented(simulator, profile)
    short, again = redeemed(simulator, back).body, redeemed(simulator, back)
    long = token(simulator, "access_token", "th_exchange_token", short["access_token"]).body
    young = token(simulator, "refresh_access_token", "th_refresh_token", long["access_token"])
    simulator.advance(DAY)
    renewed = token(
        simulator, "refresh_access_token", "th_refresh_token", long["access_token"]
    ).body
    simulator.advance(60 * DAY)

    late = token(simulator, "refresh_access_token", "th_refresh_token", renewed["access_token"])

    assert (back.endswith("#_"), str(short["user_id"])) == (True, profile.id)
    assert (again.status, again.body["error_type"]) == (400, "OAuthException")
    assert (long["expires_in"], renewed["expires_in"], young.error[0], late.error) == (
        5183944,
        5183944,
        100,
        (190, 463),
    )


@pytest.mark.parametrize(("asked", "opens"), [({}, True), ({"response_type": "token"}, False)])
def test_the_dialog_opens_without_a_response_type(simulator, profile, asked, opens):
    query = {"client_id": APP["client_id"], "redirect_uri": BACK} | asked
    dialog = f"{simulator.url}/threads/www/oauth/authorize?{urlencode(query)}"

    answer = ask("GET", f"{dialog}&account={profile.page['owner']}")

    assert answer.status == (200 if opens else 400)


def test_a_token_is_renewed_under_a_version_too(simulator, profile):
    renewed = token(simulator, "v1.0/refresh_access_token", "th_refresh_token", profile.token)
    short = redeemed(simulator, consented(simulator, profile)).body["access_token"]

    long = token(simulator, "v1.0/access_token", "th_exchange_token", short)

    assert (renewed.status, long.status) == (200, 200)


def test_a_person_may_decline(simulator, profile):
    query = {
        "client_id": APP["client_id"],
        "redirect_uri": BACK,
        "response_type": "code",
        "state": "S",
    }
    dialog = f"{simulator.url}/threads/www/oauth/authorize?{urlencode(query)}"

    back = simulator.consent(
        dialog, account=profile.page["owner"], page=profile.id, decision="deny"
    )

    assert parse_qs(urlsplit(back).query)["error"] == ["access_denied"]


def test_what_a_token_is_good_for_is_reported_to_testers_alone(simulator, profile):
    body = profile.get("debug_token", input_token=profile.token).body["data"]
    simulator.settings(threads_testers=False)

    refused = profile.get("debug_token", input_token=profile.token)

    assert (body["is_valid"], body["user_id"], "threads_delete" in body["scopes"]) == (
        True,
        profile.id,
        True,
    )
    assert refused.error[0] == 10


def test_a_right_that_was_not_given_is_missed(simulator, profile):
    simulator.kill_tokens("threads", page=profile.id, subcode=458)

    assert profile.get("me", fields="id").error == (190, 458)


@pytest.mark.parametrize("path", ["/threads/www/@{}", "/pages/threads/{}/"])
def test_people_see_the_profile_under_its_address(simulator, profile, path):
    profile.publish(profile.container("Ngày hội toàn dân"))

    answer = ask("GET", simulator.url + path.format(profile.page["username"]))

    assert "Ngày hội toàn dân" in answer.raw.decode()
