"""Find what a draft lacks before it can be submitted, and what its author should know."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.permissions import Role
from core.errors import Refused
from posts.editor import saving
from posts.findings import find_findings
from posts.review import decisions
from tests import factories
from tests.factories import ChannelFactory, PostFactory, UnitFactory, person

pytestmark = pytest.mark.django_db


@pytest.fixture
def unit():
    return UnitFactory()


@pytest.fixture
def officer(unit):
    return person(Role.OFFICER, unit)


@pytest.fixture
def post(unit, officer):
    return PostFactory(unit=unit, author=officer)


def save(post, by, *, version=None, **written):
    version = post.version if version is None else version
    return saving.save(post, factories.edit_of(post, **written), by=by, version=version)


def rules(post) -> list[str]:
    return [f.rule for f in find_findings(post)]


def test_a_complete_draft_has_no_finding(post):
    assert rules(post) == []


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"body": "<p></p>"}, "body_missing"),
        ({"topic": None}, "topic_missing"),
        ({"valid_until": timezone.now() - timedelta(minutes=1)}, "no_longer_valid"),
        (
            {
                "valid_until": timezone.now() + timedelta(days=1),
                "requested_time": timezone.now() + timedelta(days=2),
            },
            "wanted_too_late",
        ),
    ],
)
def test_what_is_missing_blocks_the_submission(post, officer, fields, rule):
    post = save(post, officer, **fields)

    assert rules(post) == [rule]
    with pytest.raises(Refused) as caught:
        decisions.submit(post, by=officer)
    assert str(caught.value) == find_findings(post)[0].message
    assert not post.revisions.exists()


def test_a_post_for_no_channel_is_blocked(post, officer):
    assert rules(save(post, officer, texts={})) == ["channel_missing"]


def test_a_picture_without_a_description_is_blocked(unit, post, officer):
    post = save(
        post, officer, pictures=[(factories.media(unit), "Ảnh"), (factories.media(unit), " ")]
    )
    assert [(f.rule, f.message) for f in find_findings(post)] == [
        ("alt_missing", "Picture 2 has no description for blind readers.")
    ]


def test_a_text_is_counted_as_the_platform_shows_it(unit, post, officer):
    zalo = ChannelFactory(unit=unit, platform="zalo")
    picture = (factories.media(unit), "Ảnh")
    post = save(post, officer, texts={zalo: ""}, pictures=[picture], body=f"<p>{'ă' * 10_001}</p>")
    assert rules(post) == ["text_long"]

    signature = len(f"\n\n{unit.name}")
    post = save(
        post,
        officer,
        texts={zalo: ""},
        pictures=[picture],
        body=f"<p>{'a\u0306' * (10_000 - signature)}</p>",
    )
    assert rules(post) == []


def test_telegram_takes_less_text_beside_a_picture(unit, post, officer):
    telegram = ChannelFactory(unit=unit, platform="telegram")
    post = save(post, officer, texts={telegram: "ă" * 2000})
    assert rules(post) == []

    post = save(
        post, officer, texts={telegram: "ă" * 2000}, pictures=[(factories.media(unit), "Ảnh")]
    )
    assert [(f.rule, f.where) for f in find_findings(post)] == [
        ("text_long", str(telegram.public_id))
    ]


def test_a_zalo_article_needs_a_picture_and_a_short_title(unit, post, officer):
    zalo = ChannelFactory(unit=unit, platform="zalo")
    post = save(post, officer, texts={zalo: ""}, title="ă" * 151)
    assert rules(post) == ["title_long", "media_missing"]


def found(post) -> list[tuple[str, str, str]]:
    return [(f.rule, f.severity.value, f.where) for f in find_findings(post)]


@pytest.mark.parametrize(("platform", "form"), [("instagram", ""), ("tiktok", "photo")])
def test_hashtags_after_the_fifth_are_said_to_be_of_no_use(unit, post, officer, platform, form):
    channel = ChannelFactory(unit=unit, platform=platform)
    picture, five = (factories.media(unit), "Ảnh"), " ".join(f"#antoan{n}" for n in range(5))
    rule = ("hashtags_of_no_use", "warn", str(channel.public_id))

    with_five = save(
        post, officer, texts={channel: five}, formats={channel: form}, pictures=[picture]
    )
    before = rule in found(with_five)
    with_six = save(
        with_five,
        officer,
        texts={channel: f"{five} #them"},
        formats={channel: form},
        pictures=[picture],
    )

    assert (before, rule in found(with_six)) == (False, True)
    (message,) = (f.message for f in find_findings(with_six) if f.rule == rule[0])
    assert message.endswith(
        f"{channel.name} makes use of the first 5 hashtags alone. Keep the best of them."
    )


def test_a_fourth_mention_on_instagram_is_said_to_be_at_risk(unit, post, officer):
    channel, picture = (
        ChannelFactory(unit=unit, platform="instagram"),
        (factories.media(unit), "Ảnh"),
    )

    post = save(post, officer, texts={channel: "@mot @hai @ba"}, pictures=[picture])
    before = [f.rule for f in find_findings(post)]
    post = save(post, officer, texts={channel: "@mot @hai @ba @bon"}, pictures=[picture])

    assert (before, [f.rule for f in find_findings(post)]) == ([], ["mentions_of_no_use"])


def test_an_option_that_must_be_chosen_is_asked_for_beside_its_field(unit, post, officer):
    tiktok = ChannelFactory(unit=unit, platform="tiktok")
    video = (factories.video(unit), "")
    post = save(post, officer, texts={tiktok: ""}, pictures=[video])
    assert found(post) == [("choose_privacy", "block", f"{tiktok.public_id}-privacy")]
    assert (
        find_findings(post)[0].message == f"Choose for TikTok {tiktok.name}: Who can see the post."
    )

    post = save(
        post,
        officer,
        texts={tiktok: ""},
        pictures=[video],
        options={tiktok: {"privacy": "SELF_ONLY"}},
    )
    assert found(post) == []


def test_what_is_wrong_with_one_video_is_said_beside_it(unit, post, officer):
    youtube, instagram = (
        ChannelFactory(unit=unit, platform=platform) for platform in ("youtube", "instagram")
    )
    video = factories.video(unit, seconds=2000)
    post = save(
        post, officer, texts={youtube: "", instagram: ""}, pictures=[(video, "")], title="Ngắn"
    )
    assert [f for f in found(post) if f[0] == "video_long"] == [
        ("video_long", "block", f"media-{video.public_id}")
    ]


def test_a_video_too_short_for_tiktok_is_found_before_it_is_sent(unit, post, officer):
    tiktok = ChannelFactory(unit=unit, platform="tiktok")
    video = factories.video(unit, seconds=2.9)
    post = save(
        post,
        officer,
        texts={tiktok: ""},
        pictures=[(video, "")],
        options={tiktok: {"privacy": "SELF_ONLY"}},
    )

    assert found(post) == [("video_short", "block", f"media-{video.public_id}")]
    assert "at least 3 seconds" in find_findings(post)[0].message


def test_a_long_text_that_a_channel_shows_otherwise_is_a_warning(unit, post, officer):
    threads = ChannelFactory(unit=unit, platform="threads")
    post = save(post, officer, texts={threads: ""}, body=f"<p>{'chữ ' * 200}</p>")

    assert found(post) == [("long_text", "warn", str(threads.public_id))]


def test_what_is_shown_otherwise_than_one_may_think_is_a_warning_and_blocks_nothing(
    unit, post, officer
):
    channels = {name: ChannelFactory(unit=unit, platform=name) for name in ("instagram", "tiktok")}
    video, strip = factories.video(unit, seconds=5), factories.media(unit)
    type(strip).objects.filter(pk=strip.pk).update(width=900, height=300)
    post = save(
        post,
        officer,
        texts=dict.fromkeys(channels.values(), ""),
        pictures=[(video, ""), (strip, "Dải")],
        options={channels["tiktok"]: {"privacy": "PUBLIC_TO_EVERYONE"}},
        link="https://dichvucong.gov.vn/",
    )
    instagram, tiktok = (str(channels[name].public_id) for name in ("instagram", "tiktok"))
    assert found(post) == [
        ("media_left_out", "warn", tiktok),
        ("link_left_out", "warn", tiktok),
        ("margins", "warn", instagram),
        ("link_left_out", "warn", instagram),
    ]
    said = {f.rule: f.message for f in find_findings(post)}
    assert said["margins"].startswith("Picture 2 is too long or too wide for Instagram")
    assert said["media_left_out"].endswith("shows this post as “Video”, without 1 picture.")
    assert decisions.submit(post, by=officer).number == 1


def test_more_pictures_than_a_platform_takes_are_blocked(unit, post, officer):
    pictures = [(factories.media(unit), "Ảnh") for _ in range(11)]
    assert rules(save(post, officer, pictures=pictures)) == ["too_many_images"]
