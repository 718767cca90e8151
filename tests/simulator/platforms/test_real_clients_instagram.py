"""The stand-in of Instagram, as the linked page sees it, before Meta's own client."""

import pytest
from facebook_business.adobjects.igcomment import IGComment
from facebook_business.adobjects.igmedia import IGMedia
from facebook_business.adobjects.iguser import IGUser
from facebook_business.adobjects.page import Page
from facebook_business.api import FacebookAdsApi
from facebook_business.exceptions import FacebookRequestError
from facebook_business.session import FacebookSession

from simulator import images

from .test_instagram import Linked, jpeg

# The client's own lists of fields and types lag behind the platform's, which it says and then asks
# all the same.
pytestmark = pytest.mark.filterwarnings(
    "ignore:.*(does not allow field|might not be compatible):UserWarning"
)
APP = ("100000000000001", "simulator-facebook-secret")


@pytest.fixture
def linked(simulator):
    return Linked(simulator)


@pytest.fixture
def api(simulator, linked, monkeypatch):
    monkeypatch.setattr(FacebookSession, "GRAPH", f"{simulator.url}/facebook/graph")
    return FacebookAdsApi(FacebookSession(*APP, linked.token), api_version="v26.0")


@pytest.fixture
def user(linked, api):
    return IGUser(linked.id, api=api)


def publish(user, **params):
    container = user.create_media(params=params)["id"]
    return IGMedia(
        user.create_media_publish(params={"creation_id": container})["id"], api=user._api
    )


def test_the_page_leads_to_its_account(linked, api, user):
    page = Page(linked.facebook_page, api=api).api_get(fields=["instagram_business_account"])
    data = user.api_get(fields=["username", "followers_count"])

    assert page["instagram_business_account"]["id"] == linked.id
    assert (data["username"], data["followers_count"]) == (linked.page["username"], 4000)


def test_a_picture_is_published_read_listed_and_deleted(simulator, linked, user):
    media = publish(user, image_url=linked.hosted(jpeg()), caption="Ngày hội", alt_text="Sân khấu")

    data = media.api_get(
        fields=[
            "caption",
            "media_type",
            "media_product_type",
            "permalink",
            "timestamp",
            "like_count",
        ]
    )
    listed = [row["id"] for row in user.get_media(fields=["id"])]
    media.api_delete()

    assert (data["caption"], data["media_type"], data["media_product_type"]) == (
        "Ngày hội",
        "IMAGE",
        "FEED",
    )
    assert listed == [media["id"]]
    assert simulator.visible("instagram") == []


def test_a_carousel_of_a_picture_and_a_video(simulator, linked, user):
    simulator.settings(instagram_container_seconds=0)
    items = [
        user.create_media(params={"image_url": linked.hosted(jpeg()), "is_carousel_item": True})[
            "id"
        ],
        user.create_media(
            params={
                "video_url": linked.hosted(images.make_plain_mp4(1)),
                "media_type": "VIDEO",
                "is_carousel_item": True,
            }
        )["id"],
    ]

    media = publish(user, media_type="CAROUSEL", children=items, caption="Hai")

    data = media.api_get(fields=["media_type", "children"])
    assert data["media_type"] == "CAROUSEL_ALBUM"
    assert len(data["children"]["data"]) == 2


def test_a_story_stands_among_stories(linked, user):
    media = publish(user, image_url=linked.hosted(jpeg()), media_type="STORIES")

    assert [row["id"] for row in user.get_stories(fields=["id"])] == [media["id"]]
    assert list(user.get_media(fields=["id"])) == []


def test_quota_and_figures_are_read(simulator, linked, user):
    media = publish(user, image_url=linked.hosted(jpeg()))
    simulator.advance(86_400)

    (quota,) = user.get_content_publishing_limit(fields=["quota_usage", "config"])
    counted = {
        row["name"]: row["values"][0]["value"]
        for row in media.get_insights(params={"metric": ["views", "saved"]})
    }

    assert quota["config"]["quota_total"] == 50
    assert set(counted) == {"views", "saved"}
    assert counted["views"] > 0


def test_comments_are_answered_and_hidden(simulator, linked, user):
    media = publish(user, image_url=linked.hosted(jpeg()))
    simulator.comment(linked.id, media["id"], "Mấy giờ?", platform="instagram")

    (row,) = media.get_comments(fields=["id", "text", "hidden"])
    comment = IGComment(row["id"], api=user._api)
    comment.create_reply(params={"message": "8 giờ sáng."})
    comment.api_update(params={"hide": True})

    assert row["text"] == "Mấy giờ?"
    assert comment.api_get(fields=["hidden"])["hidden"] is True


@pytest.mark.parametrize(
    ("content", "code"), [(images.make_plain_png(1), (36001, 2207005)), (b"none", (36001, 2207005))]
)
def test_errors_come_with_their_codes(linked, user, content, code):
    with pytest.raises(FacebookRequestError) as caught:
        user.create_media(params={"image_url": linked.hosted(content)})

    assert (caught.value.api_error_code(), caught.value.api_error_subcode()) == code
