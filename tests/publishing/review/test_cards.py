"""The previews of a review: channels that show the same are one card."""

import pytest
from django.urls import reverse

from posts.canonical import content
from publishing.review.cards import preview_cards
from tests import factories

pytestmark = pytest.mark.django_db


def post_on(unit, *platforms, **fields):
    channels = [factories.ChannelFactory(unit=unit, platform=platform) for platform in platforms]
    return factories.submitted(
        unit=unit, channels=channels, media=[factories.media(unit)], **fields
    )


def names(post):
    return [card.names for card in preview_cards(content.compose(post))]


def test_channels_with_the_same_text_and_pictures_are_one_card(unit):
    post = post_on(unit, "threads", "zalo", "facebook", "instagram")

    # An article's text stands below its title, which the others repeat in the text.
    assert names(post) == [["Facebook", "Instagram", "Threads"], ["Zalo OA"]]


def test_a_text_of_its_own_makes_a_card_of_its_own(unit):
    post = post_on(unit, "facebook", "threads")
    post.targets.filter(channel__platform="threads").update(text="Ngắn gọn: gọi 113.")

    assert names(post) == [["Facebook"], ["Threads"]]


def test_a_text_that_one_channel_attaches_is_seen_there_by_itself(unit):
    pages = [
        factories.ChannelFactory(unit=unit, platform=platform)
        for platform in ("facebook", "threads")
    ]
    post = factories.submitted(unit=unit, channels=pages, body=f"<p>{'chữ ' * 300}</p>")

    assert names(post) == [["Facebook"], ["Threads"]]


def test_two_pages_on_one_platform_are_told_apart_by_name(unit):
    post = post_on(unit, "facebook", "facebook")
    for target, name in zip(post.targets.all(), ("Trang A", "Trang B"), strict=True):
        target.channel.name = name
        target.channel.save()

    assert [sorted(card_names) for card_names in names(post)] == [
        ["Facebook Trang A", "Facebook Trang B"]
    ]


def test_every_channel_of_a_card_can_be_seen_with_its_own_options(client, unit, approver):
    post = post_on(unit, "facebook", "instagram", "threads")

    html = client.get(reverse("publishing:review", args=[post.public_id])).content.decode()

    for platform in ("facebook", "instagram", "threads"):
        assert html.count(f'class="preview preview-{platform}') == 1
    assert html.count('class="same-content"') == 2
