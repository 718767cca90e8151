"""Instagram, by both ways in: containers and their clock, what is refused, what is published once,
and counting.
"""

import base64
import hashlib
import hmac
import http.client
import io
import json
from urllib.parse import parse_qs, urlencode, urlsplit

import PIL.Image
import pytest

from simulator import images

from ..conftest import ask, proof

OWN_APP = {"client_id": "200000000000002", "client_secret": "simulator-instagram-secret"}
BACK = "https://portal.example.vn/cb"
HOUR, DAY = 3600, 86_400


def jpeg(width=640, height=480):
    file = io.BytesIO()
    PIL.Image.new("RGB", (width, height), "navy").save(file, "JPEG")
    return file.getvalue()


class Linked:
    """An account, opened by the token of the page that it is linked to (A) or by its own (B)."""

    def __init__(self, simulator):
        self.simulator = simulator
        self.facebook_page = simulator.page("facebook")["external_id"]
        self.page = simulator.page("instagram", facebook_page=self.facebook_page, followers=4000)
        self.id = self.page["external_id"]
        self.token, self.own_token = (
            self.page["tokens"]["page_token"],
            self.page["tokens"]["access_token"],
        )
        self.graph, self.own = (
            f"{simulator.url}/facebook/graph/v26.0",
            f"{simulator.url}/instagram/graph/v26.0",
        )

    def call(self, method, path, *, token=None, **params):
        token = token or self.token
        params = {"access_token": token, "appsecret_proof": proof(token)} | params
        return ask(
            method, f"{self.graph}/{path}", **{"query" if method == "GET" else "form": params}
        )

    def get(self, path, **params):
        return self.call("GET", path, **params)

    def post(self, path, **params):
        return self.call("POST", path, **params)

    def own_call(self, method, path, **params):
        params = {
            "access_token": self.own_token,
            "appsecret_proof": own_proof(self.own_token),
        } | params
        return ask(method, f"{self.own}/{path}", **{"query" if method == "GET" else "form": params})

    def hosted(self, content) -> str:
        shown = [base64.b64encode(content).decode()]
        self.simulator.post("facebook", self.facebook_page, "Nơi để tệp", images=shown)
        return f"{self.simulator.url}/media/{hashlib.sha256(content).hexdigest()}"

    def container(self, content=b"", **params) -> str:
        content = content or jpeg()
        name = "video_url" if images.detect_kind(content).startswith("video/") else "image_url"
        return self.post(f"{self.id}/media", **{name: self.hosted(content), **params}).body["id"]

    def status(self, container):
        return self.get(container, fields="status_code,status").body

    def publish(self, container):
        return self.post(f"{self.id}/media_publish", creation_id=container)


def own_proof(token):
    return hmac.new(OWN_APP["client_secret"].encode(), token.encode(), hashlib.sha256).hexdigest()


@pytest.fixture
def linked(simulator):
    return Linked(simulator)


# --- containers -----------------------------------------------------------------------------------


def test_a_picture_is_finished_at_once_and_seen_only_when_it_is_published(simulator, linked):
    container = linked.container(caption="Ngày hội")
    before = simulator.visible("instagram")

    published = linked.publish(container).body["id"]

    (seen,) = simulator.visible("instagram")
    assert (linked.status(container)["status_code"], before) == ("PUBLISHED", [])
    assert (seen["id"], seen["text"], published == container) == (published, "Ngày hội", False)


def test_a_video_ripens_by_the_world_s_clock_and_cannot_be_published_before(simulator, linked):
    simulator.settings(instagram_container_seconds=60)
    container = linked.container(images.make_plain_mp4(1), media_type="REELS")
    states = [linked.status(container)["status_code"]]
    early = linked.publish(container).error

    simulator.advance(61)
    states.append(linked.status(container)["status_code"])

    assert (states, early) == (["IN_PROGRESS", "FINISHED"], (9007, 2207027))
    assert linked.publish(container).status == 200


