"""A post as residents will see it on each platform."""

import pytest
from django.template.loader import render_to_string
from pytest_django.asserts import assertInHTML

from platforms.facts import Fold
from posts.canonical import content
from posts.templatetags.previews import clock, fold_text
from tests import factories
from tests.factories import ChannelFactory, PostFactory, UnitFactory
from tests.pages import one_line

FOLD = Fold(characters=477, lines=5)


def test_a_short_text_is_not_folded():
    assert fold_text("Ngắn gọn", FOLD) == ("Ngắn gọn", "")


def test_a_long_text_folds_at_the_end_of_a_word():
    head, rest = fold_text("cảnh giác " * 100, FOLD)
    assert len(head) <= 477
    assert head.endswith(("giác", "cảnh"))
    assert head + rest == "cảnh giác " * 100


def test_many_short_lines_fold_after_the_fifth():
    assert fold_text("1\n2\n3\n4\n5\n6\n7", FOLD) == ("1\n2\n3\n4\n5", "6\n7")


@pytest.fixture
def shown(db):
    """Render the post on one platform."""

    def show(
        platform: str, *, pictures=0, video=None, format="", options=None, **fields: object
    ) -> str:
        unit = UnitFactory()
        clips = [factories.video(unit, **(video or {"seconds": 30}))] if video is not None else []
        post = PostFactory(
            unit=unit,
            channels=[ChannelFactory(unit=unit, platform=platform)],
            media=[*clips, *(factories.media(unit) for _ in range(pictures))],
            **fields,
        )
        post.targets.update(format=format, options=options or {})
        composed = content.compose(post)
        context = {"target": composed["channels"][0], "content": composed}
        return one_line(render_to_string("posts/_channel_preview.html", context))

    return show


def test_facebook_shows_a_link_card_only_without_pictures(shown):
    link = "https://dichvucong.gov.vn/a"
    assert "preview-link" in shown("facebook", link=link)
    assert "preview-link" not in shown("facebook", link=link, pictures=1)


@pytest.mark.parametrize("platform", ["facebook", "zalo", "telegram"])
def test_every_picture_is_shown_with_its_description(shown, platform):
    page = shown(platform, pictures=3)
    assert page.count("<img ") == 3
    assert page.count('alt="Ảnh minh họa"') == 3


def test_zalo_shows_title_cover_and_formatting(shown):
    page = shown("zalo", title="Tiêu đề", body="<p><strong>Đậm</strong></p>")
    assert '<p class="preview-title">Tiêu đề</p>' in page
    assert "<strong>Đậm</strong>" in page
    assert "The first picture becomes the cover" in page


@pytest.mark.parametrize("platform", ["facebook", "zalo", "telegram"])
def test_nothing_that_was_typed_becomes_markup(shown, platform):
    # Past the composer's cleaning, as if somebody had written straight into the table.
    page = shown(
        platform, title="<script>1</script>", body='<p onclick="x()">a<script>alert(1)</script></p>'
    )
    assert "<script" not in page
    assert "onclick" not in page


WIDE = {"width": 640, "height": 360, "seconds": 30}


@pytest.mark.parametrize(
    ("platform", "format", "video", "look"),
    [
        ("facebook", "", {"width": 640, "height": 360, "seconds": 30}, "timeline"),
        ("facebook", "reel", {"seconds": 30}, "upright"),
        ("facebook", "video_story", {"seconds": 30}, "upright"),
        ("tiktok", "", WIDE, "upright"),
        ("youtube", "", WIDE, "watch"),
        ("youtube", "", {"seconds": 170}, "upright"),
        ("youtube", "", {"seconds": 200}, "watch"),
        ("instagram", "", WIDE, "carousel"),
        ("instagram", "reel", {"seconds": 30}, "upright"),
        ("threads", "", {"seconds": 30}, "timeline"),
        ("zalo", "video_article", {"seconds": 30}, "article"),
        ("telegram", "", {"seconds": 30}, "message"),
    ],
)
def test_a_video_is_shown_as_its_format_is_and_plays_in_place(shown, platform, format, video, look):
    page = shown(platform, format=format, video=video)
    assert f"look-{look}" in page
    assert page.count("<video ") == 1
    assert 'preload="none"' in page
    assert "?size=thumb" in page.split("<video ")[1].split(">")[0]


def test_only_what_the_format_shows_is_in_its_preview(shown):
    assert shown("tiktok", video={}, pictures=2).count("<img ") == 0
    photos = shown("tiktok", video={}, pictures=2, format="photo")
    assert (photos.count("<img "), photos.count("<video ")) == (2, 0)


def test_instagram_is_leafed_through_with_the_keyboard_too(shown):
    page = shown("instagram", video={}, pictures=2)
    assert 'class="carousel" tabindex="0"' in page
    assert page.split('class="dots"')[1].split("</p>")[0].count("<span>") == 3


