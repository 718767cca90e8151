"""YouTube's figures, the cost of calls, and its refusals."""

from datetime import UTC, datetime

import pytest

from simulator import images

from ..conftest import ask
from .youtube import BLOCK, Channel, reason, refreshed, visible


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
    assert set(second) == {
        "viewCount",
        "likeCount",
        "commentCount",
        "favoriteCount",
        "dislikeCount",
    }


def test_a_video_for_children_has_no_comment_count(channel):
    made = channel.upload(status={"selfDeclaredMadeForKids": True})["id"]
    item = channel.video(made, "statistics,status")
    assert ("commentCount" in item["statistics"], item["status"]["madeForKids"]) == (False, True)


def test_figures_of_many_leave_out_what_is_not_there(simulator, channel):
    made = channel.upload(status={"privacyStatus": "public"})["id"]
    channel.processed()
    body = channel.get(
        "videos:batchGetStats", id=f"{made},nothing", part="id,snippet,statistics"
    ).body
    assert (body["kind"], [video["id"] for video in body["items"]]) == (
        "youtube#batchGetStatsResponse",
        [made],
    )
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
    assert [header["name"] for header in body["columnHeaders"]] == ["day", "views", "likes"]
    assert body["rows"][0][1] > body["rows"][-1][1] >= 1
    assert body["rows"][-1][0] < datetime.fromtimestamp(now - 2 * 86_400, UTC).strftime("%Y-%m-%d")
    late = {"startDate": days["endDate"], "endDate": days["endDate"]}
    assert "rows" not in report(channel, **late).body
    assert report(channel, **days, metrics="impressions").status == 400


def test_what_the_owner_hides_is_missing(simulator, channel):
    simulator.settings(youtube_hidden=["likeCount"])
    made = channel.upload(status={"privacyStatus": "public"})["id"]
    assert set(channel.video(made, part="statistics")["statistics"]) & {
        "likeCount",
        "viewCount",
    } == {"viewCount"}


def test_uploads_have_a_bucket_of_their_own_until_midnight_in_california(simulator, channel):
    simulator.settings(youtube_uploads_per_day=2)
    other = Channel(simulator, name="Kênh khác")
    assert [uploader.start(BLOCK).status for uploader in (channel, other)] == [200, 200]
    assert reason(channel.start(BLOCK)) == (403, "quotaExceeded")
    assert channel.get("channels", mine="true", part="id").status == 200
    simulator.advance(86_400)
    channel.token = refreshed(channel)["access_token"]
    assert channel.start(BLOCK).status == 200


def test_a_used_up_bucket_may_be_reported_as_too_many_requests_with_the_day_in_its_words_alone(
    simulator, channel
):
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
    video = images.make_plain_mp4(1, size=2 * BLOCK)
    where = channel.start(len(video)).headers["Location"]
    assert [channel.chunk(where, video, at, BLOCK).status for at in (0, BLOCK)] == [308, 200]


def test_a_channel_has_a_daily_allowance(simulator, channel):
    simulator.settings(youtube_uploads_per_channel=1)
    channel.upload()
    assert reason(channel.start(BLOCK)) == (400, "uploadLimitExceeded")


def test_errors_come_in_googles_shape(simulator, channel):
    channel.token = "ya29.wrong"
    error = channel.get("videos", id="x", part="id").body["error"]
    assert (error["code"], error["status"], error["errors"][0]["reason"]) == (
        401,
        "UNAUTHENTICATED",
        "authError",
    )
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
    channel.call(
        "PUT", "videos", {"id": made, "status": {"privacyStatus": "public"}}, part="status"
    )
    assert visible(simulator) == []
    simulator.advance(31)
    assert visible(simulator) == [made]
    simulator.fault("youtube", "listing_lag", operation="find", seconds=3600)
    assert (
        channel.get("playlistItems", playlistId=f"UU{channel.id[2:]}", part="id").body["items"]
        == []
    )
