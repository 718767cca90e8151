"""Videos at YouTube: who sees them and when, what becomes of them, how they are found again."""

import pytest

from simulator import images
from simulator.platforms.youtube.formats import format_iso_duration

from ..conftest import ask
from .youtube import Channel, reason, stamp, visible


def test_a_part_that_is_named_again_counts_beside_the_first(simulator):
    channel = Channel(simulator)
    video = channel.upload()["id"]

    answer = ask(
        "GET",
        f"{channel.base}/youtube/v3/videos?part=snippet&part=status&id={video}",
        headers=channel.headers,
    )

    (item,) = answer.body["items"]
    assert {"snippet", "status"} <= item.keys()


def test_a_video_of_less_than_a_second_lasts_zero_seconds():
    assert (format_iso_duration(0.4), format_iso_duration(3600), format_iso_duration(83)) == (
        "PT0S",
        "PT1H",
        "PT1M23S",
    )


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
    assert (
        after["snippet"]["title"],
        after["snippet"]["description"],
        "tags" in after["snippet"],
    ) == (
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
    for snippet, why in (
        ({"title": "Mới"}, "invalidCategoryId"),
        ({"categoryId": "25"}, "invalidTitle"),
    ):
        answer = channel.call("PUT", "videos", {"id": made, "snippet": snippet}, part="snippet")
        assert reason(answer) == (400, why)


def test_a_scheduled_video_turns_public_by_itself(simulator, channel):
    made = channel.upload(status={"publishAt": stamp(600)})["id"]
    channel.processed()
    assert channel.video(made)["status"]["privacyStatus"] == "private"
    assert (simulator.truth()[0]["state"], visible(simulator)) == ("scheduled", [])
    simulator.advance(600)
    status = channel.video(made)["status"]
    assert (status["privacyStatus"], "publishAt" in status, visible(simulator)) == (
        "public",
        False,
        [made],
    )


def test_a_time_in_the_past_publishes_at_once_and_private_without_a_time_cancels(
    simulator, channel
):
    past = channel.upload(status={"publishAt": stamp(-60)})["id"]
    later = channel.upload(images.make_plain_mp4(2), status={"publishAt": stamp(600)})["id"]
    channel.call(
        "PUT", "videos", {"id": later, "status": {"privacyStatus": "private"}}, part="status"
    )
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
    channel.call(
        "PUT", "videos", {"id": made, "status": {"privacyStatus": "private"}}, part="status"
    )
    assert (visible(simulator), simulator.truth()[0]["state"]) == ([], "hidden")


def test_a_deleted_video_is_gone_and_deleting_again_says_so(simulator, channel):
    made = channel.upload(status={"privacyStatus": "public"})["id"]
    channel.processed()
    first, again = (
        channel.call("DELETE", "videos", id=made),
        channel.call("DELETE", "videos", id=made),
    )
    assert (first.status, first.raw, reason(again)) == (204, b"", (404, "videoNotFound"))
    assert channel.get("videos", id=made, part="id").body["items"] == []
    assert [post["state"] for post in simulator.truth()] == ["deleted"]


def test_a_video_of_another_channel_is_closed(simulator, channel):
    made = channel.upload()["id"]
    other = Channel(simulator, name="Kênh khác")
    assert other.get("videos", id=made, part="snippet").body["items"] == []
    assert reason(other.call("DELETE", "videos", id=made)) == (403, "forbidden")
    assert visible(simulator) == []


def test_processing_takes_its_time(simulator, channel):
    simulator.settings(youtube_processing_seconds=600)
    made = channel.upload(images.make_plain_mp4(1, seconds=83), status={"privacyStatus": "public"})[
        "id"
    ]
    simulator.advance(300)
    item = channel.video(made, "status,processingDetails,contentDetails")
    assert item["status"]["uploadStatus"] == "uploaded"
    assert item["processingDetails"]["processingStatus"] == "processing"
    assert item["processingDetails"]["processingProgress"]["partsProcessed"] in ("49", "50")
    assert visible(simulator) == []
    simulator.advance(301)
    item = channel.video(made, "status,processingDetails,contentDetails")
    assert (item["status"]["uploadStatus"], item["contentDetails"]["duration"]) == (
        "processed",
        "PT1M23S",
    )
    assert item["processingDetails"]["processingStatus"] == "succeeded"
    assert visible(simulator) == [made]


@pytest.mark.parametrize(
    ("ends", "field", "status"),
    [
        ("failed/codec", "failureReason", "failed"),
        ("rejected/copyright", "rejectionReason", "terminated"),
    ],
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
    states = [
        channel.video(video_id)["status"].get("rejectionReason", "") for video_id in (first, second)
    ]
    assert states == ["", "duplicate"]


def test_the_uploads_playlist_finds_a_video_whose_answer_was_lost(simulator, channel):
    for at in range(3):
        channel.upload(
            images.make_plain_mp4(at), snippet={"title": f"Tin {at}", "tags": [f"vp-{at}"]}
        )
    (item,) = channel.get("channels", mine="true", part="contentDetails").body["items"]
    uploads = item["contentDetails"]["relatedPlaylists"]["uploads"]
    page = channel.get(
        "playlistItems", playlistId=uploads, part="snippet,contentDetails", maxResults=2
    ).body
    rest = channel.get(
        "playlistItems",
        playlistId=uploads,
        part="snippet",
        maxResults=2,
        pageToken=page["nextPageToken"],
    ).body
    titles = [video["snippet"]["title"] for video in page["items"] + rest["items"]]
    assert (uploads, titles, "nextPageToken" in rest) == (
        f"UU{channel.id[2:]}",
        ["Tin 2", "Tin 1", "Tin 0"],
        False,
    )
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
    seen = channel.upload(images.make_plain_mp4(2), status={"privacyStatus": "public"})["id"]
    channel.processed()
    other = Channel(simulator)
    items = other.get(
        "playlistItems", playlistId=f"UU{channel.id[2:]}", part="contentDetails"
    ).body["items"]
    assert [item["contentDetails"]["videoId"] for item in items] == [seen]


def test_search_finds_own_videos_and_has_a_small_bucket(simulator, channel):
    simulator.settings(youtube_searches_per_day=1)
    made = channel.upload(snippet={"title": "Cảnh giác lừa đảo"})["id"]
    query = {"part": "snippet", "forMine": "true", "type": "video", "q": "lừa đảo"}
    first, second = channel.get("search", **query), channel.get("search", **query)
    assert [video["id"]["videoId"] for video in first.body["items"]] == [made]
    assert reason(second) == (403, "quotaExceeded")


def test_a_watch_address_leads_to_the_video(simulator, channel):
    made = channel.upload(
        images.make_plain_mp4(1, seconds=83, size=2048), status={"privacyStatus": "public"}
    )["id"]
    channel.processed()
    answer = ask("GET", f"{simulator.url}/youtube/www/watch?v={made}")
    page = ask("GET", simulator.url + answer.headers["Location"]).raw.decode()
    assert (answer.status, "Bản tin phường" in page, "1:23 · 2 KB" in page) == (303, True, True)


@pytest.mark.parametrize("name", ["channel/{id}", "@{username}"])
def test_a_channels_address_leads_to_its_page(simulator, channel, name):
    where = name.format(id=channel.id, username=channel.page["username"])
    answer = ask("GET", f"{simulator.url}/youtube/www/{where}")
    assert (answer.status, answer.headers["Location"]) == (303, f"/pages/youtube/{channel.id}/")