def test_a_container_dies_after_a_day(simulator, linked):
    container = linked.container()
    simulator.advance(DAY)

    assert linked.status(container)["status_code"] == "EXPIRED"
    assert linked.publish(container).error == (24, 2207008)


def test_a_carousel_is_as_ripe_as_its_slowest_item(simulator, linked):
    simulator.settings(instagram_container_seconds=60)
    first = linked.container(is_carousel_item="true")
    second = linked.container(images.make_plain_mp4(1), is_carousel_item="true", media_type="VIDEO")
    both = {"media_type": "CAROUSEL", "children": f"{first},{second}"}
    whole = linked.post(f"{linked.id}/media", caption="Hai", **both).body["id"]
    early = linked.status(whole)["status_code"]
    simulator.advance(61)

    linked.publish(whole)

    (seen,) = simulator.visible("instagram")
    assert (early, len(seen["media"]), seen["type"]) == ("IN_PROGRESS", 2, "CAROUSEL_ALBUM")


def test_a_carousel_lists_its_pictures_and_whose_they_are(linked):
    items = [linked.container(is_carousel_item="true") for _ in range(2)]
    whole = linked.post(f"{linked.id}/media", media_type="CAROUSEL", children=",".join(items)).body[
        "id"
    ]
    post = linked.publish(whole).body["id"]

    listed = linked.get(f"{post}/children", fields="id,media_type").body["data"]
    body = linked.get(post, fields="children,owner,ig_id").body

    assert [set(picture) for picture in listed] == [{"id", "media_type"}] * 2
    assert [picture["id"] for picture in body["children"]["data"]] == [
        picture["id"] for picture in listed
    ]
    assert (body["owner"], body["ig_id"].isdecimal()) == ({"id": linked.id}, True)


def test_a_version_that_is_over_is_refused_by_both_ways_in(simulator, linked):
    simulator.settings(facebook_oldest_version="v27.0")

    old = linked.get(linked.id, fields="username"), linked.own_call("GET", "me", fields="username")
    linked.own = linked.own.replace("v26.0", "v27.0")
    new = linked.own_call("GET", "me", fields="username")

    assert [answer.error for answer in old] == [(2635, None)] * 2
    assert new.body["username"] == linked.page["username"]


def test_a_doubled_slash_leads_to_the_account_all_the_same(linked):
    query = {
        "fields": "ig_id,username",
        "access_token": linked.token,
        "appsecret_proof": proof(linked.token),
    }

    answers = [
        ask("GET", f"{linked.graph}{slash}{linked.id}", query=query).body for slash in ("/", "//")
    ]

    assert answers[0] == answers[1]
    assert answers[0]["username"] == linked.page["username"]


def test_an_item_of_a_carousel_is_no_post(simulator, linked):
    item = linked.container(is_carousel_item="true")

    assert linked.publish(item).error == (24, 2207006)
    assert linked.post(f"{linked.id}/media", media_type="CAROUSEL", children=item).error == (
        100,
        2207028,
    )
    assert simulator.visible("instagram") == []


@pytest.mark.parametrize(
    ("content", "params", "error"),
    [
        (images.make_plain_png(1), {}, (36001, 2207005)),
        (jpeg(400, 900), {}, (36003, 2207009)),
        (jpeg() + b"\x00" * (8 << 20), {}, (36000, 2207004)),
        (b"", {"caption": "a" * 2201}, (36004, 2207010)),
        (b"", {"caption": " ".join(f"@a{n}" for n in range(21))}, (100, 2207040)),
        (b"", {"media_type": "VIDEO"}, (100, 2207023)),
    ],
)
def test_what_does_not_fit_is_refused(linked, content, params, error):
    url = linked.hosted(content or jpeg())

    assert linked.post(f"{linked.id}/media", image_url=url, **params).error == error


