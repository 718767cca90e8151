"""Check what stays of a platform's complaint: enough for its support, nothing that somebody wrote,
no secret.
"""

import pytest

from platforms.errors import AccessLost, OutcomeUnknown, Rejected, TryLater
from platforms.redaction import LONGEST, redact

TOKEN = "EAABwzLixnjYBO4ZCk1ZBq7ZAtRLZCz0"


@pytest.mark.parametrize(
    "words",
    [
        "(#100) Param privacy_level must be one of the options",
        "Invalid parameter 'privacy_level' given, it can't be empty",
        'can\'t parse entities: unsupported start tag "b" at byte offset 3',
        "why (log 20261124083012ABCDEF0123456789)",
        "Too many requests: retry after 30",
        "no answer",
        "video_long 600 1",
        "pages_manage_engagement_and_more was not granted",
    ],
)
def test_what_a_platform_says_by_itself_stays(words):
    assert redact(words) == words


@pytest.mark.parametrize(
    ("words", "left"),
    [
        ('Comment "toi ten la Nguyen Van A" was refused', "Comment … was refused"),
        ("Comment 'Nguyen Van A' was refused", "Comment … was refused"),
        ('The text "goi 0912345678', "The text …"),
        ("Text refused: Bà Hoà, thôn 3, bị lừa. Please edit.", "Text refused: …"),
        ("Nội dung bị từ chối.", ""),
        (f"Malformed access token {TOKEN}", "Malformed access token …"),
        ("Bad key 123456:AAsimulatorbottoken-x_y", "Bad key …"),
        ("Call +84 912 345 678 or 0912.345.678 now", "Call … or … now"),
        ("Object with ID 104000000000001_12 is gone", "Object with ID … is gone"),
        ("See https://example.vn/?t=1 or a.b@example.vn, @hoa_ng", "See … or … …"),
        (f"Bad token: {TOKEN}. Try again", "Bad token: … Try again"),
        ("123456789", ""),
        ("one\0two\n\n  three", "one two three"),
    ],
)
def test_what_somebody_wrote_and_every_secret_goes(words, left):
    assert redact(words) == left


def test_a_complaint_is_short_whatever_comes_in():
    assert len(redact("refused " * 1_000_000)) == LONGEST
    assert len(redact("'" * 100_000 + "a" * 100_000)) <= LONGEST


@pytest.mark.parametrize("kind", [TryLater, Rejected, AccessLost, OutcomeUnknown])
def test_no_error_holds_more(kind):
    error = kind(f'{TOKEN} said "Nguyen Van A"', code="100")

    assert (error.detail, str(error), error.args) == ("… said …",) * 2 + (("… said …",),)
