"""Videos, thumbnails and captions on their way to YouTube, and the bounds of their fields."""

import hashlib
import http.client
import socket
from urllib.parse import urlencode, urlsplit

import pytest

from simulator import images

from ..conftest import ask
from .youtube import BLOCK, CLIENT, SECRET, Channel, raw, reason, refreshed, visible


def test_a_new_video_may_ask_for_its_id_among_the_parts(simulator):
    channel, video = Channel(simulator), images.make_plain_mp4(1)

    started = channel.start(len(video), channel.meta(), part="id,snippet,status")
    answer = channel.put(started.headers["Location"], video)

    assert (started.status, answer.status) == (200, 200)
    assert answer.body["snippet"]["title"] == "Bản tin phường"


def test_chunks_make_one_video_that_nobody_sees_yet(simulator, channel):
    video = images.make_plain_mp4(1, seconds=58, size=2 * BLOCK + 100)
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


def test_a_session_that_holds_nothing_reports_no_range(channel):
    answer = channel.probe(channel.start(BLOCK).headers["Location"], BLOCK)
    assert (answer.status, "Range" in answer.headers) == (308, False)


def test_a_whole_file_needs_no_range(simulator, channel):
    made = channel.upload()
    assert [post["id"] for post in simulator.truth()] == [made["id"]]


def test_the_last_bytes_sent_again_make_no_second_video(simulator, channel):
    video = images.make_plain_mp4(1)
    where = channel.start(len(video)).headers["Location"]
    simulator.fault("youtube", "drop_after", operation="upload")
    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        channel.put(where, video)
    probed = channel.probe(where, len(video))
    again = channel.put(where, video)
    assert (probed.status, again.status) == (200, 200)
    assert [post["id"] for post in simulator.truth()] == [probed.body["id"]] == [again.body["id"]]


def test_a_chunk_that_is_no_multiple_is_refused(simulator, channel):
    video = images.make_plain_mp4(1, size=BLOCK + 100)
    where = channel.start(len(video)).headers["Location"]
    assert channel.chunk(where, video, 0, 1000).status == 400
    assert "Range" not in channel.probe(where, len(video)).headers


def test_a_chunk_beyond_what_is_held_is_refused_and_one_that_overlaps_is_not(channel):
    video = images.make_plain_mp4(1, size=3 * BLOCK)
    where = channel.start(len(video)).headers["Location"]
    assert channel.chunk(where, video, BLOCK, BLOCK).status == 400
    channel.chunk(where, video, 0, BLOCK)
    assert channel.chunk(where, video, 0, 2 * BLOCK).headers["Range"] == f"bytes=0-{2 * BLOCK - 1}"
    assert channel.chunk(where, video, 0, 3 * BLOCK).status == 200


def test_less_than_was_sent_may_be_held(simulator, channel):
    simulator.settings(youtube_bytes_a_put=BLOCK)
    video = images.make_plain_mp4(1, size=3 * BLOCK)
    where = channel.start(len(video)).headers["Location"]
    replies = [channel.chunk(where, video, at * BLOCK, len(video)) for at in range(3)]
    assert [answer.status for answer in replies] == [308, 308, 200]
    assert replies[0].headers["Range"] == f"bytes=0-{BLOCK - 1}"
    assert simulator.truth()[0]["media"] == [hashlib.sha256(video).hexdigest()]


def test_a_broken_connection_keeps_whole_blocks_and_any_worker_goes_on(simulator, channel):
    video = images.make_plain_mp4(1, size=4 * BLOCK)
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


@pytest.mark.parametrize(
    "content_range", ["bytes 0-10/9999", "bytes 0-99999999/1024", "bytes 5-2/1024", "lines 1-2/3"]
)
def test_a_range_that_does_not_fit_the_body_is_refused(channel, content_range):
    video = images.make_plain_mp4(1)
    assert (
        channel.put(channel.start(len(video)).headers["Location"], video, content_range).status
        == 400
    )


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
    video = images.make_plain_mp4(1, size=2 * BLOCK)
    where = channel.start(len(video)).headers["Location"]
    channel.chunk(where, video, 0, BLOCK)
    simulator.advance(3600)
    assert channel.chunk(where, video, BLOCK, BLOCK).status == 401
    channel.token = refreshed(channel)["access_token"]
    assert channel.chunk(where, video, BLOCK, BLOCK).status == 200


def test_the_address_of_a_session_alone_opens_nothing(channel):
    video = images.make_plain_mp4(1, size=BLOCK)
    where = channel.start(len(video)).headers["Location"]

    nameless = ask("PUT", where, body=video, headers={"Content-Type": "video/mp4"})

    assert (nameless.status, channel.probe(where, len(video)).status) == (401, 308)


def test_a_large_video_is_hashed_and_not_kept(simulator, channel):
    video = images.make_plain_mp4(1, size=5 << 20)
    made = channel.upload(video)
    (post,) = simulator.truth()
    assert post["media"] == [hashlib.sha256(video).hexdigest()]
    assert ask("GET", f"{simulator.url}/media/{post['media'][0]}").status == 404
    assert channel.video(made["id"], "fileDetails")["fileDetails"]["fileSize"] == str(5 << 20)


