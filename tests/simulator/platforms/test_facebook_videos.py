"""Videos, Reels and stories of Facebook pages, as the Graph API takes them."""

import http.client
import json
from urllib.parse import urlsplit

import pytest

from simulator import images

VIDEO = b"\x00\x00\x00\x18ftypmp42" + b"\x01" * (3 << 20)
MB = 1 << 20


def start(graph, edge, **more):
    return graph.post(f"{graph.id}/{edge}", upload_phase="start", **more).body


def transfer(graph, session, offset, data):
    sent = {"upload_phase": "transfer", "upload_session_id": session, "start_offset": offset}
    return graph.post(f"{graph.id}/videos", files={"video_file_chunk": data}, **sent)


def send(graph, url, offset, data, size=None, token=""):
    """Send to the upload host, as a body that is a file."""
    headers = {
        "Authorization": f"OAuth {token or graph.token}",
        "offset": str(offset),
        "file_size": str(len(VIDEO) if size is None else size),
        "Content-Type": "application/octet-stream",
    }
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=30)
    try:
        connection.request("POST", parts.path, data, headers)
        answer = connection.getresponse()
        return json.loads(answer.read())
    finally:
        connection.close()


def status(graph, video):
    return graph.get(video, fields="status").body["status"]


def reel(graph, **finish):
    made = start(graph, "video_reels")
    send(graph, made["upload_url"], 0, VIDEO)
    finish = {"video_state": "PUBLISHED", "description": "Cảnh giác"} | finish
    graph.post(
        f"{graph.id}/video_reels", upload_phase="finish", video_id=made["video_id"], **finish
    )
    return made["video_id"]


def test_a_reel_that_was_accepted_may_say_so_by_its_phase_alone(graph, simulator):
    simulator.settings(facebook_video_seconds=0, facebook_reports_post_of_video=False)
    simulator.fault("facebook", "late_apply", operation="publish", seconds=60)

    body = graph.get(reel(graph), fields="status,published,post_id").body

    assert ("post_id" in body, body["published"]) == (False, False)
    assert body["status"]["publishing_phase"] == {"status": "in_progress"}


@pytest.fixture
def unpublished(graph):
    made = start(graph, "videos", file_size=len(VIDEO))
    for offset in range(0, len(VIDEO), MB):
        transfer(graph, made["upload_session_id"], offset, VIDEO[offset : offset + MB])
    finish = {
        "upload_phase": "finish",
        "upload_session_id": made["upload_session_id"],
        "published": "false",
    }
    assert graph.post(f"{graph.id}/videos", description="Phim", **finish).body == {"success": True}
    return made["video_id"]


def test_a_video_comes_in_pieces_and_is_seen_by_nobody_until_it_is_shown(
    simulator, graph, unpublished
):
    simulator.advance(2)
    before = graph.get(unpublished, fields="published,status").body

    shown = [graph.post(unpublished, published="true").body for _ in range(2)]

    (seen,) = simulator.visible("facebook", graph.id)
    assert (before["published"], before["status"]["video_status"]) == (False, "ready")
    assert shown == [{"success": True}] * 2
    assert (seen["text"], len(seen["intervals"])) == ("Phim", 1)
    (listed,) = graph.get(
        f"{graph.id}/published_posts", fields="attachments{media_type,target}"
    ).body["data"]
    assert listed["attachments"]["data"] == [{"media_type": "video", "target": {"id": unpublished}}]


def test_a_piece_from_the_wrong_place_is_refused_with_the_right_one(graph):
    made = start(graph, "videos", file_size=len(VIDEO))
    first = transfer(graph, made["upload_session_id"], 0, VIDEO[:MB])

    again = transfer(graph, made["upload_session_id"], 0, VIDEO[:MB])

    assert first.body == {"start_offset": str(MB), "end_offset": str(2 * MB)}
    assert again.error == (6001, 1363037)
    assert again.body["error"]["error_data"] == {"start_offset": str(MB), "end_offset": str(2 * MB)}


def test_an_upload_that_is_cancelled_is_gone(graph):
    made = start(graph, "videos", file_size=len(VIDEO))
    graph.post(
        f"{graph.id}/videos", upload_phase="cancel", upload_session_id=made["upload_session_id"]
    )

    assert graph.get(made["video_id"]).error == (100, 33)


