"""TikTok's traps, as its contract tells them."""

import base64
import hashlib
import http.client
import json
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from simulator import images

from ..conftest import Answer, ask

APP, SECRET = "awsimulator500000", "simulator-tiktok-secret"
BACK = "https://portal.example.vn/tiktok/callback"
SCOPES = "user.info.basic,user.info.profile,user.info.stats,video.list,video.publish,video.upload"
SMALL = images.make_plain_mp4(1, seconds=5, size=4096)


def put(url, body, content_range, mime="video/mp4"):
    """Send a chunk, its headers as they are given."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=30)
    try:
        headers = {"Content-Type": mime, "Content-Range": content_range}
        connection.request("PUT", f"{parts.path}?{parts.query}", body, headers)
        answer = connection.getresponse()
        return Answer(answer.status, dict(answer.getheaders()), answer.read())
    finally:
        connection.close()


class Creator:
    """An account and calls for it."""

    def __init__(self, simulator):
        self.simulator = simulator
        self.page = simulator.page("tiktok")
        self.id = self.page["external_id"]
        self.tokens = self.page["tokens"]
        self.token = self.tokens["access_token"]
        self.base = f"{simulator.url}/tiktok/open/v2"

    def call(self, path, data=None, *, method="POST", token=None, **query):
        headers = {"Authorization": f"Bearer {token or self.token}"}
        return ask(
            method,
            f"{self.base}/{path}/",
            query=query,
            data=data if method == "POST" else None,
            headers=headers,
        )

    def init(self, video=SMALL, *, chunk=None, total=None, path="video/init", **info):
        size = len(video) if isinstance(video, bytes) else video
        source = {"source": "FILE_UPLOAD", "video_size": size, "chunk_size": chunk or size}
        source["total_chunk_count"] = size // source["chunk_size"] if total is None else total
        data = {"source_info": source}
        if path == "video/init":
            data["post_info"] = {"title": "Cảnh giác", "privacy_level": "PUBLIC_TO_EVERYONE"} | info
        return self.call(f"post/publish/{path}", data)

    def send(self, begun, video, start=0, end=None):
        """Send bytes from ``start`` to ``end``."""
        end = len(video) if end is None else end
        url = begun.body["data"]["upload_url"]
        return put(url, video[start:end], f"bytes {start}-{end - 1}/{len(video)}")

    def publish(self, video=SMALL, **more):
        begun = self.init(video, **more)
        assert self.send(begun, video).status == 201
        return begun.body["data"]["publish_id"]

    def status(self, publish_id):
        return self.call("post/publish/status/fetch", {"publish_id": publish_id}).body["data"]

    def photos(self, *urls, mode="DIRECT_POST", **info):
        post = {
            "title": "Đường hoa",
            "description": "Ảnh",
            "privacy_level": "PUBLIC_TO_EVERYONE",
        } | info
        source = {"source": "PULL_FROM_URL", "photo_cover_index": 0, "photo_images": list(urls)}
        data = {"media_type": "PHOTO", "post_mode": mode, "post_info": post, "source_info": source}
        return self.call("post/publish/content/init", data)


@pytest.fixture
def creator(simulator):
    return Creator(simulator)


def code(answer):
    return answer.status, answer.body["error"]["code"]


def visible(simulator):
    return [post["id"] for post in simulator.visible("tiktok")]


# Chunks


def test_chunks_in_order_publish_with_the_last_one(simulator, creator):
    video = images.make_plain_mp4(1, seconds=58, size=12_000_123)
    begun = creator.init(video, chunk=6_000_000)
    first = creator.send(begun, video, 0, 6_000_000)
    assert (first.status, first.headers["Content-Range"]) == (206, "bytes 0-5999999/12000123")
    assert creator.status(begun.body["data"]["publish_id"]) == {
        "status": "PROCESSING_UPLOAD",
        "uploaded_bytes": 6_000_000,
    }

    last = creator.send(begun, video, 6_000_000)

    assert (last.status, last.raw, visible(simulator)) == (201, b"", [])
    simulator.advance(5)
    (made,) = simulator.visible("tiktok")
    assert made["media"] == [hashlib.sha256(video).hexdigest()]


@pytest.mark.parametrize(
    ("size", "chunk", "total"),
    [
        (50_000_123, 10_000_000, 6),  # the remainder belongs to the last chunk
        (50_000_123, 4_000_000, 12),
        (50_000_123, 65_000_000, 1),
        (70_000_000, 70_000_000, 1),
        (4_000_000, 2_000_000, 2),
        (4_000_000_001, 60_000_000, 66),
        (0, 1, 1),
    ],
)
def test_chunks_that_do_not_add_up_are_refused(creator, size, chunk, total):
    assert code(creator.init(size, chunk=chunk, total=total)) == (400, "invalid_params")


@pytest.mark.parametrize(
    ("size", "chunk"),
    [
        (4_096, 4_096),
        (50_000_123, 10_000_000),
        (64_000_000, 64_000_000),
        (4_000_000_000, 60_000_000),
    ],
)
def test_chunks_that_add_up_are_taken(creator, size, chunk):
    begun = creator.init(size, chunk=chunk)
    assert code(begun) == (200, "ok")
    assert len(begun.body["data"]["publish_id"]) <= 64


def test_bytes_out_of_turn_get_what_was_received(simulator, creator):
    video = images.make_plain_mp4(1, size=12_000_000)
    begun = creator.init(video, chunk=6_000_000)
    early = creator.send(begun, video, 6_000_000)
    creator.send(begun, video, 0, 6_000_000)
    again = creator.send(begun, video, 0, 6_000_000)
    assert [(answer.status, answer.headers["Content-Range"]) for answer in (early, again)] == [
        (416, "bytes */12000000"),
        (416, "bytes 0-5999999/12000000"),
    ]
    assert simulator.truth() == []


@pytest.mark.parametrize(
    ("content_range", "mime"),
    [("bytes 0-4095/4097", "video/mp4"), ("bytes 0-4094/4096", "video/mp4"), ("0-4095/4096",
    "video/mp4"),
     ("bytes 0-4095/4096", "image/png")],
)  # fmt: skip
def test_headers_that_do_not_fit_are_malformed(creator, content_range, mime):
    assert put(creator.init().body["data"]["upload_url"], SMALL, content_range, mime).status == 400


def test_an_address_lives_an_hour_and_an_unknown_one_never(simulator, creator):
    begun = creator.init()
    simulator.advance(3600)
    assert creator.send(begun, SMALL).status == 403
    unknown = begun.body["data"]["upload_url"].replace("upload_token=", "upload_token=x")
    assert put(unknown, SMALL, "bytes 0-4095/4096").status == 404


def test_bytes_without_consent_publish_nothing(simulator, creator):
    begun = creator.init()
    simulator.kill_tokens("tiktok", page=creator.id)
    assert creator.send(begun, SMALL).status == 201
    simulator.advance(5)
    assert visible(simulator) == []


# What becomes of it


def test_the_id_comes_after_moderation_as_a_bare_number_under_a_misspelt_name(simulator, creator):
    simulator.settings(tiktok_processing_seconds=10, tiktok_moderation_seconds=100)
    publish_id = creator.publish()
    working = creator.status(publish_id)
    simulator.advance(11)
    complete, unseen = creator.status(publish_id), visible(simulator)
    simulator.advance(100)
    data = creator.call("post/publish/status/fetch", {"publish_id": publish_id})

    assert (working["status"], complete["status"], unseen) == (
        "PROCESSING_UPLOAD",
        "PUBLISH_COMPLETE",
        [],
    )
    assert "publicaly_available_post_id" not in complete
    (seen,) = visible(simulator)
    assert f'"publicaly_available_post_id": [{seen}]' in data.raw.decode()
    assert int(seen) > 2**53


def test_a_post_for_oneself_never_reports_an_id(simulator, creator):
    publish_id = creator.publish(privacy_level="SELF_ONLY")
    simulator.advance(3000)
    status = creator.status(publish_id)
    assert (status["status"], status["publicaly_available_post_id"]) == ("PUBLISH_COMPLETE", [])
    assert visible(simulator) == []


def test_what_fails_says_why(simulator, creator):
    publish_id = creator.publish(b"\x00" * 4096)
    simulator.advance(5)
    assert creator.status(publish_id)["fail_reason"] == "file_format_check_failed"


def test_a_publication_is_cancelled_until_it_is_too_late(simulator, creator):
    simulator.settings(tiktok_processing_seconds=10)
    first, second = creator.publish(), creator.publish()
    stopped = creator.call("post/publish/cancel", {"publish_id": first})
    simulator.advance(60)
    late = creator.call("post/publish/cancel", {"publish_id": second})
    assert (code(stopped), code(late)) == ((200, "ok"), (400, "publish_not_cancellable"))
    assert creator.status(first)["fail_reason"] == "publish_cancelled"
    assert len(visible(simulator)) == 1


def test_a_publication_of_somebody_else_is_closed(simulator, creator):
    publish_id = creator.publish()
    other = Creator(simulator)
    theirs = other.call("post/publish/status/fetch", {"publish_id": publish_id})
    none = other.call("post/publish/status/fetch", {"publish_id": "v_pub_file~x"})
    assert code(theirs) == (400, "token_not_authorized_for_specified_publish_id")
    assert code(none) == (400, "invalid_publish_id")


def test_after_a_while_nothing_is_reported_of_a_publication_that_is_live(simulator, creator):
    simulator.settings(tiktok_remembers_seconds=600)
    publish_id = creator.publish()
    simulator.advance(601)

    data = creator.call("post/publish/status/fetch", {"publish_id": publish_id})

    assert (code(data), len(visible(simulator))) == ((400, "invalid_publish_id"), 1)


def test_each_init_is_a_publication_of_its_own(creator):
    assert creator.init().body["data"]["publish_id"] != creator.init().body["data"]["publish_id"]


def test_a_draft_for_the_inbox_waits_for_a_person(simulator, creator):
    publish_id = creator.publish(path="inbox/video/init")
    simulator.advance(100)
    assert creator.status(publish_id)["status"] == "SEND_TO_USER_INBOX"
    assert visible(simulator) == []


def test_five_drafts_may_wait(simulator, creator):
    for _ in range(5):
        creator.publish(path="inbox/video/init")
    simulator.advance(61)
    assert code(creator.init(path="inbox/video/init")) == (403, "spam_risk_too_many_pending_share")


# Who may post what


def test_creator_info_reports_the_audience_of_an_open_and_of_a_private_account(simulator, creator):
    public = creator.call("post/publish/creator_info/query").body["data"]
    simulator.settings(
        tiktok_private_accounts=True, tiktok_closed=["duet"], tiktok_longest_seconds=180
    )
    private = creator.call("post/publish/creator_info/query").body["data"]
    assert public["privacy_level_options"] == [
        "PUBLIC_TO_EVERYONE",
        "MUTUAL_FOLLOW_FRIENDS",
        "SELF_ONLY",
    ]
    assert private["privacy_level_options"] == [
        "FOLLOWER_OF_CREATOR",
        "MUTUAL_FOLLOW_FRIENDS",
        "SELF_ONLY",
    ]
    assert [private[f"{kind}_disabled"] for kind in ("comment", "duet", "stitch")] == [
        False,
        True,
        False,
    ]
    assert (public["max_video_post_duration_sec"], private["max_video_post_duration_sec"]) == (
        600,
        180,
    )


@pytest.mark.parametrize(("seconds", "why"), [(2, "duration_check_failed"), (3, None)])
def test_a_video_of_less_than_three_seconds_fails_once_it_is_whole(
    simulator, creator, seconds, why
):
    video = images.make_plain_mp4(1, seconds=seconds, size=4096)
    begun = creator.init(video)

    creator.send(begun, video)
    simulator.advance(5)

    assert creator.status(begun.body["data"]["publish_id"]).get("fail_reason") == why


def test_an_audience_that_is_not_offered_is_refused(creator):
    assert code(creator.init(privacy_level="FOLLOWER_OF_CREATOR")) == (
        403,
        "privacy_level_option_mismatch",
    )
    assert code(creator.init(privacy_level="")) == (400, "invalid_params")


def test_paid_partnerships_are_not_for_oneself_alone(creator):
    answer = creator.init(privacy_level="SELF_ONLY", brand_content_toggle=True)
    assert code(answer) == (403, "privacy_level_option_mismatch")


def test_without_audit_private_accounts_post_for_themselves(simulator, creator):
    simulator.settings(tiktok_audited=False)
    public = code(creator.init(privacy_level="SELF_ONLY"))
    simulator.settings(tiktok_private_accounts=True)
    assert public == (403, "unaudited_client_can_only_post_to_private_accounts")
    assert code(creator.init(privacy_level="SELF_ONLY")) == (200, "ok")


def test_without_audit_five_people_post_in_a_day(simulator):
    simulator.settings(tiktok_audited=False, tiktok_private_accounts=True)
    answers = [code(Creator(simulator).init(privacy_level="SELF_ONLY")) for _ in range(6)]
    assert answers == [(200, "ok")] * 5 + [(403, "reached_active_user_cap")]


def test_fifteen_posts_a_day_for_all_applications_together(simulator, creator):
    for _ in range(15):
        creator.publish()
        simulator.advance(15)
    assert code(creator.init()) == (403, "spam_risk_too_many_posts")
    assert code(creator.call("post/publish/creator_info/query")) == (
        403,
        "spam_risk_too_many_posts",
    )
    simulator.advance(86_400)
    fresh = simulator.ask("POST", "/_sim/tokens", {"platform": "tiktok", "page": creator.id})[
        "access_token"
    ]
    assert code(creator.call("post/publish/creator_info/query", token=fresh)) == (200, "ok")


def test_six_inits_a_minute(simulator, creator):
    answers = [code(creator.init()) for _ in range(7)]
    assert answers == [(200, "ok")] * 6 + [(429, "rate_limit_exceeded")]
    simulator.advance(61)
    assert code(creator.init()) == (200, "ok")


def test_a_caption_is_counted_in_utf16(creator):
    assert code(creator.init(title="👮" * 1100)) == (200, "ok")
    assert code(creator.init(title="👮" * 1100 + "a")) == (400, "invalid_params")


# Photos


@pytest.fixture
def jpeg(simulator):
    """A JPEG that lies where it may be fetched."""
    data = bytes.fromhex(
        "ffd8ffe000104a46494600010100000100010000ffc0000b080010001001011100ffc40014000100000000000000000000000000000009"
        "ffc40014100100000000000000000000000000000000ffda0008010100003f0054ffd9"
    )
    page = simulator.page("facebook")["external_id"]
    simulator.post("facebook", page, "Ảnh", images=[base64.b64encode(data).decode()])
    (post,) = simulator.visible("facebook", page)
    return f"{simulator.url}/media/{post['media'][0]}"


def fetched(simulator, creator, answer):
    """Return the publication's status once its photos have been fetched or could not be."""
    body = {"status": "PROCESSING_DOWNLOAD"}
    while body["status"] == "PROCESSING_DOWNLOAD":
        simulator.advance(60)
        body = creator.status(answer.body["data"]["publish_id"])
    return body


