"""The stand-in of Facebook before Meta's own client: facebook-business reads each answer into its
own types, proves the application's secret by itself, and knows errors by their codes.
"""

import pytest
import requests
from facebook_business.adobjects.advideo import AdVideo
from facebook_business.adobjects.comment import Comment
from facebook_business.adobjects.page import Page
from facebook_business.adobjects.pagepost import PagePost
from facebook_business.adobjects.photo import Photo
from facebook_business.adobjects.user import User
from facebook_business.api import FacebookAdsApi
from facebook_business.exceptions import FacebookRequestError
from facebook_business.session import FacebookSession

from simulator import images
from tests.videos import video_file

# The client's own lists of fields and types lag behind the platform's, which it says and then asks
# all the same.
pytestmark = pytest.mark.filterwarnings(
    "ignore:.*(does not allow field|might not be compatible):UserWarning"
)
APP = ("100000000000001", "simulator-facebook-secret")


@pytest.fixture
def owned(simulator):
    return simulator.page("facebook")


@pytest.fixture
def api(simulator, owned, monkeypatch):
    """The client as the page, on the address that its own setting names."""
    monkeypatch.setattr(FacebookSession, "GRAPH", f"{simulator.url}/facebook/graph")
    return speaking_as(owned["tokens"]["access_token"])


def speaking_as(token):
    return FacebookAdsApi(FacebookSession(*APP, token), api_version="v26.0")


@pytest.fixture
def there(owned, api):
    return Page(owned["external_id"], api=api)


def test_the_page_is_read_with_its_followers(there, owned):
    data = there.api_get(
        fields=["name", "username", "followers_count", "link", "category", "picture{url}"]
    )

    assert (data["name"], data["username"], data["followers_count"]) == (
        owned["name"],
        owned["username"],
        1000,
    )
    assert data["category"] == "Government organization"
    assert data["picture"]["data"]["url"].startswith("http")


def test_the_person_s_pages_and_rights_come_with_tokens(simulator, owned, api):
    me = User("me", api=speaking_as(owned["tokens"]["user_token"]))

    (listed,) = me.get_accounts(fields=["id", "name", "access_token", "tasks"])
    granted = [row["permission"] for row in me.get_permissions() if row["status"] == "granted"]

    assert (listed["id"], listed["tasks"][-1]) == (owned["external_id"], "MANAGE")
    assert {"pages_manage_posts", "pages_read_engagement"} <= set(granted)
    as_page = Page(listed["id"], api=speaking_as(listed["access_token"]))
    assert as_page.create_feed(params={"message": "Qua danh sách"})["id"].startswith(
        owned["external_id"]
    )


def test_a_post_is_made_unseen_shown_reworded_and_deleted(simulator, there, owned):
    made = there.create_feed(
        params={"message": "Ngày hội", "published": False, "link": "https://congan.example/"}
    )
    post = PagePost(made["id"], api=there._api)
    before = post.api_get(fields=["is_published"])["is_published"]
    unseen = simulator.visible("facebook", owned["external_id"])

    post.api_update(params={"is_published": True})
    post.api_update(params={"message": "Ngày hội toàn dân"})
    fields = [
        "message",
        "permalink_url",
        "created_time",
        "is_published",
        "application",
        "attachments",
    ]
    after = post.api_get(fields=fields)
    (seen,) = simulator.visible("facebook", owned["external_id"])
    post.api_delete()

    assert (before, unseen) == (False, [])
    assert (after["message"], after["permalink_url"]) == ("Ngày hội toàn dân", seen["permalink"])
    assert after["application"]["id"] == APP[0]
    assert after["attachments"]["data"][0]["media_type"] == "link"
    assert simulator.visible() == []
    with pytest.raises(FacebookRequestError) as caught:
        post.api_get(fields=["message"])
    assert (caught.value.api_error_code(), caught.value.api_error_subcode()) == (100, 33)


def test_photos_are_sent_first_and_shown_by_their_post(simulator, there, owned):
    url = f"{there._api._session.GRAPH}/v26.0/{there['id']}/photos"
    ids = []
    for number in (1, 2):
        files = {"source": ("a.png", images.make_plain_png(number), "image/png")}
        data = there._api.call(
            "POST", url, params={"published": False, "alt_text_custom": "Sơ đồ"}, files=files
        )
        ids.append(data.json()["id"])
    linked = [{"media_fbid": number} for number in ids]

    made = there.create_feed(
        fields=["permalink_url"], params={"message": "Hai ảnh", "attached_media": linked}
    )

    (seen,) = simulator.visible("facebook", owned["external_id"])
    assert (len(seen["media"]), made["permalink_url"]) == (2, seen["permalink"])
    read = Photo(ids[0], api=there._api).api_get(fields=["alt_text", "page_story_id", "images"])
    assert (read["alt_text"], read["page_story_id"]) == ("Sơ đồ", made["id"])
    assert (read["images"][0]["width"], read["images"][0]["height"]) == (64, 48)


def test_a_photo_is_fetched_from_an_address_and_posted_at_once(simulator, there, pictures):
    made = there.create_photo(params={"url": f"{pictures}/small.png", "caption": "Một ảnh"})

    (seen,) = simulator.visible()
    assert (made["post_id"], seen["text"]) == (seen["id"], "Một ảnh")


def test_what_is_live_is_listed_page_after_page(simulator, there):
    for number in range(5):
        simulator.post("facebook", there["id"], f"Bài {number}")

    listed = list(
        there.get_published_posts(
            fields=["message", "created_time", "application"], params={"limit": 2}
        )
    )

    assert [post["message"] for post in listed] == [f"Bài {number}" for number in (4, 3, 2, 1, 0)]