def test_the_upload_host_keeps_what_came_and_goes_on_from_there(graph):
    made = start(graph, "video_reels")
    part = send(graph, made["upload_url"], 0, VIDEO[:MB])
    video_status = status(graph, made["video_id"])["uploading_phase"]
    wrong = send(graph, made["upload_url"], 5, VIDEO[5:])

    assert part["debug_info"]["type"] == "PartialRequestError"
    assert (video_status["status"], video_status["bytes_transferred"]) == ("in_progress", MB)
    assert wrong["debug_info"]["type"] == "OffsetInvalidError"
    assert send(graph, made["upload_url"], MB, VIDEO[MB:]) == {"success": True}


def test_a_reel_is_seen_once_it_is_processed_and_stands_in_its_own_list(simulator, graph):
    video = reel(graph, is_ai_generated="true")
    accepted = graph.get(video, fields="status,published,post_id").body
    simulator.advance(2)

    body = graph.get(video, fields="status,published").body

    assert (accepted["published"], accepted["status"]["video_status"]) == (False, "processing")
    assert (body["published"], body["status"]["publishing_phase"]["publish_status"]) == (
        True,
        "published",
    )
    assert graph.get(f"{graph.id}/published_posts").body == {"data": []}
    for asked in ({}, {"since": 4_000_000_000}):  # of which its reference says nothing
        assert [
            row["id"] for row in graph.get(f"{graph.id}/video_reels", **asked).body["data"]
        ] == [video]


def test_thirty_reels_a_day_are_the_most(simulator, graph):
    for _ in range(30):
        reel(graph)
    assert graph.post(f"{graph.id}/video_reels", upload_phase="start").error == (613, None)

    simulator.advance(86_401)
    assert "video_id" in start(graph, "video_reels")


def test_what_is_no_video_fails_when_it_is_processed(simulator, graph):
    made = start(graph, "video_reels")
    send(graph, made["upload_url"], 0, b"no video", 8)
    simulator.advance(2)

    view = status(graph, made["video_id"])

    assert (view["video_status"], view["processing_phase"]["status"]) == ("error", "error")


def test_a_story_is_gone_after_a_day(simulator, graph):
    photo = graph.post(
        f"{graph.id}/photos", files={"source": images.make_plain_png(3)}, published="false"
    ).body["id"]
    story = graph.post(f"{graph.id}/photo_stories", photo_id=photo).body
    (listed,) = graph.get(f"{graph.id}/stories").body["data"]

    assert story == {"success": True, "post_id": listed["post_id"]}
    assert (listed["media_type"], listed["media_id"]) == ("photo", photo)
    assert graph.post(f"{graph.id}/photo_stories", photo_id=photo).error == (1366051, None)
    simulator.advance(86_401)
    assert simulator.visible() == []
    assert graph.get(f"{graph.id}/stories").body == {"data": []}


def test_each_kind_of_video_has_metrics_of_its_own(simulator, graph, unpublished):
    graph.post(unpublished, published="true")
    ours = reel(graph)
    simulator.advance(3 * 86_400)
    names = "total_video_views,blue_reels_play_count"

    body = [
        graph.get(f"{video}/video_insights", metric=names).body["data"]
        for video in (unpublished, ours)
    ]

    assert [[row["name"] for row in rows] for rows in body] == [
        ["total_video_views"],
        ["blue_reels_play_count"],
    ]
    assert graph.get(f"{ours}/video_insights", metric=f"{names},post_impressions").error == (
        100,
        None,
    )


def test_the_upload_host_wants_the_page_s_own_token(graph):
    made = start(graph, "video_reels")

    data = send(graph, made["upload_url"], 0, VIDEO, token="other")

    refused = {
        "retriable": False,
        "type": "ProcessingFailedError",
        "message": "unauthorized user request",
    }
    assert data == {"debug_info": refused}


def test_deleting_a_video_takes_its_post_away(simulator, graph):
    video = reel(graph)
    simulator.advance(2)

    assert graph.call("DELETE", video).body == {"success": True}
    assert simulator.visible() == []
    assert graph.get(video).error == (100, 33)
