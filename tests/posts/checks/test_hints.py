"""Advice for the author: what is said of which text, and that long texts cost no time."""

from datetime import UTC, datetime

import pytest

from posts.checks import hints, registry
from posts.checks.base import BestHours, Draft

NOW = datetime(2026, 11, 27, tzinfo=UTC)
GOOD = (
    "Công an không yêu cầu chuyển tiền qua điện thoại. Ai nhận cuộc gọi như vậy thì dừng máy ngay. "
    "Báo tin cho Công an phường hoặc gọi 113."
)
PICTURE = {"media": "7", "alt": "Ảnh"}


def target(platform="facebook", text="", *, own=False):
    return {"platform": platform, "name": "Trang", "channel": "k", "text": text, "own_text": own}


def advised(text=GOOD, *, title="Cảnh giác cuộc gọi giả danh", facts=None, **content):
    whole = {"title": title, "topic": "", "media": [], "channels": [], **content}
    draft = Draft(content=whole, text=text, now=NOW, **(facts or {}))
    return [(found.rule, found.where) for found in registry.advise(draft)]


def test_a_short_clear_text_needs_no_advice():
    assert advised(topic=hints.SCAMS, media=[PICTURE], channels=[target(text=GOOD)]) == []


@pytest.mark.parametrize(
    ("title", "text", "found"),
    [
        ("Cảnh giác " * 13, GOOD, [("first_line_long", "title")]),
        ("", "Cảnh giác " * 13, [("first_line_long", "body")]),
        ("🚨🚨🚨", f"#canhgiac #luadao\n\n{GOOD}", [("beginning_empty", "title")]),
        ("🚨🚨🚨", "113", []),
    ],
)
def test_the_beginning_says_something_before_the_fold(title, text, found):
    assert advised(text, title=title) == found


def test_a_text_without_accents_is_noticed_and_one_of_foreign_words_is_not():
    bare = "Cong an khong yeu cau chuyen tien qua dien thoai, hay can than, goi 113"
    assert advised(bare) == [("accents_missing", "body")]
    assert advised("VNeID " * 11) == []
    assert advised("#canhgiac https://congan.example/a " * 9 + GOOD) == []


def test_long_sentences_are_noticed_by_their_mean_or_their_share():
    long = "và người dân cần cảnh giác " * 8  # 48 syllables
    short = "Gọi ngay 113. "
    assert advised(f"{long}. {long}.") == [("sentences_long", "body")]
    assert advised(short * 20 + f"{long}.") == []
    assert advised(short * 6 + f"{long}. " * 4) == [("sentences_long", "body")]


def test_a_list_of_lines_is_no_long_sentence():
    assert advised("\n".join(["bước tiếp theo gọi Công an"] * 30)) == []


def test_a_text_longer_than_usual_is_said_once_for_the_common_text():
    long = "chữ " * 400
    channels = [
        target(text=long),
        target("threads", long),
        target("zalo", long),
        target("tiktok", long, own=True),
    ]
    assert advised(channels=channels) == [
        ("text_longer_than_usual", "k"),
        ("text_longer_than_usual", "body"),
    ]


def test_words_that_stand_in_a_picture_alone():
    assert advised("Xem ảnh.", media=[PICTURE]) == [("words_in_picture", "body")]
    assert advised("Xem ảnh.") == []
    assert advised("Xem phim.", media=[{**PICTURE, "video": "video/mp4"}]) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Đừng chuyển tiền.", [("hotline_missing", "body")]),
        ("Đừng chuyển tiền, gọi 113 hoặc 114.", []),
        ("Đừng chuyển tiền, gọi (0236) 3822.300.", []),
        ("Đừng chuyển tiền, gọi 0236.3822.301.", [("hotline_missing", "body")]),
        ("Đã mất 1130 triệu.", [("hotline_missing", "body")]),
    ],
)
def test_a_warning_of_scams_names_a_number(text, found):
    assert advised(text, topic=hints.SCAMS, facts={"phones": ("02363822300",)}) == found
    assert advised(text, topic="pccc") == []


@pytest.mark.parametrize(("hour", "found"), [(16, ["other_hours_better"]), (18, []), (20, [])])
def test_a_time_outside_the_units_best_hours_is_said_with_the_number_of_posts(hour, found):
    at = datetime(2026, 11, 28, hour - 7, 59, tzinfo=UTC)
    facts = {"requested_time": at, "best_hours": BestHours(18, 21, 14)}
    draft = Draft(content={"title": "", "topic": ""}, text="", now=NOW, **facts)
    told = list(hints.check_time(draft))

    assert [hint.rule for hint in told] == found
    assert all("14 posts" in hint.message and "18:00 and 21:00" in hint.message for hint in told)


@pytest.mark.parametrize("piece", [".", "?.", "# ", "1 ", "1.", "\n", "ă", "a ", "!\n", "(1)"])
def test_advice_on_hostile_texts_reads_each_letter_a_few_times(piece):
    """A rule of quadratic time would take minutes here, and the suite would say so."""
    text = piece * (54_000 // len(piece)) + "x"
    facts = {"phones": ("02363822300",)}
    advised(text, title=text[:200], topic=hints.SCAMS, channels=[target(text=text)], facts=facts)
