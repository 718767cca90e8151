"""The canonical form: what is cleaned, shown, signed and hashed."""

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from campaigns.models import Topic
from channels.queries import facts_of
from posts.canonical import content
from posts.canonical import html as canonical_html
from posts.canonical.html import to_paragraphs
from posts.models import Post, PostChannel, PostMedia
from posts.templatetags.previews import marked
from tests import factories

_TAGS = (
    "p",
    "br",
    "ul",
    "ol",
    "li",
    "strong",
    "h2",
    "table",
    "svg",
    "math",
    "style",
    "script",
    "textarea",
    "template",
)
SCRAPS = st.sampled_from(
    [
        *(f"<{tag}>" for tag in _TAGS),
        *(f"</{tag}>" for tag in (*_TAGS, "a")),
        *(
            "<!--",
            "-->",
            "&lt;",
            "&#824;",
            "&#769;",
            "\u0338",
            "\u0301",
            "&nbsp;",
            "&#13;",
            "<",
            ">",
            "&",
            '"',
            "\r\n",
        ),
        *(
            "<a href='https://x.vn'>",
            "<a href='javascript:x()'>",
            "<img src=x onerror=x>",
            "<p onclick='x()'>",
        ),
    ]
)
MESSES = st.lists(st.one_of(SCRAPS, st.text(max_size=4)), max_size=25).map("".join)


@given(MESSES)
def test_what_is_clean_stays_as_it_is(mess):
    once = canonical_html.clean(mess)
    assert canonical_html.clean(once) == once


@given(MESSES)
def test_plain_text_survives_the_way_through_a_text_area(mess):
    plain = canonical_html.to_plain_text(canonical_html.clean(mess))
    assert canonical_html.to_plain_text(to_paragraphs(plain)) == plain


@pytest.mark.parametrize(
    ("dirty", "clean"),
    [
        ("<p>a<script>alert(1)</script></p>", "<p>a</p>"),
        ('<p style="color:red" onclick="x()">a</p>', "<p>a</p>"),
        ('<a href="javascript:alert(1)">a</a>', "<a>a</a>"),
        ('<a href="https://x.vn" target="_blank" rel="x">a</a>', '<a href="https://x.vn">a</a>'),
        ('<img src="https://x.vn/pixel.png">', ""),
        ("<h1>a</h1><blockquote>b</blockquote>", "ab"),
        ("Tie\u0302\u0301ng Vie\u0323\u0302t", "Tiếng Việt"),
    ],
)
def test_only_the_short_list_of_tags_passes(dirty, clean):
    assert canonical_html.clean(dirty) == clean


@pytest.mark.parametrize(
    ("body", "plain"),
    [
        ("<p>một</p><p>hai</p>", "một\n\nhai"),
        ("<p>một<br>hai</p>", "một\nhai"),
        (
            "<p>Nhớ:</p><ul><li><p>một</p></li><li><p>hai</p></li></ul><p>hết</p>",
            "Nhớ:\n\n- một\n- hai\n\nhết",
        ),
        (
            "<ol><li>một</li><li>hai<ul><li>trong</li></ul></li><li>ba</li></ol>",
            "1. một\n2. hai\n- trong\n3. ba",
        ),
        ('<p>Xem <a href="https://x.vn/a">trang này</a>.</p>', "Xem trang này (https://x.vn/a)."),
        ('<p><a href="https://x.vn">https://x.vn</a></p>', "https://x.vn"),
        ('<p>Gọi <a href="tel:113">113</a></p>', "Gọi 113"),
        ("<h2>Đầu đề</h2>\n<p>một\n  hai &amp; ba</p>", "Đầu đề\n\nmột hai & ba"),
        ("", ""),
    ],
)
def test_plain_text_keeps_its_shape(body, plain):
    assert canonical_html.to_plain_text(body) == plain


def test_the_unit_signs_where_the_text_does_not_name_it():
    assert (
        content.add_unit_name("Cảnh giác.", "Công an phường A") == "Cảnh giác.\n\nCông an phường A"
    )
    assert (
        content.add_unit_name("CÔNG AN PHƯỜNG A nhắc bà con.", "Công an phường A")
        == "CÔNG AN PHƯỜNG A nhắc bà con."
    )


def text_with(platform: str, **given_: str) -> dict[str, str]:
    values = {
        "title": "Tiêu đề",
        "body": "<p>Bài</p>",
        "override": "",
        "link": "",
        "unit_name": "Công an xã A",
    }
    return content.compose_text(facts_of(platform).formats[0], **{**values, **given_})


def test_a_page_shows_title_text_signature_and_link_in_one():
    shown = text_with("facebook", link="https://x.vn/a")
    assert shown == {"text": "Tiêu đề\n\nBài\n\nCông an xã A\n\nhttps://x.vn/a", "html": ""}


def test_an_own_text_replaces_title_and_text():
    assert text_with("facebook", override="Riêng")["text"] == "Riêng\n\nCông an xã A"


def test_an_article_keeps_its_formatting_and_names_link_and_unit():
    shown = text_with("zalo", body="<p><strong>Bài</strong></p>", link="https://x.vn/?a=1&b=2")
    assert shown["html"] == (
        "<p><strong>Bài</strong></p><p><a "
        'href="https://x.vn/?a=1&amp;b=2">https://x.vn/?a=1&amp;b=2</a></p>'
        "<p>Công an xã A</p>"
    )
    assert shown["text"] == "Bài\n\nCông an xã A"