def test_photos_are_fetched_and_shown_and_not_listed(simulator, creator, jpeg):
    data = fetched(simulator, creator, creator.photos(jpeg, jpeg))
    listed = creator.call("video/list", {}, fields="id").body["data"]["videos"]
    simulator.settings(tiktok_lists_photos=True)
    now = creator.call("video/list", {}, fields="id").body["data"]["videos"]
    assert (data["status"], len(visible(simulator)), listed) == ("PUBLISH_COMPLETE", 1, [])
    assert [post["id"] for post in now] == visible(simulator)


def test_a_list_shortens_title_and_description(simulator, creator, jpeg):
    simulator.settings(tiktok_lists_photos=True)
    fetched(simulator, creator, creator.photos(jpeg, description="👮" * 300))
    (listed,) = creator.call("video/list", {}, fields="title,video_description").body["data"][
        "videos"
    ]
    assert listed == {"title": "Đường hoa", "video_description": "👮" * 75}


def test_a_png_is_no_photo(simulator, creator):
    page = simulator.page("facebook")["external_id"]
    simulator.post("facebook", page, "Ảnh", images=1)
    (post,) = simulator.visible("facebook", page)
    answer = creator.photos(f"{simulator.url}/media/{post['media'][0]}")
    assert fetched(simulator, creator, answer)["fail_reason"] == "file_format_check_failed"