def test_a_story_may_have_any_shape_and_shows_no_words(simulator, linked):
    linked.publish(linked.container(jpeg(400, 900), media_type="STORIES", caption="Không ai thấy"))

    (seen,) = simulator.visible("instagram")
    assert (seen["product"], seen["text"]) == ("STORY", "")
    assert linked.get(f"{linked.id}/media").body == {"data": []}
    assert [row["id"] for row in linked.get(f"{linked.id}/stories").body["data"]] == [seen["id"]]
    simulator.advance(DAY)
    assert linked.get(f"{linked.id}/stories").body == {"data": []}


def test_files_are_fetched_from_allowed_hosts_alone(linked):
    assert linked.post(f"{linked.id}/media", image_url="https://portal.example.vn/a.jpg").error == (
        9004,
        2207052,
    )


def test_a_video_that_is_none_is_reported_by_its_state(simulator, linked):
    simulator.settings(instagram_container_seconds=0)
    container = linked.post(
        f"{linked.id}/media", media_type="REELS", video_url=linked.hosted(b"none")
    ).body["id"]

    assert (
        linked.status(container)["status"]
        == "Error: Media upload has failed with error code 2207026"
    )


def test_a_broken_container_names_its_subcode(simulator, linked):
    simulator.fault("instagram", "process_error", operation="stage", subcode=2207053)
    container = linked.container()

    assert linked.status(container)["status"].endswith("2207053")


# --- published once -------------------------------------------------------------------------------


@pytest.mark.parametrize("refusal", [(9007, 2207027), (24, 2207008)])
def test_a_container_is_used_up_even_if_the_answer_was_lost(simulator, linked, refusal):
    simulator.settings(instagram_used_container="{}/{}".format(*refusal))
    container = linked.container()
    simulator.fault("instagram", "drop_after", operation="publish")
    with pytest.raises(OSError):
        linked.publish(container)

    assert linked.status(container)["status_code"] == "PUBLISHED"
    assert linked.publish(container).error == refusal
    assert len(simulator.visible("instagram")) == 1


def test_a_fresh_container_may_be_unknown_for_a_while(simulator, linked):
    simulator.settings(instagram_unknown_seconds=60)
    container = linked.container()
    early = [linked.publish(container).error, linked.get(container, fields="status_code").error]

    simulator.advance(61)

    assert early[0] == (24, 2207008)
    assert early[1] == (100, 33)
    assert linked.publish(container).status == 200


def test_the_day_s_quota_is_reported_and_kept(simulator, linked):
    simulator.settings(instagram_quota=1)
    linked.publish(linked.container())
    body = linked.get(f"{linked.id}/content_publishing_limit", fields="quota_usage,config").body
    refused = linked.publish(linked.container()).error

    simulator.advance(DAY)

    assert body == {
        "data": [{"quota_usage": 1, "config": {"quota_total": 1, "quota_duration": 86400}}]
    }
    assert refused == (9, 2207042)
    assert linked.publish(linked.container()).status == 200


def test_the_faults_speak_instagram_s_language(simulator, linked):
    errors = []
    for kind in ("duplicate", "rate_limit", "error_before", "expired_token"):
        simulator.fault("instagram", kind, operation="publish")
        errors.append(linked.publish(linked.container()).error)

    assert errors == [(4, 2207051), (80002, 2446079), (-1, 2207001), (190, 463)]


# --- after publication ----------------------------------------------------------------------------


def test_a_post_is_read_and_deleted_through_the_page_but_not_by_its_own_login(simulator, linked):
    post = linked.publish(linked.container(caption="Ngày hội")).body["id"]
    read = linked.get(
        post, fields="id,caption,media_type,media_product_type,username,permalink"
    ).body
    by_own_login = linked.own_call("DELETE", post)

    deleted = linked.call("DELETE", post).body

    assert (read["caption"], read["media_type"], read["media_product_type"]) == (
        "Ngày hội",
        "IMAGE",
        "FEED",
    )
    assert by_own_login.status == 400
    assert (deleted, simulator.visible("instagram")) == ({"success": True, "deleted_id": post}, [])
    assert linked.get(post, fields="id").error == (100, 33)


