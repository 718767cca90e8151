import hashlib
import http.client
import socket
import time
from base64 import urlsafe_b64encode
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from simulator import images

from .conftest import CROWD, Answer, ask

CLIENT = "400000000004-simulator.apps.googleusercontent.com"
SECRET = "simulator-google-secret"
BACK = "https://portal.example.vn/youtube/callback"
BLOCK = 262_144
SCOPE = "https://www.googleapis.com/auth/"


def raw(method, url, body=None, **headers):
    """An exchange whose body is sent as it is. Names of headers are written with underscores."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=30)
    try:
        named = {name.replace("_", "-"): str(value) for name, value in headers.items()}
        connection.request(method, f"{parts.path}?{parts.query}", body, named)
        answer = connection.getresponse()
        return Answer(answer.status, dict(answer.getheaders()), answer.read())
    finally:
        connection.close()


class Channel:
    """A channel and calls to the Data API for it."""

    def __init__(self, simulator, **page):
        self.simulator = simulator
        self.page = simulator.page("youtube", **page)
        self.id = self.page["external_id"]
        self.tokens = self.page["tokens"]
        self.token = self.tokens["access_token"]
        self.base = f"{simulator.url}/youtube/googleapis"

    @property
    def headers(self):
        return {"Authorization": f"Bearer {self.token}"}

    def call(self, method, path, data=None, **query):
        return ask(method, f"{self.base}/youtube/v3/{path}", query=query, data=data, headers=self.headers)

    def get(self, path, **query):
        return self.call("GET", path, **query)

    def meta(self, **changed):
        snippet = {"title": "Bản tin phường", "description": "Nội dung", "tags": ["phường"], "categoryId": "25"}
        status = {"privacyStatus": "private", "selfDeclaredMadeForKids": False}
        return {
            "snippet": snippet | changed.get("snippet", {}),
            "status": status | changed.get("status", {}),
        }

    def start(self, size, meta=None, part="snippet,status"):
        query = urlencode({"uploadType": "resumable", "part": part})
        return ask(
            "POST",
            f"{self.base}/upload/youtube/v3/videos?{query}",
            data=meta or self.meta(),
            headers=self.headers | {"X-Upload-Content-Length": str(size), "X-Upload-Content-Type": "video/mp4"},
        )

    def put(self, where, body, told="", **headers):
        if told:
            headers["Content_Range"] = told
        return raw("PUT", where, body, **self.headers, **headers)

    def chunk(self, where, video, start, length):
        part = video[start : start + length]
        return self.put(where, part, f"bytes {start}-{start + len(part) - 1}/{len(video)}")

    def probe(self, where, size):
        return self.put(where, b"", f"bytes */{size}")

    def upload(self, video=None, **changed):
        """A whole video; its resource."""
        video = video or images.plain_mp4(1)
        answer = self.put(self.start(len(video), self.meta(**changed)).headers["Location"], video)
        assert answer.status == 200
        return answer.body

    def video(self, video_id, part="snippet,status"):
        (item,) = self.get("videos", id=video_id, part=part).body["items"]
        return item

    def processed(self):
        self.simulator.advance(2)


@pytest.fixture
def channel(simulator):
    return Channel(simulator)


def reason(answer):
    return answer.status, answer.body["error"]["errors"][0]["reason"]


def visible(simulator):
    return [post["id"] for post in simulator.visible("youtube")]


# Uploading


def test_chunks_make_one_video_that_nobody_sees_yet(simulator, channel):
    video = images.plain_mp4(1, seconds=58, size=2 * BLOCK + 100)
    started = channel.start(len(video))
    assert (started.status, started.raw) == (200, b"")
    where = started.headers["Location"]
    assert "/youtube/googleapis/upload/youtube/v3/videos?uploadType=resumable&upload_id=" in where

    first = channel.chunk(where, video, 0, BLOCK)
    assert (first.status, first.headers["Range"]) == (308, f"bytes=0-{BLOCK - 1}")
    assert simulator.truth() == []
    second = channel.chunk(where, video, BLOCK, BLOCK)
    assert second.headers["Range"] == f"bytes=0-{2 * BLOCK - 1}"
    last = channel.chunk(where, video, 2 * BLOCK, BLOCK)

    assert last.status == 200
    assert last.body["status"]["uploadStatus"] == "uploaded"
    assert last.body["snippet"]["title"] == "Bản tin phường"
    (made,) = simulator.truth()
    assert (made["id"], made["visible"], made["requests"]) == (last.body["id"], False, 1)
    assert made["media"] == [hashlib.sha256(video).hexdigest()]


def test_a_session_that_holds_nothing_tells_no_range(channel):
    answer = channel.probe(channel.start(BLOCK).headers["Location"], BLOCK)
    assert (answer.status, "Range" in answer.headers) == (308, False)


def test_a_whole_file_needs_no_range(simulator, channel):
    made = channel.upload()
    assert [post["id"] for post in simulator.truth()] == [made["id"]]


def test_the_last_bytes_sent_again_make_no_second_video(simulator, channel):
    video = images.plain_mp4(1)
    where = channel.start(len(video)).headers["Location"]
    simulator.fault("youtube", "drop_after", operation="upload")
    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        channel.put(where, video)
    probed = channel.probe(where, len(video))
    again = channel.put(where, video)
    assert (probed.status, again.status) == (200, 200)
    assert [post["id"] for post in simulator.truth()] == [probed.body["id"]] == [again.body["id"]]


def test_a_chunk_that_is_no_multiple_is_refused(simulator, channel):
    video = images.plain_mp4(1, size=BLOCK + 100)
    where = channel.start(len(video)).headers["Location"]
    assert channel.chunk(where, video, 0, 1000).status == 400
    assert "Range" not in channel.probe(where, len(video)).headers


def test_a_chunk_beyond_what_is_held_is_refused_and_one_that_overlaps_is_not(channel):
    video = images.plain_mp4(1, size=3 * BLOCK)
    where = channel.start(len(video)).headers["Location"]
    assert channel.chunk(where, video, BLOCK, BLOCK).status == 400
    channel.chunk(where, video, 0, BLOCK)
    assert channel.chunk(where, video, 0, 2 * BLOCK).headers["Range"] == f"bytes=0-{2 * BLOCK - 1}"
    assert channel.chunk(where, video, 0, 3 * BLOCK).status == 200


def test_less_than_was_sent_may_be_held(simulator, channel):
    simulator.settings(youtube_bytes_a_put=BLOCK)
    video = images.plain_mp4(1, size=3 * BLOCK)
    where = channel.start(len(video)).headers["Location"]
    held = [channel.chunk(where, video, at * BLOCK, len(video)) for at in range(3)]
    assert [answer.status for answer in held] == [308, 308, 200]
    assert held[0].headers["Range"] == f"bytes=0-{BLOCK - 1}"
    assert simulator.truth()[0]["media"] == [hashlib.sha256(video).hexdigest()]


def test_a_broken_connection_keeps_whole_blocks_and_any_worker_goes_on(simulator, channel):
    video = images.plain_mp4(1, size=4 * BLOCK)
    where = channel.start(len(video)).headers["Location"]
    parts = urlsplit(where)
    with socket.create_connection((parts.hostname, parts.port)) as line:
        head = (
            f"PUT {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
            f"Authorization: Bearer {channel.token}\r\nContent-Length: {len(video)}\r\n"
            f"Content-Range: bytes 0-{len(video) - 1}/{len(video)}\r\n\r\n"
        )
        line.sendall(head.encode() + video[: 2 * BLOCK + 1000])
    for _ in range(200):
        probed = channel.probe(where, len(video))
        if "Range" in probed.headers:
            break
    assert probed.headers["Range"] == f"bytes=0-{2 * BLOCK - 1}"
    assert channel.chunk(where, video, 2 * BLOCK, 2 * BLOCK).status == 200
    assert simulator.truth()[0]["media"] == [hashlib.sha256(video).hexdigest()]


@pytest.mark.parametrize("told", ["bytes 0-10/9999", "bytes 0-99999999/1024", "bytes 5-2/1024", "lines 1-2/3"])
def test_a_range_that_does_not_fit_the_body_is_refused(channel, told):
    video = images.plain_mp4(1)
    assert channel.put(channel.start(len(video)).headers["Location"], video, told).status == 400


def test_an_unknown_session_is_404_and_an_old_one_410(simulator, channel):
    where = channel.start(BLOCK).headers["Location"]
    assert channel.probe(where + "x", BLOCK).status == 404
    simulator.advance(7 * 86_400 + 1)
    channel.token = ask(
        "POST",
        f"{simulator.url}/youtube/oauth2/token",
        form={
            "client_id": CLIENT,
            "client_secret": SECRET,
            "grant_type": "refresh_token",
            "refresh_token": channel.tokens["refresh_token"],
        },
    ).body["access_token"]
    assert channel.probe(where, BLOCK).status == 410


def test_an_expired_token_pauses_the_session_and_a_fresh_one_goes_on(simulator, channel):
    video = images.plain_mp4(1, size=2 * BLOCK)
    where = channel.start(len(video)).headers["Location"]
    channel.chunk(where, video, 0, BLOCK)
    simulator.advance(3600)
    assert channel.chunk(where, video, BLOCK, BLOCK).status == 401
    channel.token = refreshed(channel)["access_token"]
    assert channel.chunk(where, video, BLOCK, BLOCK).status == 200


def test_a_large_video_is_hashed_and_not_kept(simulator, channel):
    video = images.plain_mp4(1, size=5 << 20)
    made = channel.upload(video)
    (told,) = simulator.truth()
    assert told["media"] == [hashlib.sha256(video).hexdigest()]
    assert ask("GET", f"{simulator.url}/media/{told['media'][0]}").status == 404
    assert channel.video(made["id"], "fileDetails")["fileDetails"]["fileSize"] == str(5 << 20)


def test_a_start_without_bytes_makes_no_video(simulator, channel):
    channel.start(BLOCK)
    assert (simulator.truth(), simulator.requests()["youtube"]) == ([], {"stage": 1})


# Fields


@pytest.mark.parametrize(
    ("snippet", "status", "why"),
    [
        ({"title": ""}, {}, "invalidTitle"),
        ({"title": "a" * 101}, {}, "invalidTitle"),
        ({"title": "a <b>"}, {}, "invalidTitle"),
        ({"description": "ộ" * 1667}, {}, "invalidDescription"),
        ({"description": "a > b"}, {}, "invalidDescription"),
        ({"tags": ["a b" * 83] * 2}, {}, "invalidTags"),
        ({"categoryId": "999"}, {}, "invalidCategoryId"),
        ({}, {"privacyStatus": "secret"}, "invalidVideoMetadata"),
        ({}, {"publishAt": "2099-01-01T00:00:00Z", "privacyStatus": "public"}, "invalidPublishAt"),
        ({}, {"publishAt": "tomorrow"}, "invalidPublishAt"),
    ],
)
def test_a_field_out_of_bounds_is_refused_at_the_start(channel, snippet, status, why):
    assert reason(channel.start(BLOCK, channel.meta(snippet=snippet, status=status))) == (400, why)


def test_bounds_themselves_are_allowed(channel):
    snippet = {"title": "ộ" * 100, "description": "ộ" * 1666, "tags": ["a" * 249, "b" * 250]}
    assert channel.start(BLOCK, channel.meta(snippet=snippet)).status == 200


def test_a_part_that_is_not_named_is_not_written_and_privacy_left_out_is_public(simulator, channel):
    started = channel.start(1024, channel.meta(), part="snippet")
    made = channel.put(started.headers["Location"], images.plain_mp4(1)).body
    channel.processed()
    assert channel.video(made["id"])["status"]["privacyStatus"] == "public"
    assert visible(simulator) == [made["id"]]


@pytest.mark.parametrize("query", [{"part": ""}, {"part": "snippet,nonsense"}])
def test_part_is_required_and_known(channel, query):
    assert channel.get("videos", id="x", **query).status == 400


# Seen, changed, gone


def test_an_update_to_public_shows_the_staged_video_once(simulator, channel):
    made = channel.upload()["id"]
    channel.processed()
    assert visible(simulator) == []
    body = {"id": made, "status": {"privacyStatus": "public"}}
    answers = [channel.call("PUT", "videos", body, part="status") for _ in range(2)]
    assert [answer.status for answer in answers] == [200, 200]
    (seen,) = simulator.visible("youtube")
    assert (seen["id"], len(seen["intervals"]), seen["requests"]) == (made, 1, 3)
    assert simulator.requests()["youtube"] == {"stage": 1, "upload": 1, "publish": 1, "edit": 1}


def test_an_update_erases_what_the_part_leaves_out(channel):
    made = channel.upload()["id"]
    body = {"id": made, "snippet": {"title": "Mới", "categoryId": "27"}}
    assert channel.call("PUT", "videos", body, part="snippet").status == 200
    after = channel.video(made)
    assert (after["snippet"]["title"], after["snippet"]["description"], "tags" in after["snippet"]) == (
        "Mới",
        "",
        False,
    )
    assert after["status"]["privacyStatus"] == "private"


def test_a_status_overwritten_without_privacy_becomes_public(simulator, channel):
    made = channel.upload()["id"]
    channel.processed()
    channel.call("PUT", "videos", {"id": made, "status": {"embeddable": False}}, part="status")
    assert visible(simulator) == [made]
    assert "selfDeclaredMadeForKids" not in channel.video(made)["status"]


def test_an_update_of_the_snippet_needs_title_and_category(channel):
    made = channel.upload()["id"]
    for snippet, why in (({"title": "Mới"}, "invalidCategoryId"), ({"categoryId": "25"}, "invalidTitle")):
        answer = channel.call("PUT", "videos", {"id": made, "snippet": snippet}, part="snippet")
        assert reason(answer) == (400, why)


def stamp(seconds):
    return datetime.fromtimestamp(time.time() + seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_a_scheduled_video_turns_public_by_itself(simulator, channel):
    made = channel.upload(status={"publishAt": stamp(600)})["id"]
    channel.processed()
    assert channel.video(made)["status"]["privacyStatus"] == "private"
    assert (simulator.truth()[0]["state"], visible(simulator)) == ("scheduled", [])
    simulator.advance(600)
    status = channel.video(made)["status"]
    assert (status["privacyStatus"], "publishAt" in status, visible(simulator)) == ("public", False, [made])


def test_a_time_in_the_past_publishes_at_once_and_private_without_a_time_cancels(simulator, channel):
    past = channel.upload(status={"publishAt": stamp(-60)})["id"]
    later = channel.upload(images.plain_mp4(2), status={"publishAt": stamp(600)})["id"]
    channel.call("PUT", "videos", {"id": later, "status": {"privacyStatus": "private"}}, part="status")
    simulator.advance(3600)
    assert visible(simulator) == [past]


def test_a_video_that_was_public_cannot_be_scheduled(channel):
    made = channel.upload(status={"privacyStatus": "public"})["id"]
    channel.processed()
    body = {"id": made, "status": {"privacyStatus": "private", "publishAt": stamp(600)}}
    assert reason(channel.call("PUT", "videos", body, part="status")) == (400, "invalidPublishAt")


def test_making_a_video_private_takes_it_out_of_sight(simulator, channel):
    made = channel.upload(status={"privacyStatus": "public"})["id"]
    channel.processed()
    assert visible(simulator) == [made]
    channel.call("PUT", "videos", {"id": made, "status": {"privacyStatus": "private"}}, part="status")
    assert (visible(simulator), simulator.truth()[0]["state"]) == ([], "hidden")


def test_a_deleted_video_is_gone_and_deleting_again_says_so(simulator, channel):
    made = channel.upload(status={"privacyStatus": "public"})["id"]
    channel.processed()
    first, again = channel.call("DELETE", "videos", id=made), channel.call("DELETE", "videos", id=made)
    assert (first.status, first.raw, reason(again)) == (204, b"", (404, "videoNotFound"))
    assert channel.get("videos", id=made, part="id").body["items"] == []
    assert [post["state"] for post in simulator.truth()] == ["deleted"]


def test_a_video_of_another_channel_is_closed(simulator, channel):
    made = channel.upload()["id"]
    other = Channel(simulator, name="Kênh khác")
    assert other.get("videos", id=made, part="snippet").body["items"] == []
    assert reason(other.call("DELETE", "videos", id=made)) == (403, "forbidden")
    assert visible(simulator) == []


# Processing


def test_processing_takes_its_time(simulator, channel):
    simulator.settings(youtube_processing_seconds=600)
    made = channel.upload(images.plain_mp4(1, seconds=83), status={"privacyStatus": "public"})["id"]
    simulator.advance(300)
    item = channel.video(made, "status,processingDetails,contentDetails")
    assert item["status"]["uploadStatus"] == "uploaded"
    assert item["processingDetails"]["processingStatus"] == "processing"
    assert item["processingDetails"]["processingProgress"]["partsProcessed"] in ("49", "50")
    assert visible(simulator) == []
    simulator.advance(301)
    item = channel.video(made, "status,processingDetails,contentDetails")
    assert (item["status"]["uploadStatus"], item["contentDetails"]["duration"]) == ("processed", "PT1M23S")
    assert item["processingDetails"]["processingStatus"] == "succeeded"
    assert visible(simulator) == [made]


@pytest.mark.parametrize(
    ("ends", "field", "status"),
    [("failed/codec", "failureReason", "failed"), ("rejected/copyright", "rejectionReason", "terminated")],
)
def test_processing_may_end_badly(simulator, channel, ends, field, status):
    simulator.settings(youtube_processing_ends=ends)
    made = channel.upload(status={"privacyStatus": "public"})["id"]
    channel.processed()
    item = channel.video(made, "status,processingDetails")
    assert (item["status"]["uploadStatus"], item["status"][field]) == tuple(ends.split("/"))
    assert (item["processingDetails"]["processingStatus"], visible(simulator)) == (status, [])


def test_what_is_no_video_fails_in_processing_not_in_the_upload(channel):
    made = channel.upload(b"words" * 100)["id"]
    channel.processed()
    assert channel.video(made)["status"]["failureReason"] == "invalidFile"


def test_the_same_file_twice_may_be_rejected(simulator, channel):
    simulator.settings(youtube_rejects_duplicates=True)
    first, second = channel.upload()["id"], channel.upload()["id"]
    channel.processed()
    states = [channel.video(each)["status"].get("rejectionReason", "") for each in (first, second)]
    assert states == ["", "duplicate"]


def test_an_unverified_channel_has_fifteen_minutes_and_no_thumbnails(simulator, channel):
    simulator.settings(youtube_verified_channels=False)
    (item,) = channel.get("channels", mine="true", part="status").body["items"]
    assert item["status"]["longUploadsStatus"] == "eligible"
    long, short = channel.upload(images.plain_mp4(1, seconds=901)), channel.upload(images.plain_mp4(2, seconds=900))
    channel.processed()
    states = [channel.video(each["id"])["status"]["uploadStatus"] for each in (long, short)]
    assert states == ["rejected", "processed"]
    assert reason(thumbnail(channel, short["id"])) == (403, "forbidden")


# Finding a video again


def test_the_uploads_playlist_finds_a_video_whose_answer_was_lost(simulator, channel):
    for at in range(3):
        channel.upload(images.plain_mp4(at), snippet={"title": f"Tin {at}", "tags": [f"vp-{at}"]})
    (item,) = channel.get("channels", mine="true", part="contentDetails").body["items"]
    uploads = item["contentDetails"]["relatedPlaylists"]["uploads"]
    page = channel.get("playlistItems", playlistId=uploads, part="snippet,contentDetails", maxResults=2).body
    rest = channel.get(
        "playlistItems", playlistId=uploads, part="snippet", maxResults=2, pageToken=page["nextPageToken"]
    ).body
    titles = [each["snippet"]["title"] for each in page["items"] + rest["items"]]
    assert (uploads, titles, "nextPageToken" in rest) == (f"UU{channel.id[2:]}", ["Tin 2", "Tin 1", "Tin 0"], False)
    found = channel.video(page["items"][0]["contentDetails"]["videoId"], "snippet,fileDetails")
    assert (found["snippet"]["tags"], found["fileDetails"]["fileSize"]) == (["vp-2"], "1024")


def test_the_playlist_lags_while_a_video_by_id_does_not(simulator, channel):
    simulator.settings(youtube_listing_seconds=60)
    made = channel.upload()["id"]
    listed = {"playlistId": f"UU{channel.id[2:]}", "part": "contentDetails"}
    assert channel.get("playlistItems", **listed).body["items"] == []
    assert channel.video(made)["id"] == made
    simulator.advance(61)
    assert len(channel.get("playlistItems", **listed).body["items"]) == 1


def test_residents_find_public_videos_alone_in_the_playlist(simulator, channel):
    channel.upload()
    seen = channel.upload(images.plain_mp4(2), status={"privacyStatus": "public"})["id"]
    channel.processed()
    other = Channel(simulator)
    items = other.get("playlistItems", playlistId=f"UU{channel.id[2:]}", part="contentDetails").body["items"]
    assert [each["contentDetails"]["videoId"] for each in items] == [seen]


def test_search_finds_own_videos_and_has_a_small_bucket(simulator, channel):
    simulator.settings(youtube_searches_per_day=1)
    made = channel.upload(snippet={"title": "Cảnh giác lừa đảo"})["id"]
    query = {"part": "snippet", "forMine": "true", "type": "video", "q": "lừa đảo"}
    first, second = channel.get("search", **query), channel.get("search", **query)
    assert [each["id"]["videoId"] for each in first.body["items"]] == [made]
    assert reason(second) == (403, "quotaExceeded")


def test_an_account_without_a_channel_is_told_so(simulator):
    person = simulator.user("youtube")
    tokens = exchanged(simulator, consented(simulator, person["id"], ""))
    channel = Channel(simulator)
    channel.token = tokens["access_token"]
    assert "items" not in channel.get("channels", mine="true", part="id").body
    assert reason(channel.start(BLOCK)) == (401, "youtubeSignupRequired")


# Thumbnails and captions


def thumbnail(channel, video_id, data=None, mime="image/png"):
    query = urlencode({"videoId": video_id, "uploadType": "media"})
    url = f"{channel.base}/upload/youtube/v3/thumbnails/set?{query}"
    return raw("POST", url, data or images.plain_png(1), Content_Type=mime, **channel.headers)


def test_a_thumbnail_is_kept_and_may_be_set_again(simulator, channel):
    made = channel.upload(status={"privacyStatus": "public"})["id"]
    channel.processed()
    answers = [thumbnail(channel, made, images.plain_png(at)) for at in range(2)]
    assert [answer.status for answer in answers] == [200, 200]
    assert answers[0].body["kind"] == "youtube#thumbnailSetResponse"
    assert ask("GET", answers[1].body["items"][0]["default"]["url"]).raw == images.plain_png(1)
    page = ask("GET", f"{simulator.url}/pages/youtube/{channel.id}/").raw.decode()
    assert f"/media/{hashlib.sha256(images.plain_png(1)).hexdigest()}" in page


def test_a_thumbnail_that_fails_leaves_the_video(simulator, channel):
    made = channel.upload()["id"]
    assert reason(thumbnail(channel, made, b"GIF89a" + bytes(20))) == (400, "invalidImage")
    assert reason(thumbnail(channel, "nothing")) == (404, "videoNotFound")
    simulator.fault("youtube", "rate_limit", operation="edit")
    assert reason(thumbnail(channel, made)) == (429, "uploadRateLimitExceeded")
    assert thumbnail(channel, made).status == 200


def test_captions_of_one_language_and_name_exist_once(channel):
    made = channel.upload()["id"]
    snippet = b'{"snippet": {"videoId": "%s", "language": "vi", "name": "Ti\\u1ebfng Vi\\u1ec7t"}}' % made.encode()
    body = (
        b"--mark\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n" + snippet + b"\r\n--mark\r\n"
        b"Content-Type: text/plain\r\n\r\n1\n00:00:01,000 --> 00:00:02,000\nXin\r\n--mark--\r\n"
    )
    url = f"{channel.base}/upload/youtube/v3/captions?part=snippet&uploadType=multipart"
    answers = [
        raw("POST", url, body, Content_Type="multipart/related; boundary=mark", **channel.headers) for _ in range(2)
    ]
    assert (answers[0].status, reason(answers[1])) == (200, (409, "captionExists"))
    (listed,) = channel.get("captions", part="snippet", videoId=made).body["items"]
    assert (listed["snippet"]["name"], listed["snippet"]["status"]) == ("Tiếng Việt", "serving")
    assert channel.get(f"captions/{listed['id']}", tfmt="srt").raw.endswith(b"\nXin")
    assert channel.call("DELETE", "captions", id=listed["id"]).status == 204
    assert channel.get("captions", part="snippet", videoId=made).body["items"] == []


# Figures


def test_figures_grow_and_are_text(simulator, channel):
    made = channel.upload(status={"privacyStatus": "public"})["id"]
    simulator.advance(86_400)
    channel.token = refreshed(channel)["access_token"]
    first = channel.video(made, "statistics")["statistics"]
    simulator.advance(86_400)
    channel.token = refreshed(channel)["access_token"]
    second = channel.video(made, "statistics")["statistics"]
    assert int(second["viewCount"]) > int(first["viewCount"]) > 0
    assert second["favoriteCount"] == "0"
    assert set(second) == {"viewCount", "likeCount", "commentCount", "favoriteCount", "dislikeCount"}


def test_a_video_for_children_has_no_comment_count(channel):
    made = channel.upload(status={"selfDeclaredMadeForKids": True})["id"]
    item = channel.video(made, "statistics,status")
    assert ("commentCount" in item["statistics"], item["status"]["madeForKids"]) == (False, True)


def test_figures_of_many_leave_out_what_is_not_there(simulator, channel):
    made = channel.upload(status={"privacyStatus": "public"})["id"]
    channel.processed()
    body = channel.get("videos:batchGetStats", id=f"{made},nothing", part="id,snippet,statistics").body
    assert (body["kind"], [each["id"] for each in body["items"]]) == ("youtube#batchGetStatsResponse", [made])
    assert set(body["items"][0]["statistics"]) == {"viewCount", "likeCount", "commentCount"}


def test_more_than_fifty_ids_are_refused(channel):
    assert channel.get("videos", id=",".join(["x"] * 51), part="id").status == 400


def test_subscribers_are_rounded_to_three_figures(simulator):
    channel = Channel(simulator, followers=123_456)
    (item,) = channel.get("channels", mine="true", part="statistics").body["items"]
    assert item["statistics"]["subscriberCount"] == "123000"


def report(channel, **query):
    query = {"ids": "channel==MINE", "metrics": "views,likes", "dimensions": "day"} | query
    url = f"{channel.simulator.url}/youtube/analytics/v2/reports"
    return ask("GET", url, query=query, headers=channel.headers)


def test_analytics_are_days_late_and_have_no_rows_when_empty(simulator, channel):
    now = simulator.ask("GET", "/_sim/truth")["now"]
    made = simulator.post("youtube", channel.id, "Tin", created_at=now - 10 * 86_400)["id"]
    days = {
        "startDate": datetime.fromtimestamp(now - 10 * 86_400, UTC).strftime("%Y-%m-%d"),
        "endDate": datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%d"),
    }
    body = report(channel, **days, filters=f"video=={made}", sort="day").body
    assert [each["name"] for each in body["columnHeaders"]] == ["day", "views", "likes"]
    assert body["rows"][0][1] > body["rows"][-1][1] >= 1
    assert body["rows"][-1][0] < datetime.fromtimestamp(now - 2 * 86_400, UTC).strftime("%Y-%m-%d")
    late = {"startDate": days["endDate"], "endDate": days["endDate"]}
    assert "rows" not in report(channel, **late).body
    assert report(channel, **days, metrics="impressions").status == 400


# Quota and errors


def test_uploads_have_a_bucket_of_their_own_until_midnight_in_california(simulator, channel):
    simulator.settings(youtube_uploads_per_day=2)
    other = Channel(simulator, name="Kênh khác")
    assert [each.start(BLOCK).status for each in (channel, other)] == [200, 200]
    assert reason(channel.start(BLOCK)) == (403, "quotaExceeded")
    assert channel.get("channels", mine="true", part="id").status == 200
    simulator.advance(86_400)
    channel.token = refreshed(channel)["access_token"]
    assert channel.start(BLOCK).status == 200


def test_a_used_up_bucket_may_be_told_as_too_many_requests_with_the_day_in_its_words_alone(simulator, channel):
    simulator.settings(youtube_uploads_per_day=1, youtube_quota_in_words=True)
    channel.start(BLOCK)

    refused = channel.start(BLOCK)

    error = refused.body["error"]
    assert (*reason(refused), error["status"]) == (429, "rateLimitExceeded", "RESOURCE_EXHAUSTED")
    assert "per day" in error["message"]


def test_writes_cost_fifty_and_mistakes_cost_as_well(simulator, channel):
    simulator.settings(youtube_units_per_day=101)
    statuses = [channel.call("DELETE", "videos", id="x").status for _ in range(3)]
    assert statuses == [404, 404, 403]
    assert [channel.get("videos", id="x", part="id").status for _ in range(2)] == [200, 403]


def test_chunks_cost_nothing(simulator, channel):
    simulator.settings(youtube_uploads_per_day=1, youtube_units_per_day=1)
    video = images.plain_mp4(1, size=2 * BLOCK)
    where = channel.start(len(video)).headers["Location"]
    assert [channel.chunk(where, video, at, BLOCK).status for at in (0, BLOCK)] == [308, 200]


def test_a_channel_has_a_daily_allowance(simulator, channel):
    simulator.settings(youtube_uploads_per_channel=1)
    channel.upload()
    assert reason(channel.start(BLOCK)) == (400, "uploadLimitExceeded")


def test_errors_come_in_googles_shape(simulator, channel):
    channel.token = "ya29.wrong"
    error = channel.get("videos", id="x", part="id").body["error"]
    assert (error["code"], error["status"], error["errors"][0]["reason"]) == (401, "UNAUTHENTICATED", "authError")
    assert error["errors"][0]["location"] == "Authorization"


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("rate_limit", (429, "rateLimitExceeded")),
        ("refuse", (400, "invalidVideoMetadata")),
        ("expired_token", (401, "authError")),
        ("error_before", (503, "backendError")),
    ],
)
def test_faults_look_like_googles_own(simulator, channel, kind, expected):
    simulator.fault("youtube", kind, operation="stage", status=503)
    assert reason(channel.start(BLOCK)) == expected
    assert channel.start(BLOCK).status == 200


def test_a_lagging_listing_and_a_late_update(simulator, channel):
    made = channel.upload()["id"]
    channel.processed()
    simulator.fault("youtube", "late_apply", operation="publish", seconds=30)
    channel.call("PUT", "videos", {"id": made, "status": {"privacyStatus": "public"}}, part="status")
    assert visible(simulator) == []
    simulator.advance(31)
    assert visible(simulator) == [made]
    simulator.fault("youtube", "listing_lag", operation="find", seconds=3600)
    assert channel.get("playlistItems", playlistId=f"UU{channel.id[2:]}", part="id").body["items"] == []


# OAuth


def dialog(simulator, **changed):
    query = {
        "client_id": CLIENT,
        "redirect_uri": BACK,
        "response_type": "code",
        "scope": f"{SCOPE}youtube.upload {SCOPE}youtube.force-ssl",
        "access_type": "offline",
        "prompt": "consent",
        "state": "S",
    } | changed
    return f"{simulator.url}/youtube/accounts/o/oauth2/v2/auth?{urlencode(query)}"


def consented(simulator, account, page, *, ticked=None, **changed):
    url = dialog(simulator, **changed)
    ticked = parse_qs(urlsplit(url).query)["scope"][0].split() if ticked is None else ticked
    back = simulator.consent(url, account=account, page=page, decision="allow", scope=ticked)
    answer = parse_qs(urlsplit(back).query)
    assert (back.startswith(BACK), answer["state"], answer["scope"]) == (True, ["S"], [" ".join(ticked)])
    return answer["code"][0]


def token_call(simulator, **form):
    form = {"client_id": CLIENT, "client_secret": SECRET} | form
    return ask("POST", f"{simulator.url}/youtube/oauth2/token", form=form)


def exchanged(simulator, code, **more):
    return token_call(simulator, grant_type="authorization_code", code=code, redirect_uri=BACK, **more).body


def refreshed(channel, **form):
    token = channel.tokens["refresh_token"]
    return token_call(channel.simulator, grant_type="refresh_token", refresh_token=token, **form).body


def test_consent_gives_a_grant_for_one_channel_and_a_code_once(simulator, channel):
    code = consented(simulator, channel.page["owner"], channel.id)
    tokens = exchanged(simulator, code)
    assert set(tokens) == {"access_token", "expires_in", "refresh_token", "scope", "token_type"}
    assert (tokens["expires_in"], tokens["token_type"]) == (3599, "Bearer")
    channel.token = tokens["access_token"]
    (item,) = channel.get("channels", mine="true", part="id,snippet").body["items"]
    assert (item["id"], item["snippet"]["title"]) == (channel.id, channel.page["name"])
    assert exchanged(simulator, code)["error"] == "invalid_grant"


def test_a_second_consent_without_prompt_gives_no_refresh_token(simulator, channel):
    plain = exchanged(simulator, consented(simulator, channel.page["owner"], channel.id, prompt=""))
    online = exchanged(simulator, consented(simulator, channel.page["owner"], channel.id, access_type="online"))
    again = exchanged(simulator, consented(simulator, channel.page["owner"], channel.id))
    assert ["refresh_token" in each for each in (plain, online, again)] == [False, False, True]


def test_a_refresh_token_stays_the_same_and_is_not_told_again(channel):
    first, second = refreshed(channel), refreshed(channel)
    assert set(first) == {"access_token", "expires_in", "scope", "token_type"}
    assert first["access_token"] != second["access_token"]


def test_six_months_without_use_end_a_refresh_token(simulator, channel):
    simulator.advance(170 * 86_400)
    assert "access_token" in refreshed(channel)
    simulator.advance(170 * 86_400)
    assert "access_token" in refreshed(channel)
    simulator.advance(181 * 86_400)
    assert refreshed(channel) == {
        "error": "invalid_grant",
        "error_description": "Token has been expired or revoked.",
    }


def test_a_consent_screen_in_testing_gives_seven_days(simulator, channel):
    simulator.settings(youtube_testing=True)
    channel.tokens = exchanged(simulator, consented(simulator, channel.page["owner"], channel.id))
    assert channel.tokens["refresh_token_expires_in"] == 604_799
    simulator.advance(6 * 86_400)
    assert "access_token" in refreshed(channel)
    simulator.advance(2 * 86_400)
    assert refreshed(channel)["error"] == "invalid_grant"


def test_the_hundred_and_first_refresh_token_drops_the_oldest(simulator, channel):
    for _ in range(100):
        exchanged(simulator, consented(simulator, channel.page["owner"], channel.id))
    assert refreshed(channel)["error"] == "invalid_grant"


def test_revoking_ends_the_grant(simulator, channel):
    url = f"{simulator.url}/youtube/oauth2/revoke"
    assert ask("POST", url, form={"token": channel.token}).status == 200
    assert refreshed(channel)["error"] == "invalid_grant"
    assert reason(channel.get("channels", mine="true", part="id")) == (401, "authError")


def test_a_right_that_was_unticked_is_missing(simulator, channel):
    tokens = exchanged(
        simulator, consented(simulator, channel.page["owner"], channel.id, ticked=[f"{SCOPE}youtube.upload"])
    )
    assert tokens["scope"] == f"{SCOPE}youtube.upload"
    channel.token = tokens["access_token"]
    assert channel.start(BLOCK).status == 200
    answer = channel.get("videos", id="x", part="id")
    assert reason(answer) == (403, "insufficientPermissions")
    assert answer.body["error"]["details"][0]["reason"] == "ACCESS_TOKEN_SCOPE_INSUFFICIENT"


def test_pkce_binds_the_code(simulator, channel):
    verifier = "v" * 43
    challenge = urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    more = {"code_challenge": challenge, "code_challenge_method": "S256"}
    code = consented(simulator, channel.page["owner"], channel.id, **more)
    assert exchanged(simulator, code, code_verifier="w" * 43)["error"] == "invalid_grant"
    assert "access_token" in exchanged(simulator, code, code_verifier=verifier)


def test_a_wrong_secret_is_invalid_client(simulator):
    answer = token_call(simulator, client_secret="wrong", grant_type="refresh_token", refresh_token="x")
    assert (answer.status, answer.body["error"]) == (401, "invalid_client")


def test_a_refused_consent_comes_back_as_an_error(simulator, channel):
    back = simulator.consent(dialog(simulator), account=channel.page["owner"], decision="cancel")
    assert parse_qs(urlsplit(back).query) == {"error": ["access_denied"], "state": ["S"]}


@pytest.mark.parametrize("changed", [{"client_id": "x"}, {"redirect_uri": ""}, {"scope": ""}])
def test_a_wrong_link_opens_no_consent_page(simulator, changed):
    assert ask("GET", dialog(simulator, **changed)).status == 400


def test_a_killed_token_stays_dead(simulator, channel):
    assert simulator.kill_tokens("youtube", page=channel.id) == 2
    assert reason(channel.get("videos", id="x", part="id")) == (401, "authError")
    assert refreshed(channel)["error"] == "invalid_grant"


# Pages


def test_a_watch_address_leads_to_the_video(simulator, channel):
    made = channel.upload(images.plain_mp4(1, seconds=83, size=2048), status={"privacyStatus": "public"})["id"]
    channel.processed()
    answer = ask("GET", f"{simulator.url}/youtube/www/watch?v={made}")
    page = ask("GET", simulator.url + answer.headers["Location"]).raw.decode()
    assert (answer.status, "Bản tin phường" in page, "1:23 · 2 KB" in page) == (303, True, True)


@pytest.mark.parametrize("name", ["channel/{id}", "@{username}"])
def test_a_channels_address_leads_to_its_page(simulator, channel, name):
    where = name.format(id=channel.id, username=channel.page["username"])
    answer = ask("GET", f"{simulator.url}/youtube/www/{where}")
    assert (answer.status, answer.headers["Location"]) == (303, f"/pages/youtube/{channel.id}/")


# Comments


def test_residents_write_under_a_public_video_and_the_channel_answers(simulator):
    channel = Channel(simulator, followers=CROWD)
    made = channel.upload(status={"privacyStatus": "public"})["id"]
    simulator.advance(3000)
    query = {"part": "snippet,replies", "videoId": made, "maxResults": 100, "order": "time"}
    first, second = channel.get("commentThreads", **query).body["items"][:2]

    reply = channel.call(
        "POST", "comments", {"snippet": {"parentId": first["id"], "textOriginal": "Chào bạn"}}, part="snippet"
    ).body
    moderated = channel.call("POST", "comments/setModerationStatus", id=second["id"], moderationStatus="rejected")

    shown = {each["id"]: each for each in channel.get("commentThreads", **query).body["items"]}
    assert first["snippet"]["topLevelComment"]["snippet"]["authorChannelId"]["value"] != channel.id
    (below,) = shown[first["id"]]["replies"]["comments"]
    assert (below["id"], below["snippet"]["authorChannelId"]["value"]) == (reply["id"], channel.id)
    assert (moderated.status, second["id"] in shown) == (204, False)


@pytest.mark.parametrize(
    ("path", "data", "query", "why"),
    [
        ("comments", {"snippet": {"parentId": "Ugx0", "textOriginal": "a"}}, {}, (404, "parentCommentNotFound")),
        (
            "comments/setModerationStatus",
            None,
            {"id": "Ugx0", "moderationStatus": "rejected"},
            (404, "commentNotFound"),
        ),
        ("comments/setModerationStatus", None, {"id": "Ugx0", "moderationStatus": "x"}, (400, "operationNotSupported")),
        (
            "comments/setModerationStatus",
            None,
            {"id": "Ugx0", "moderationStatus": "heldForReview", "banAuthor": "true"},
            (400, "banWithoutReject"),
        ),
    ],
)
def test_what_cannot_be_said_under_a_video(channel, path, data, query, why):
    assert reason(channel.call("POST", path, data, part="snippet", **query)) == why


def test_a_video_for_children_has_no_comments(channel):
    made = channel.upload(status={"selfDeclaredMadeForKids": True, "privacyStatus": "public"})["id"]
    assert reason(channel.get("commentThreads", part="snippet", videoId=made)) == (403, "commentsDisabled")


def test_what_the_owner_hides_is_missing(simulator, channel):
    simulator.settings(youtube_hidden=["likeCount"])
    made = channel.upload(status={"privacyStatus": "public"})["id"]
    assert set(channel.video(made, part="statistics")["statistics"]) & {"likeCount", "viewCount"} == {"viewCount"}