def test_photos_come_from_verified_hosts_alone(simulator, creator, jpeg):
    assert code(creator.photos("https://elsewhere.example/1.jpg")) == (
        403,
        "url_ownership_unverified",
    )
    assert code(creator.photos(*[jpeg] * 36)) == (400, "invalid_params")
    assert code(creator.photos(jpeg, title="a" * 91)) == (400, "invalid_params")


# Lists


def test_fields_must_be_named(creator):
    assert code(creator.call("video/list", {})) == (400, "invalid_params")
    assert code(creator.call("video/list", {}, fields="id,secret")) == (400, "invalid_params")
    assert code(creator.call("user/info", method="GET")) == (400, "invalid_params")


def test_lists_go_on_by_a_cursor_newest_first(simulator, creator):
    now = simulator.ask("GET", "/_sim/truth")["now"]
    posts = [
        simulator.post("tiktok", creator.id, f"Bài {n}", created_at=now - 100 + n)["id"]
        for n in range(5)
    ]
    first = creator.call("video/list", {"max_count": 3}, fields="id,create_time,share_url").body[
        "data"
    ]
    rest = creator.call(
        "video/list", {"max_count": 3, "cursor": first["cursor"]}, fields="id"
    ).body["data"]
    assert [video["id"] for video in first["videos"] + rest["videos"]] == posts[::-1]
    assert (first["has_more"], rest["has_more"]) == (True, False)
    assert code(creator.call("video/list", {"max_count": 21}, fields="id")) == (
        400,
        "invalid_params",
    )