def test_insights_come_as_the_client_reads_them_and_a_dead_metric_fails(simulator, there):
    post = PagePost(there.create_feed(params={"message": "Đo"})["id"], api=there._api)
    simulator.advance(3 * 86_400)

    rows = list(post.get_insights(params={"metric": ["post_media_view", "post_clicks"]}))

    assert [row["name"] for row in rows] == ["post_media_view", "post_clicks"]
    assert {row["period"] for row in rows} == {"lifetime"}
    assert rows[0]["values"][0]["value"] > 0
    with pytest.raises(FacebookRequestError) as caught:
        post.get_insights(params={"metric": ["post_media_view", "post_impressions"]})
    assert caught.value.api_error_code() == 100


def test_comments_are_read_answered_and_hidden(simulator, there):
    post = PagePost(there.create_feed(params={"message": "Họp dân"})["id"], api=there._api)
    asked = simulator.comment(there["id"], post["id"], "Mấy giờ?")["id"]

    (comment,) = post.get_comments(
        fields=["message", "can_hide", "comment_count"], params={"filter": "stream"}
    )
    answer = Comment(asked, api=there._api).create_comment(params={"message": "8 giờ."})
    Comment(asked, api=there._api).api_update(params={"is_hidden": True})
    after = Comment(asked, api=there._api).api_get(fields=["is_hidden", "comment_count"])

    assert (comment["message"], comment["can_hide"]) == ("Mấy giờ?", True)
    assert (after["is_hidden"], after["comment_count"]) == (True, 1)
    assert Comment(answer["id"], api=there._api).api_get(fields=["parent"])["parent"]["id"] == asked


def test_a_video_is_sent_in_phases_and_shown_afterwards(simulator, there):
    data = video_file()
    started = there.create_video(params={"upload_phase": "start", "file_size": len(data)})
    sent = {
        "upload_phase": "transfer",
        "upload_session_id": started["upload_session_id"],
        "start_offset": 0,
    }
    url = f"{there._api._session.GRAPH}/v26.0/{there['id']}/videos"
    body = there._api.call(
        "POST", url, params=sent, files={"video_file_chunk": ("a.mp4", data, "video/mp4")}
    ).json()
    finish = {
        "upload_phase": "finish",
        "upload_session_id": started["upload_session_id"],
        "published": False,
    }
    there.create_video(params={**finish, "description": "Phim", "is_ai_generated": True})
    video = AdVideo(started["video_id"], api=there._api)
    simulator.advance(2)
    before = dict(video.api_get(fields=["status", "published"]))

    video.api_update(params={"published": True})
    after = video.api_get(fields=["published", "permalink_url", "description", "post_id"])

    (seen,) = simulator.visible()
    assert body["start_offset"] == body["end_offset"] == str(len(data))
    assert (before["status"]["video_status"], before["published"]) == ("ready", False)
    assert (after["published"], after["permalink_url"], after["description"]) == (
        True,
        seen["permalink"],
        "Phim",
    )
    assert (f"{there['id']}_{after['post_id']}", seen["ai"]) == (seen["id"], True)
    video.api_delete()
    assert simulator.visible() == []


@pytest.mark.parametrize("edge", ["reel", "story"])
def test_a_reel_and_a_story_go_by_the_upload_host(simulator, there, edge):
    data, make = (
        video_file(),
        {"reel": there.create_video_reel, "story": there.create_video_story}[edge],
    )
    started = make(params={"upload_phase": "START"})
    headers = {
        "Authorization": f"OAuth {there._api._session.access_token}",
        "offset": "0",
        "file_size": str(len(data)),
    }
    headers["Content-Type"] = "application/octet-stream"
    sent = requests.post(started["upload_url"], data=data, headers=headers, timeout=30).json()

    make(
        params={
            "upload_phase": "FINISH",
            "video_id": started["video_id"],
            "video_state": "PUBLISHED",
        }
    )
    simulator.advance(2)
    status = AdVideo(started["video_id"], api=there._api).api_get(fields=["status"])["status"]

    (seen,) = simulator.visible()
    listed = (
        there.get_video_reels(fields=["id"])
        if edge == "reel"
        else there.get_stories(fields=["media_id"])
    )
    assert sent == {"success": True}
    assert status["publishing_phase"]["publish_status"] == "published"
    assert [row["id" if edge == "reel" else "media_id"] for row in listed] == [started["video_id"]]
    assert seen["surface"] == edge


def test_a_photo_story_is_made_of_a_photo_that_nobody_saw(simulator, there, pictures):
    photo = there.create_photo(params={"url": f"{pictures}/small.png", "published": False})["id"]

    result = there.create_photo_story(params={"photo_id": photo})

    (seen,) = simulator.visible()
    assert (seen["id"], seen["surface"]) == (f"{there['id']}_{result['post_id']}", "story")


def test_limits_and_dead_tokens_are_the_client_s_own_errors(simulator, there, owned):
    simulator.fault("facebook", "rate_limit", page=owned["external_id"], retry_after=600)
    with pytest.raises(FacebookRequestError) as limited:
        there.create_feed(params={"message": "x"})
    simulator.kill_tokens("facebook", page=owned["external_id"], subcode=460)
    with pytest.raises(FacebookRequestError) as dead:
        there.create_feed(params={"message": "x"})

    assert limited.value.api_error_code() == 80001
    assert "X-Business-Use-Case-Usage" in limited.value.http_headers()
    assert (dead.value.api_error_code(), dead.value.api_error_subcode()) == (190, 460)
    assert dead.value.api_error_type() == "OAuthException"
    assert simulator.truth() == []
