"""A new post begins with the format and the options that the unit's last one had on a channel."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from platforms.registry import CONNECTORS
from posts.canonical import content
from posts.models import Post, PostChannel, PostMedia
from posts.origins import starting
from tests import factories
from tests.posts.editor.composer import address, typed

pytestmark = pytest.mark.django_db


@pytest.fixture
def channels(unit):
    names = ("zalo", "tiktok", "youtube")
    return {name: factories.ChannelFactory(unit=unit, platform=name) for name in names}


def submitted(unit, officer, channels, *, ago: int, **options):
    post = factories.PostFactory(unit=unit, author=officer, channels=channels.values())
    for name, decided in options.items():
        PostChannel.objects.filter(post=post, channel=channels[name]).update(options=decided)
    at = timezone.now() - timedelta(hours=ago)
    Post.objects.filter(pk=post.pk).update(submitted_at=at)
    return post


def options(post) -> dict[str, dict]:
    return dict(post.targets.values_list("channel__platform", "options"))


def test_the_last_submitted_post_decides(unit, officer, channels):
    submitted(unit, officer, channels, ago=2, youtube={"category": "27"})
    submitted(unit, officer, channels, ago=1, youtube={"category": "29", "notify": False})
    factories.PostFactory(unit=unit, author=officer, channels=channels.values())
    other = factories.UnitFactory()
    theirs = {"zalo": factories.ChannelFactory(unit=other, platform="zalo")}
    submitted(other, officer, theirs, ago=0, zalo={"comments": False})

    assert options(starting.start_draft(unit=unit, by=officer)) == {
        "zalo": {},
        "tiktok": {},
        "youtube": {"category": "29", "notify": False},
    }


def test_what_has_to_be_chosen_for_each_post_is_not_remembered(unit, officer, channels):
    tiktok = {"privacy": "PUBLIC_TO_EVERYONE", "comments": True, "own_brand": True}
    submitted(unit, officer, channels, ago=1, tiktok=tiktok, youtube={"made_for_kids": True})

    found = options(starting.start_draft(unit=unit, by=officer))

    assert (found["tiktok"], found["youtube"]) == ({}, {})
    forms = CONNECTORS["tiktok"].facts.formats
    assert {option.remembered for form in forms for option in form.options} == {False}


def test_the_page_of_a_new_post_says_so(client, unit, officer, channels):
    submitted(unit, officer, channels, ago=1, youtube={"category": "27"})
    client.force_login(officer)

    page = client.get(reverse("posts:new"))

    parts = {part.channel.platform: part for part in page.context["parts"]}
    assert [name for name, part in parts.items() if part.as_before] == ["youtube"]
    assert page.content.decode().count("as in the last post") == 1
    chosen = {one.option.name: one.field.value() for one in parts["youtube"].options}
    assert chosen["category"] == "27"


@pytest.fixture
def facebook(unit):
    return factories.ChannelFactory(unit=unit, platform="facebook")


def begun(unit, officer, facebook, chosen: str) -> Post:
    """Start a post after one for which somebody chose a format."""
    last = submitted(unit, officer, {"facebook": facebook}, ago=1)
    PostChannel.objects.filter(post=last).update(format=chosen)
    return starting.start_draft(unit=unit, by=officer)


def format_of(post, *media) -> str:
    post.pictures.all().delete()
    for place, medium in enumerate(media):
        PostMedia.objects.create(post=post, media=medium, position=place)
    return content.compose(post)["channels"][0].get("format", "post")


def test_the_last_format_is_taken_where_it_fits(unit, officer, facebook):
    upright = factories.video(unit, width=540, height=960, seconds=30)
    by_itself = starting.start_draft(unit=unit, by=officer)
    assert format_of(by_itself, upright) == "reel"

    post = begun(unit, officer, facebook, "video")

    assert format_of(post, upright) == "video"
    assert format_of(post) == "post"
    assert format_of(post, factories.media(unit)) == "post"
    # What was begun so is remembered in its turn.
    Post.objects.filter(pk=post.pk).update(submitted_at=timezone.now())
    assert format_of(starting.start_draft(unit=unit, by=officer), upright) == "video"
    assert format_of(starting.duplicate(post, by=officer), upright) == "video"


@pytest.mark.parametrize("chosen", ["video_story", "of_old"])
def test_a_story_and_a_format_that_is_gone_are_not_remembered(unit, officer, facebook, chosen):
    target = begun(unit, officer, facebook, chosen).targets.get()

    assert (target.format, target.format_as_before) == ("", False)


def test_the_page_offers_the_last_format_and_gives_it_up(client, unit, officer, facebook):
    post = begun(unit, officer, facebook, "video")
    client.force_login(officer)
    page = client.get(address("edit", post)).content.decode()
    assert "As in the last post: Video" in page
    assert "as in the last post" in page
    name = f"format-{facebook.public_id}"

    def stored(**fields) -> tuple[str, bool]:
        post.refresh_from_db()
        answer = client.post(address("autosave", post), typed(post, **fields))
        assert answer.status_code == 200
        target = post.targets.get()
        return target.format, target.format_as_before

    assert stored(**{name: "as_before", "title": "Một"}) == ("video", True)
    assert stored(**{name: "reel"}) == ("reel", False)
    assert stored(**{name: "as_before"}) == ("video", True)
    assert stored(**{name: ""}) == ("", False)
    assert stored(**{name: "as_before"}) == ("video", True)


def test_where_nothing_was_chosen_no_last_format_is_offered(client, unit, officer, facebook):
    post = begun(unit, officer, facebook, "")
    client.force_login(officer)
    assert "in the last post" not in client.get(address("edit", post)).content.decode()
    name = f"format-{facebook.public_id}"
    answer = client.post(address("autosave", post), typed(post, **{name: "as_before"}))
    assert answer.status_code == 422