def test_a_question_about_posts_takes_twenty_ids(simulator, creator):
    post = simulator.post("tiktok", creator.id, "Bài")["id"]
    data = creator.call(
        "video/query", {"filters": {"video_ids": [post, "1"]}}, fields="id,view_count"
    )
    assert [video["id"] for video in data.body["data"]["videos"]] == [post]
    many = creator.call("video/query", {"filters": {"video_ids": [post] * 21}}, fields="id")
    assert code(many) == (400, "invalid_params")


# OAuth


def dialog(simulator, **changed):
    query = {
        "client_key": APP,
        "response_type": "code",
        "scope": SCOPES,
        "redirect_uri": BACK,
        "state": "S",
    } | changed
    return f"{simulator.url}/tiktok/www/v2/auth/authorize/?{urlencode(query)}"


def consented(simulator, creator, scopes=SCOPES, **changed):
    back = simulator.consent(
        dialog(simulator, **changed),
        account=creator.page["owner"],
        page=creator.id,
        decision="allow",
        scope=scopes.split(","),
    )
    return {name: values[0] for name, values in parse_qs(urlsplit(back).query).items()}


def token_call(simulator, **form):
    form = {"client_key": APP, "client_secret": SECRET} | form
    return ask("POST", f"{simulator.url}/tiktok/open/v2/oauth/token/", form=form)


