"""Words of a post are found again by themselves, and replaced only where there is no doubt."""

import pytest

from posts.discussion.anchors import find, replace_quote, replace_quote_in_html


def content(body="", title="", **own):
    channels = [
        {"channel": key, "own_text": bool(text), "text": text or "…"} for key, text in own.items()
    ]
    return {"body": body, "title": title, "channels": channels, "media": []}


def test_words_are_found_across_line_breaks_and_tags():
    found = find(content("<p>Gọi <strong>113</strong></p><p>ngay lập tức.</p>"), "113 ngay\nlập")

    assert found == ("text", 0)


def test_of_two_equal_places_the_one_is_meant_whose_words_ahead_fit():
    body = "<p>Gọi 113 khi bị lừa. Gọi 113 khi bị đe dọa.</p>"

    assert find(content(body), "113", before="Gọi 113 khi bị lừa.\nGọi ") == ("text", 1)
    assert find(content(body), "113", before="") == ("text", 0)


def test_words_of_the_title_and_of_one_channel_are_found_there():
    shown = content("<p>Chung.</p>", "Tên bài", abc="Riêng cho Zalo", xyz="")

    assert find(shown, "Tên") == ("title", 0)
    assert find(shown, "Riêng cho") == ("abc", 0)
    assert find(shown, "…") is None


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("Gọi 113 ngay", "Gọi 114 ngay"),
        ("Gọi 113, 113", None),
        ("Gọi 115", None),
    ],
)
def test_words_are_replaced_where_they_stand_exactly_once(text, result):
    assert replace_quote(text, "113", "114") == result


def test_words_in_html_are_replaced_and_those_put_in_are_no_html():
    body = "<p>Tom &amp; Jerry gọi <b>113</b></p>"

    assert replace_quote_in_html(body, "& Jerry", "<i>&\nBi") == (
        "<p>Tom &lt;i&gt;&amp;<br>Bi gọi <b>113</b></p>"
    )


@pytest.mark.parametrize(
    "body",
    [
        "<p>Gọi <strong>1</strong>13.</p>",  # partly bold
        "<p>Gọi 113.</p><p>Số <strong>1</strong>13.</p>",  # the second in pieces
        "<p>Gọi 113 hay 113.</p>",
        '<p><a href="https://113.example">Gọi</a></p>',
    ],
)
def test_words_in_html_that_are_in_pieces_twice_or_in_a_tag_are_left_alone(body):
    assert replace_quote_in_html(body, "113", "114") is None


def test_backslashes_of_a_proposal_are_letters():
    assert replace_quote("a b", "a", r"\1\g<0>") == r"\1\g<0> b"