def test_where_marks_are_shown_the_officers_marks_go_along():
    body = '<p>Gọi <strong>113</strong>, xem <a href="https://x.vn/a">đây</a>.</p>'
    shown = text_with("telegram", body=body, link="https://x.vn/?a=1&b=2")

    assert shown["html"] == (
        f"<p><strong>Tiêu đề</strong></p>{body}<p>Công an xã A</p><p>https://x.vn/?a=1&amp;b=2</p>"
    )
    assert shown["text"] == (
        "Tiêu đề\n\nGọi 113, xem đây (https://x.vn/a).\n\nCông an xã A\n\nhttps://x.vn/?a=1&b=2"
    )


def test_a_text_without_marks_stays_plain_and_keeps_its_hash():
    assert text_with("telegram") == {"text": "Tiêu đề\n\nBài\n\nCông an xã A", "html": ""}
    assert text_with("telegram", body="<ul><li>một</li></ul><p><a>hai</a></p>")["html"] == ""


def test_an_own_text_has_no_marks():
    assert text_with("telegram", body="<p><em>Bài</em></p>", override="a <b>")["html"] == ""


def test_a_correction_stands_before_the_marks_as_before_the_text():
    shown = text_with("telegram", body="<p><em>Bài</em></p>", first="ĐÍNH CHÍNH <1>", ai_made=True)

    assert shown["html"] == (
        f"<p><strong>ĐÍNH CHÍNH "
        f"&lt;1&gt;</strong></p><p><em>Bài</em></p><p>{content.AI_LINE}</p><p>Công an xã "
        f"A</p>"
    )


def test_a_preview_shows_the_marks_that_the_platform_will_show():
    target = {
        "platform": "telegram",
        "html": '<h2>A</h2><p><em>b</em> <a href="https://x.vn">c</a> &lt;i&gt;</p>',
    }

    assert marked(target) == (
        '<b>A</b>\n\n<i>b</i> <a href="https://x.vn" rel="noopener noreferrer">c</a> &lt;i&gt;'
    )


def test_an_articles_own_text_is_plain_and_harmless():
    assert (
        text_with("zalo", override="a <b>\n\nCông an xã A")["html"]
        == "<p>a &lt;b&gt;</p><p>Công an xã A</p>"
    )


# --- The hash -------------------------------------------------------------------------------------


@pytest.fixture
def post(db):
    unit = factories.UnitFactory()
    return factories.PostFactory(
        unit=unit,
        channels=[factories.ChannelFactory(unit=unit), factories.ChannelFactory(unit=unit)],
        media=[factories.media(unit), factories.media(unit)],
    )


def _set(**fields):
    def change(post):
        for name, value in fields.items():
            setattr(post, name, value)
        post.save()

    return change


def _swap(post):
    first, second = post.pictures.all()
    PostMedia.objects.filter(pk=first.pk).update(position=second.position)
    PostMedia.objects.filter(pk=second.pk).update(position=first.position)


CHANGES = {
    "title": _set(title="Khác"),
    "body": _set(body="<p>Khác</p>"),
    "formatting": lambda post: _set(
        body=post.body.replace("Nghi ngờ", "<strong>Nghi ngờ</strong>")
    )(post),
    "link": _set(link="https://x.vn"),
    "topic": lambda post: _set(topic=Topic.objects.exclude(pk=post.topic_id).first())(post),
    "validity": _set(valid_until=timezone.now()),
    "own text": lambda post: PostChannel.objects.filter(pk=post.targets.first().pk).update(
        text="Riêng"
    ),
    "fewer channels": lambda post: post.targets.first().delete(),
    "another channel": lambda post: PostChannel.objects.filter(pk=post.targets.first().pk).update(
        channel=factories.ChannelFactory(unit=post.unit)
    ),
    "description": lambda post: PostMedia.objects.filter(pk=post.pictures.first().pk).update(
        alt_text="Khác"
    ),
    "order": _swap,
    "fewer pictures": lambda post: post.pictures.first().delete(),
    "another picture": lambda post: PostMedia.objects.filter(pk=post.pictures.first().pk).update(
        media=factories.media(post.unit)
    ),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_the_hash_changes_with_everything_that_is_published(post, change):
    before = content.digest(content.compose(post))
    assert content.digest(content.compose(post)) == before

    change(post)
    post.refresh_from_db()

    assert content.digest(content.compose(post)) != before


def test_the_hash_does_not_change_with_what_is_not_published(post):
    before = content.digest(content.compose(post))
    _set(
        requested_time=timezone.now(), campaign=factories.CampaignFactory(unit=post.unit), version=9
    )(post)
    assert content.digest(content.compose(post)) == before


def test_composing_costs_two_queries(post, django_assert_num_queries):
    post = Post.objects.select_related("unit", "topic").get(pk=post.pk)
    with django_assert_num_queries(2):
        content.compose(post)


def test_every_option_is_written_down_with_its_value_and_one_of_another_format_is_not(post):
    tiktok = factories.ChannelFactory(unit=post.unit, platform="tiktok")
    post.pictures.all().delete()
    PostMedia.objects.create(post=post, media=factories.video(post.unit), position=0)
    post.targets.all().delete()
    PostChannel.objects.create(
        post=post, channel=tiktok, options={"comments": True, "of another": True}
    )

    (target,) = content.compose(post)["channels"]

    assert target["options"] == {
        "comments": True,
        "duet": False,
        "stitch": False,
        "own_brand": False,
    }


def test_a_format_that_the_platform_no_longer_has_gives_way_to_what_fits(post):
    post.targets.update(format="fax")
    assert [target.get("format") for target in content.compose(post)["channels"]] == [
        None
    ] * post.targets.count()
