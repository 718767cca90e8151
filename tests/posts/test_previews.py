"""A post as residents will see it on each platform."""

import pytest
from django.template.loader import render_to_string

from posts import content
from posts.templatetags.previews import folded
from tests import factories
from tests.factories import ChannelFactory, PostFactory, UnitFactory


def test_a_short_text_is_not_folded():
    assert folded("Ngắn gọn") == ("Ngắn gọn", "")


def test_a_long_text_folds_at_the_end_of_a_word():
    head, rest = folded("cảnh giác " * 100)
    assert len(head) <= 477
    assert head.endswith(("giác", "cảnh"))
    assert head + rest == "cảnh giác " * 100


def test_many_short_lines_fold_after_the_fifth():
    assert folded("1\n2\n3\n4\n5\n6\n7") == ("1\n2\n3\n4\n5", "6\n7")


@pytest.fixture
def shown(db):
    """Renders the post on one platform."""

    def show(platform: str, *, pictures: int = 0, **fields: object) -> str:
        unit = UnitFactory()
        post = PostFactory(
            unit=unit,
            channels=[ChannelFactory(unit=unit, platform=platform)],
            media=[factories.media(unit) for _ in range(pictures)],
            **fields,
        )
        composed = content.compose(post)
        return render_to_string("posts/_channel_preview.html", {"target": composed["channels"][0], "content": composed})

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
    page = shown(platform, title="<script>1</script>", body='<p onclick="x()">a<script>alert(1)</script></p>')
    assert "<script" not in page
    assert "onclick" not in page
