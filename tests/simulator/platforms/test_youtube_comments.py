"""Comments under videos at YouTube."""

import pytest

from ..conftest import CROWD
from .youtube import Channel, reason


def test_residents_write_under_a_public_video_and_the_channel_answers(simulator):
    channel = Channel(simulator, followers=CROWD)
    made = channel.upload(status={"privacyStatus": "public"})["id"]
    simulator.advance(3000)
    query = {"part": "snippet,replies", "videoId": made, "maxResults": 100, "order": "time"}
    first, second = channel.get("commentThreads", **query).body["items"][:2]

    reply = channel.call(
        "POST",
        "comments",
        {"snippet": {"parentId": first["id"], "textOriginal": "Chào bạn"}},
        part="snippet",
    ).body
    moderated = channel.call(
        "POST", "comments/setModerationStatus", id=second["id"], moderationStatus="rejected"
    )

    shown = {
        thread["id"]: thread for thread in channel.get("commentThreads", **query).body["items"]
    }
    assert first["snippet"]["topLevelComment"]["snippet"]["authorChannelId"]["value"] != channel.id
    (below,) = shown[first["id"]]["replies"]["comments"]
    assert (below["id"], below["snippet"]["authorChannelId"]["value"]) == (reply["id"], channel.id)
    assert (moderated.status, second["id"] in shown) == (204, False)


@pytest.mark.parametrize(
    ("path", "data", "query", "why"),
    [
        (
            "comments",
            {"snippet": {"parentId": "Ugx0", "textOriginal": "a"}},
            {},
            (404, "parentCommentNotFound"),
        ),
        (
            "comments/setModerationStatus",
            None,
            {"id": "Ugx0", "moderationStatus": "rejected"},
            (404, "commentNotFound"),
        ),
        (
            "comments/setModerationStatus",
            None,
            {"id": "Ugx0", "moderationStatus": "x"},
            (400, "operationNotSupported"),
        ),
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
    assert reason(channel.get("commentThreads", part="snippet", videoId=made)) == (
        403,
        "commentsDisabled",
    )


def test_a_channel_s_comments_are_read_at_once(simulator, channel):
    first, second = channel.upload()["id"], channel.upload()["id"]
    for video in (first, second):
        words = {
            "snippet": {
                "videoId": video,
                "topLevelComment": {"snippet": {"textOriginal": f"Về {video}"}},
            }
        }
        assert channel.call("POST", "commentThreads", words, part="snippet").status == 200
    other = Channel(simulator)

    listed = channel.get(
        "commentThreads", allThreadsRelatedToChannelId=channel.id, part="snippet"
    ).body["items"]
    foreign = other.get("commentThreads", allThreadsRelatedToChannelId=channel.id, part="snippet")

    assert [comment["snippet"]["videoId"] for comment in listed] == [second, first]
    assert foreign.status == 403