def test_consent_reports_what_was_granted_and_a_code_works_once(simulator, creator):
    answer = consented(simulator, creator, scopes="user.info.basic,video.publish")
    assert answer["scopes"] == "user.info.basic,video.publish"
    assert set("*!") & set(answer["code"])
    grant = {"grant_type": "authorization_code", "code": answer["code"], "redirect_uri": BACK}
    first, again = token_call(simulator, **grant), token_call(simulator, **grant)
    body = first.body
    assert (body["expires_in"], body["refresh_expires_in"], body["open_id"]) == (
        7200,
        15_552_000,
        creator.id,
    )
    assert body["scope"] == "user.info.basic,video.publish"
    assert again.body["error"] == "invalid_grant"
    assert code(creator.call("video/list", {}, token=body["access_token"], fields="id")) == (
        401,
        "scope_not_authorized",
    )


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"client_key": "x"}, "client_key"),
        ({"scope": SCOPES.replace(",", " ")}, "scope"),
        ({"redirect_uri": "x"}, "redirect_uri"),
    ],
)
def test_a_wrong_link_opens_no_consent_page(simulator, changed, named):
    assert named in ask("GET", dialog(simulator, **changed)).raw.decode()


def test_a_no_comes_back_as_an_error(simulator, creator):
    back = simulator.consent(
        dialog(simulator), account=creator.page["owner"], page=creator.id, decision="deny"
    )
    assert parse_qs(urlsplit(back).query)["error"] == ["access_denied"]


