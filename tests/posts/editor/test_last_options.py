"""A new post begins with what was decided of a channel's options for the unit's last one."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from platforms.registry import CONNECTORS
from posts.models import Post, PostChannel
from posts.origins import services as origins
from tests import factories

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

    assert options(origins.start(unit=unit, by=officer)) == {
        "zalo": {},
        "tiktok": {},
        "youtube": {"category": "29", "notify": False},
    }


def test_what_has_to_be_chosen_for_each_post_is_not_remembered(unit, officer, channels):
    tiktok = {"privacy": "PUBLIC_TO_EVERYONE", "comments": True, "own_brand": True}
    submitted(unit, officer, channels, ago=1, tiktok=tiktok, youtube={"made_for_kids": True})

    found = options(origins.start(unit=unit, by=officer))

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