def test_a_story_says_that_it_shows_no_text(shown):
    page = shown("facebook", video={}, format="video_story", body="<p>Chữ không hiện.</p>")
    assert "No text is shown here" in page
    assert "Chữ không hiện" not in page


def test_format_and_options_stand_below_in_words(shown):
    page = shown("tiktok", video={}, options={"privacy": "SELF_ONLY"})
    assert "TikTok · Video" in page
    assertInHTML("<div><dt>Who can see the post</dt><dd>Only the page itself</dd></div>", page)
    assertInHTML("<div><dt>Allow comments</dt><dd>no</dd></div>", page)


@pytest.mark.parametrize(("platform", "own_label"), [("tiktok", True), ("telegram", False)])
def test_what_ai_made_is_said_by_the_platform_or_in_the_text(shown, platform, own_label):
    page = shown(platform, video={}, ai_made=True)
    assert ("labelled as made by AI" in page) == own_label
    assert (content.AI_LINE in page) != own_label


def test_a_content_from_before_formats_and_videos_is_shown_as_it_was(shown):
    unit = UnitFactory()
    post = PostFactory(
        unit=unit, channels=[ChannelFactory(unit=unit)], media=[factories.media(unit)]
    )
    composed = content.compose(post)
    (target,) = composed["channels"]
    old = {
        name: target[name] for name in ("channel", "platform", "name", "own_text", "text", "html")
    }
    context = {"target": old, "content": {**composed, "channels": [old]}}
    page = one_line(render_to_string("posts/_channel_preview.html", context))
    assert page.count("<img ") == 1
    assert "Facebook · Post" in page


def test_captions_can_be_read_by_who_approves_them(shown, db):
    unit = UnitFactory()
    post = PostFactory(
        unit=unit, channels=[ChannelFactory(unit=unit)], media=[factories.video(unit)]
    )
    post.pictures.update(captions="WEBVTT\n\n00:00:01.000 --> 00:00:02.000\nChào <b>bà con</b>\n")
    composed = content.compose(post)
    page = render_to_string(
        "posts/_channel_preview.html", {"target": composed["channels"][0], "content": composed}
    )
    assertInHTML(
        "<details><summary>Captions of the video</summary><p>Chào bà con</p></details>", page
    )


@pytest.mark.parametrize(
    ("seconds", "expected"), [(0, "0:00"), (59.4, "0:59"), (83, "1:23"), (3725, "1:02:05")]
)
def test_lengths_are_reported_as_players_do(seconds, expected):
    assert clock(seconds) == expected


def test_a_zalo_article_shows_the_beginning_of_its_text_once_more_below_the_title(shown):
    page = shown("zalo", pictures=1, body=f"<p>Mở đầu. {'chữ ' * 200}</p>")
    lead = page.split('class="preview-lead">')[1].split("</p>")[0]
    assert lead.startswith("Mở đầu. chữ")
    assert 240 < len(lead) <= 250
    assert lead.endswith("…")
    assert "preview-lead" not in shown("facebook", pictures=1)


def test_a_long_text_at_threads_is_shown_whole_below_its_beginning(shown):
    body = f"<p>Mở đầu. {'chữ ' * 200}Hết.</p>"
    page = shown("threads", body=body, link="https://congan.example/a")
    lead, attached = page.split("preview-attachment")

    assert "Threads · Attached text" in page
    assert (lead.count("chữ") < 100, "…" in lead, "Hết." in lead) == (True, True, False)
    assert (attached.count("chữ"), "Hết." in attached, "preview-link" in attached) == (
        200,
        True,
        True,
    )
    assert "preview-attachment" not in shown("threads", body=body, pictures=1)


def test_a_preview_names_what_the_channel_leaves_out(shown):
    link = "https://congan.example/a"
    assert "Left out here: 2 pictures" in shown("youtube", video={"seconds": 30}, pictures=2)
    assert "Left out here: the link" in shown("instagram", pictures=1, link=link)
    story = shown("instagram", pictures=1, format="story")
    assert "Left out here: the text" in story
    assert "Left out here" not in shown("facebook", pictures=3, link=link)


def test_a_preview_says_that_its_text_is_its_own(db):
    unit = UnitFactory()
    channels = [
        ChannelFactory(unit=unit, platform=platform) for platform in ("facebook", "threads")
    ]
    post = PostFactory(unit=unit, channels=channels)
    post.targets.filter(channel=channels[0]).update(text="Riêng cho Facebook.")
    composed = content.compose(post)
    told = {
        target["platform"]: "Differs from the common text"
        in render_to_string("posts/_channel_preview.html", {"target": target, "content": composed})
        for target in composed["channels"]
    }
    assert told == {"facebook": True, "threads": False}


def test_an_upright_video_shows_what_the_app_covers(shown):
    upright = {"seconds": 30, "width": 720, "height": 1280}
    page = shown("tiktok", video=upright)
    assert 'class="covered"' in page
    assert 'class="covered covered-story"' in shown("instagram", video=upright, format="story")
    assert 'class="covered' not in shown("facebook", video={"seconds": 30})