def test_a_start_without_bytes_makes_no_video(simulator, channel):
    channel.start(BLOCK)
    assert (simulator.truth(), simulator.requests()["youtube"]) == ([], {"stage": 1})


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
    made = channel.put(started.headers["Location"], images.make_plain_mp4(1)).body
    channel.processed()
    assert channel.video(made["id"])["status"]["privacyStatus"] == "public"
    assert visible(simulator) == [made["id"]]


@pytest.mark.parametrize("query", [{"part": ""}, {"part": "snippet,nonsense"}])
def test_part_is_required_and_known(channel, query):
    assert channel.get("videos", id="x", **query).status == 400


def thumbnail(channel, video_id, data=None, mime="image/png"):
    query = urlencode({"videoId": video_id, "uploadType": "media"})
    url = f"{channel.base}/upload/youtube/v3/thumbnails/set?{query}"
    return raw("POST", url, data or images.make_plain_png(1), Content_Type=mime, **channel.headers)


def test_a_thumbnail_is_kept_and_may_be_set_again(simulator, channel):
    made = channel.upload(status={"privacyStatus": "public"})["id"]
    channel.processed()
    answers = [thumbnail(channel, made, images.make_plain_png(at)) for at in range(2)]
    assert [answer.status for answer in answers] == [200, 200]
    assert answers[0].body["kind"] == "youtube#thumbnailSetResponse"
    assert ask("GET", answers[1].body["items"][0]["default"]["url"]).raw == images.make_plain_png(1)
    page = ask("GET", f"{simulator.url}/pages/youtube/{channel.id}/").raw.decode()
    assert f"/media/{hashlib.sha256(images.make_plain_png(1)).hexdigest()}" in page


def test_a_thumbnail_that_fails_leaves_the_video(simulator, channel):
    made = channel.upload()["id"]
    assert reason(thumbnail(channel, made, b"GIF89a" + bytes(20))) == (400, "invalidImage")
    assert reason(thumbnail(channel, "nothing")) == (404, "videoNotFound")
    simulator.fault("youtube", "rate_limit", operation="edit")
    assert reason(thumbnail(channel, made)) == (429, "uploadRateLimitExceeded")
    assert thumbnail(channel, made).status == 200


def captioned(channel, video, text):
    """Send a caption track as Google's clients do: its words and its file in one body."""
    snippet = (
        b'{"snippet": {"videoId": "%s", "language": "vi", "name": "Ti\\u1ebfng Vi\\u1ec7t"}}'
        % video.encode()
    )
    body = (
        b"--mark\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n"
        + snippet
        + b"\r\n--mark\r\n"
        b"Content-Type: text/plain\r\n\r\n" + text.encode() + b"\r\n--mark--\r\n"
    )
    url = f"{channel.base}/upload/youtube/v3/captions?part=snippet&uploadType=multipart"
    return raw(
        "POST", url, body, Content_Type="multipart/related; boundary=mark", **channel.headers
    )


def test_captions_of_one_language_and_name_exist_once(channel):
    made = channel.upload()["id"]
    answers = [captioned(channel, made, "1\n00:00:01,000 --> 00:00:02,000\nXin") for _ in range(2)]
    assert (answers[0].status, reason(answers[1])) == (200, (409, "captionExists"))
    (listed,) = channel.get("captions", part="snippet", videoId=made).body["items"]
    assert (listed["snippet"]["name"], listed["snippet"]["status"]) == ("Tiếng Việt", "serving")
    assert channel.get(f"captions/{listed['id']}", tfmt="srt").raw.endswith(b"\nXin")
    assert channel.call("DELETE", "captions", id=listed["id"]).status == 204
    assert channel.get("captions", part="snippet", videoId=made).body["items"] == []


def test_a_caption_comes_as_the_format_asked_for(channel):
    made = channel.upload()["id"]
    webvtt = (
        "WEBVTT\n\nNOTE của phường\n\n1\n00:01.500 --> 00:03.000 align:start\nXin chào\nbà con\n"
    )
    webvtt += "\n01:00:00.000 --> 01:00:02.250\nHết\n"
    track = captioned(channel, made, webvtt).body["id"]

    plain, subrip = (
        channel.get(f"captions/{track}").raw,
        channel.get(f"captions/{track}", tfmt="srt").raw,
    )

    assert plain.decode() == webvtt
    assert subrip.decode() == (
        "1\n00:00:01,500 --> 00:00:03,000\nXin chào\nbà con\n\n2\n01:00:00,000 --> "
        "01:00:02,250\nHết\n"
    )


def test_an_unverified_channel_has_fifteen_minutes_and_no_thumbnails(simulator, channel):
    simulator.settings(youtube_verified_channels=False)
    (item,) = channel.get("channels", mine="true", part="status").body["items"]
    assert item["status"]["longUploadsStatus"] == "eligible"
    long, short = (
        channel.upload(images.make_plain_mp4(1, seconds=901)),
        channel.upload(images.make_plain_mp4(2, seconds=900)),
    )
    channel.processed()
    states = [channel.video(video["id"])["status"]["uploadStatus"] for video in (long, short)]
    assert states == ["rejected", "processed"]
    assert reason(thumbnail(channel, short["id"])) == (403, "forbidden")