def test_the_list_may_lag(simulator, linked):
    post = linked.publish(linked.container()).body["id"]
    simulator.fault("instagram", "listing_lag", operation="find", seconds=60)

    seen = [linked.get(f"{linked.id}/media").body["data"] for _ in range(2)]

    assert seen == [[], [{"id": post}]]


def test_a_metric_of_another_product_fails_the_whole_call(simulator, linked):
    post = linked.publish(linked.container()).body["id"]
    empty = linked.get(f"{post}/insights", metric="views,saved").body
    simulator.advance(DAY)

    body = linked.get(f"{post}/insights", metric="views,saved").body

    assert empty == {"data": []}
    assert [row["name"] for row in body["data"]] == ["views", "saved"]
    assert linked.get(f"{post}/insights", metric="views,navigation").error[0] == 100
    assert linked.get(f"{post}/insights", metric="views,impressions").error[0] == 100


def test_a_story_needs_five_viewers_to_be_counted(linked):
    story = linked.publish(linked.container(media_type="STORIES")).body["id"]

    assert linked.get(f"{story}/insights", metric="views").error[0] == 10


def test_comments_have_one_level_of_replies_and_can_be_hidden(simulator, linked):
    post = linked.publish(linked.container()).body["id"]
    asked = simulator.comment(linked.id, post, "Mấy giờ?", platform="instagram")["id"]
    reply = linked.post(f"{asked}/replies", message="8 giờ.").body["id"]
    below = linked.post(f"{reply}/replies", message="Mời bà con.").body["id"]
    hidden = linked.post(asked, hide="true").body

    (row,) = linked.get(f"{post}/comments", fields="id,text,hidden,replies{id,from{id}}").body[
        "data"
    ]

    assert (row["id"], row["text"], row["hidden"], hidden) == (
        asked,
        "Mấy giờ?",
        True,
        {"success": True},
    )
    assert [reply["id"] for reply in row["replies"]["data"]] == [reply, below]
    assert {reply["from"]["id"] for reply in row["replies"]["data"]} == {linked.id}
    assert linked.post(f"{asked}/replies", message="a" * 301).error[0] == 100


def test_a_comment_names_its_post_and_the_accounts_own_its_user(simulator, linked):
    post = linked.publish(linked.container()).body["id"]
    asked = simulator.comment(linked.id, post, "Mấy giờ?", platform="instagram")["id"]
    own = linked.post(f"{post}/comments", message="8 giờ.").body["id"]
    fields = "media,user"

    assert linked.get(asked, fields=fields).body == {"id": asked, "media": {"id": post}}
    assert linked.get(own, fields=fields).body["user"] == {"id": linked.id}


def test_the_items_of_a_seeded_carousel_bear_numbers_of_instagram(simulator, linked):
    post = simulator.post("instagram", linked.id, "Tin", images=2)["id"]

    listed = linked.get(f"{post}/children", fields="id").body["data"]

    assert [picture["id"][:3] for picture in listed] == ["180"] * 2


# --- the ways in ----------------------------------------------------------------------------------


def test_a_page_reports_its_account_and_its_token_opens_that_alone(simulator, linked):
    other = Linked(simulator)

    body = linked.get(
        linked.facebook_page, fields="instagram_business_account{id,username,followers_count}"
    ).body

    account = body["instagram_business_account"]
    assert account == {
        "id": linked.id,
        "username": linked.page["username"],
        "followers_count": 4000,
    }
    assert other.get(linked.id, fields="id").error == (100, 33)


def test_an_account_is_closed_when_the_page_s_tokens_die(simulator, linked):
    killed = simulator.kill_tokens("instagram", page=linked.id, subcode=460)

    assert (
        killed == 5
    )  # its own, and two of the page and of its person, from each time that they were connected
    assert linked.get(linked.id, fields="id").error == (190, 460)