@pytest.mark.parametrize("coding", ["hex", "base64url"])
def test_the_challenge_is_coded_in_one_of_two_ways(simulator, creator, coding):
    simulator.settings(tiktok_pkce=coding)
    digest = hashlib.sha256(b"v" * 43)
    coded = {
        "hex": digest.hexdigest(),
        "base64url": base64.urlsafe_b64encode(digest.digest()).decode().rstrip("="),
    }
    answers = {}
    for name, challenge in coded.items():
        got = consented(simulator, creator, code_challenge=challenge, code_challenge_method="S256")
        grant = {"grant_type": "authorization_code", "code": got["code"], "redirect_uri": BACK}
        answers[name] = (
            "access_token" in token_call(simulator, **grant, code_verifier="v" * 43).body
        )
    assert answers == {name: name == coding for name in coded}


def test_a_refresh_token_is_over_once_a_new_one_was_made(simulator, creator):
    old = creator.tokens["refresh_token"]
    first = token_call(simulator, grant_type="refresh_token", refresh_token=old).body
    again = token_call(simulator, grant_type="refresh_token", refresh_token=old)
    assert first["refresh_token"] != old
    assert (again.status, again.body["error"], "log_id" in again.body) == (
        400,
        "invalid_grant",
        True,
    )


def test_an_access_token_lives_two_hours(simulator, creator):
    simulator.advance(7199)
    alive = code(creator.call("user/info", method="GET", fields="open_id"))
    simulator.advance(2)
    assert (alive, code(creator.call("user/info", method="GET", fields="open_id"))) == (
        (200, "ok"),
        (401, "access_token_invalid"),
    )


def test_a_wrong_secret_is_invalid_client(simulator):
    assert (
        token_call(simulator, client_secret="x", grant_type="refresh_token").body["error"]
        == "invalid_client"
    )


# Pages


def test_the_public_address_leads_to_the_post_and_the_page(simulator, creator):
    made = simulator.post("tiktok", creator.id, "Cảnh giác")
    answer = ask("GET", made["permalink"])
    page = ask("GET", simulator.url + answer.headers["Location"]).raw.decode()
    home = ask("GET", f"{simulator.url}/tiktok/www/@{creator.page['username']}")
    assert f"/tiktok/www/@{creator.page['username']}/video/{made['id']}" in made["permalink"]
    assert (answer.status, "Cảnh giác" in page) == (303, True)
    assert home.headers["Location"] == f"/pages/tiktok/{creator.id}/"


def test_answers_have_one_envelope(creator):
    body = json.loads(creator.call("user/info", method="GET", fields="open_id").raw)
    assert (body["data"], body["error"]["code"], bool(body["error"]["log_id"])) == (
        {"user": {"open_id": creator.id}},
        "ok",
        True,
    )