def test_a_call_without_proof_is_refused(linked):
    bare = ask("GET", f"{linked.graph}/{linked.id}", query={"access_token": linked.token})

    assert bare.error[0] == 100


def test_its_own_login_gives_an_hour_then_sixty_days_and_renews_after_a_day(simulator, linked):
    query = {
        "client_id": OWN_APP["client_id"],
        "redirect_uri": BACK,
        "response_type": "code",
        "state": "S",
    }
    dialog = f"{simulator.url}/instagram/www/oauth/authorize?{urlencode(query | {'scope': 'instagram_business_basic'})}"  # noqa: E501
    back = simulator.consent(
        dialog,
        account=linked.page["owner"],
        page=linked.id,
        scope=["instagram_business_basic"],
        decision="allow",
    )
    code = parse_qs(urlsplit(back).query)["code"][0]
    form = OWN_APP | {"grant_type": "authorization_code", "redirect_uri": BACK, "code": code}
    url = f"{simulator.url}/instagram/api/oauth/access_token"
    short, again = ask("POST", url, form=form).body, ask("POST", url, form=form).body

    def token(path, grant, old):
        query = {
            "grant_type": grant,
            "client_secret": OWN_APP["client_secret"],
            "access_token": old,
        }
        return ask("GET", f"{simulator.url}/instagram/graph/{path}", query=query)

    long = token("access_token", "ig_exchange_token", short["access_token"]).body
    young = token("refresh_access_token", "ig_refresh_token", long["access_token"])
    simulator.advance(DAY)
    renewed = token("refresh_access_token", "ig_refresh_token", long["access_token"]).body
    simulator.advance(60 * DAY)
    late = token("refresh_access_token", "ig_refresh_token", long["access_token"])

    assert back.endswith("#_")
    assert str(short["user_id"]) == linked.id
    assert again == {
        "error_type": "OAuthException",
        "code": 400,
        "error_message": "Matching code was not found or was already used",
    }
    assert (long["expires_in"], renewed["expires_in"], young.error[0], late.error) == (
        5183944,
        5183944,
        100,
        (190, 463),
    )


def send(url, content, **headers):
    """Send raw bytes to the upload host."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=30)
    connection.request(
        "POST", parts.path, content, headers | {"Content-Type": "application/octet-stream"}
    )
    answer = json.loads(connection.getresponse().read())
    connection.close()
    return answer


def test_bytes_can_be_sent_to_the_upload_host_and_gone_on_with(simulator, linked):
    simulator.settings(instagram_container_seconds=0)
    video = images.make_plain_mp4(1, size=4096)
    begun = linked.post(
        f"{linked.id}/media", media_type="REELS", upload_type="resumable", caption="Phim"
    ).body
    headers = {"Authorization": f"OAuth {linked.token}", "file_size": str(len(video))}
    half = send(begun["uri"], video[:1000], offset="0", **headers)
    astray = send(begun["uri"], video[2000:], offset="2000", **headers)

    whole = send(begun["uri"], video[1000:], offset="1000", **headers)

    assert [answer["debug_info"]["type"] for answer in (half, astray)] == [
        "PartialRequestError",
        "OffsetInvalidError",
    ]
    assert whole["success"] is True
    assert linked.publish(begun["id"]).status == 200
    assert [post["media"] for post in simulator.visible("instagram")] == [
        [hashlib.sha256(video).hexdigest()]
    ]


def test_a_stranger_s_token_sends_nothing(simulator, linked):
    begun = linked.post(f"{linked.id}/media", media_type="REELS", upload_type="resumable").body
    other = Linked(simulator)

    result = send(
        begun["uri"], b"x", offset="0", file_size="1", Authorization=f"OAuth {other.token}"
    )

    assert "unauthorized user request" in result["debug_info"]["message"]
