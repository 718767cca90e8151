"""Every function that reads a text of somebody and could take a time that grows faster than the
text is long, with the bound that stands before it.

A function here is called as its callers call it: with what refuses a text beyond the bound, where
that is not the form's field itself.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import SuspiciousOperation, ValidationError
from django.http.multipartparser import MultiPartParserError
from django.test import RequestFactory

from campaigns.kits.placeholders import fill_kit_text, keeps_core, split_into_pieces
from channels.connection.addresses import page_key
from core.differences import compare_words
from core.errors import Refused
from core.fields import AssertionField
from core.middleware import STRANGERS_BYTES
from core.phones import parse_digits
from core.secrecy import has_secrecy_mark
from core.spreadsheets import read_lines
from core.text import fold, normalise, unescape_html
from core.word_search import LONGEST_TEXT as LONGEST_SEARCH
from core.word_search import make_search_text
from links.targets import _get_host
from media import captions
from media.scanners.findings import _text_findings
from platforms.telegram.markup import to_telegram_html
from platforms.text import normalize_unicode
from platforms.webhooks import decode_object
from platforms.youtube.webhooks import _parse_feed
from posts.canonical import html as canonical_html
from posts.canonical.html import LONGEST_BODY, is_too_large
from posts.checks.hints import _words
from posts.checks.leaks.scan import find_leaks
from posts.checks.leaks.text import without_accents
from posts.discussion.anchors import replace_quote, replace_quote_in_html

TODAY = date(2026, 11, 30)
LETTERS = [
    *("a", "ệ", "e\u0323\u0302", "\u0301\u0323", "\u0301\u0f73\u0323", "\ufdfa", "\u200b", "Ａ"),
    *("M Ậ T ", "M-", "tuyệt ", "độ ", "văn bản ", "(", "MẬT ", "TUYET ", "T/U/Y/", "ᴍ", "|", "\t"),
]
SIGNS = [*'<>&;#"()[]{}.,:/- \n', "&#1", "&amp;", "&a", "<b>", "<p>", "</", "<!--", "<a ", "{x}"]
HTML = [
    *("<p>", "<ul><li>", "<em>", "<a href='https://a.vn'>", "<em><strong>", "<p>a</p>", "</p>"),
    *("<a><em>", "<h2><p>", "<br>", "<em>a<p>", "<table><em>"),
]
SAID = [
    *("0912 000 345 ", "034190000017 ", "Nguyễn Văn A sinh năm 1980 ", "trú tại số nhà 5 ngõ 3 "),
    *("STK 3761 0000 00123 ", "29A-123.45 xe ", "em N.V.K. lớp 7A ", "đối tượng gồm: Lê Văn B, "),
    *(
        "https://a.b/c ",
        "a@b.vn ",
        "mật khẩu: a1 ",
        "chốt 20 giờ tại chợ ",
        "10.0.0.1 ",
        "1 ",
        "gồm ",
    ),
]
CUES = ["\n00:00:01.000 --> 00:00:02.000\na\n", "<b>", "{\\", "--> ", "\n\n", "NOTE\n", "00:"]


class Reading(NamedTuple):
    """A function, the most that ever reaches it, and pieces of which its worst inputs are made."""

    name: str
    bound: int
    call: Callable[[str], Any]
    pieces: list[str]
    whole: Callable[[str], str] = str  # makes a text of the repeated pieces


def _refused(call: Callable[[str], Any]) -> Callable[[str], Any]:
    def run(text: str) -> None:
        with suppress(
            Refused, ValidationError, ValueError, MultiPartParserError, SuspiciousOperation
        ):
            call(text)

    return run


def _read_multipart(text: str) -> None:
    body = b"--b\r\n" + text.encode().replace(b"\n", b"\r\n")
    request = RequestFactory().post("/", body, content_type="multipart/form-data; boundary=b")
    request.user = AnonymousUser()
    _ = request.POST


def _clean(body: str) -> None:
    if not is_too_large(body):
        canonical_html.clean(body)


def _to_plain(body: str) -> None:
    if not is_too_large(body):
        canonical_html.to_plain_text.__wrapped__(body)


def _to_telegram(body: str) -> None:
    if not is_too_large(body):
        to_telegram_html(canonical_html.clean(body))


def _ocr(text: str) -> list[Any]:
    words = [[word or "a", 1, 1, 1, 1] for word in text.split(" ")]
    return list(_text_findings({"lines": [words]}, _Rules()))


class _Rules:
    def find(self, text: str) -> Any:
        return find_leaks(text, today=TODAY)


FIELD = settings.FIELD_MAX_CHARACTERS
BODY = LONGEST_BODY
READINGS = [
    Reading(
        "platforms.text.normalize_unicode", BODY, lambda t: normalize_unicode("NFKD", t), LETTERS
    ),
    Reading("core.text.normalise", BODY, normalise, LETTERS),
    Reading("core.text.fold", LONGEST_SEARCH, fold, LETTERS[:6]),
    Reading("core.text.unescape_html", BODY, unescape_html, SIGNS),
    Reading("core.secrecy.has_secrecy_mark", BODY, has_secrecy_mark, LETTERS + SIGNS + HTML),
    Reading("core.word_search.make_search_text", LONGEST_SEARCH, make_search_text, LETTERS[:4]),
    Reading("core.phones.parse_digits", FIELD, parse_digits, ["0", "(", " ", "+84"]),
    Reading(
        "core.fields.AssertionField",
        20_000,
        _refused(AssertionField(max_length=20_000).to_python),
        ["[", '{"a":', '"', "1,"],
    ),
    Reading(
        "core.differences.compare_words",
        BODY,
        lambda t: compare_words(t, t[1:] + "b"),
        ["a ", "a\n", "ab ba\n", "a", "é."],
    ),
    Reading(
        "core.spreadsheets.read_lines",
        2_000_000,
        _refused(
            lambda t: read_lines(t.encode(), rows=200, columns=20, longest=30_000, titles=len)
        ),
        ['"', ",", "\n", ";", '"a"', "a"],
    ),
    Reading(
        "django.http.multipartparser",
        STRANGERS_BYTES,
        _refused(_read_multipart),
        [
            '--b\nContent-Disposition: form-data; name="a"\n\n1\n',
            "--b\n",
            "a",
            "-",
            "\n",
            "a;",
            "Content-Disposition: form-data; name=a;",
        ],
    ),
    Reading("posts.canonical.html.clean", BODY, _clean, LETTERS + SIGNS + HTML),
    Reading("posts.canonical.html.to_plain_text", BODY, _to_plain, SIGNS + HTML),
    Reading(
        "posts.checks.leaks.scan.find_leaks",
        BODY,
        lambda t: find_leaks(t, today=TODAY),
        [*SAID, *LETTERS[:7], "M Ậ T ", "T/U/Y/", *"(.- \n"],
    ),
    Reading("posts.checks.leaks.text.without_accents", BODY, without_accents, LETTERS),
    Reading("posts.checks.hints", BODY, _words, ["a ", "#", "http", "1"]),
    Reading(
        "posts.discussion.anchors.replace_quote",
        BODY,
        lambda t: replace_quote(t, 200 * "a ", "b"),
        ["a ", "a  ", "a\n"],
    ),
    Reading(
        "posts.discussion.anchors.replace_quote_in_html",
        BODY,
        lambda t: is_too_large(t) or replace_quote_in_html(t, "a a", "b"),
        ["a ", "<b>a ", "&amp;"],
    ),
    Reading(
        "campaigns.kits.placeholders.keeps_core",
        BODY,
        lambda t: keeps_core("X{a}a{b}a{c}a{d}a", "X" + t + "b", own_lines=True),
        ["a", "b", "ab", "\n", "a\n", " "],
    ),
    Reading(
        "campaigns.kits.placeholders.split_into_pieces",
        BODY,
        lambda t: (split_into_pieces(t, {"a": "b"}), fill_kit_text(t, {"a": "b"})),
        ["{a}", "{", "{a", "a"],
    ),
    Reading("platforms.telegram.markup.to_telegram_html", BODY, _to_telegram, SIGNS + HTML),
    Reading(
        "links.targets.is_permitted",
        FIELD,
        lambda t: _get_host("https://" + t),
        ["a.", "a", "/", "@", "["],
    ),
    Reading(
        "channels.connection.addresses.page_key",
        FIELD,
        _refused(lambda t: page_key("facebook", "https://facebook.com/" + t)),
        ["a", "/", "a/", "?a=", "%41", "&a=1"],
    ),
    Reading(
        "media.captions.convert_to_webvtt",
        captions.LARGEST,
        _refused(captions.convert_to_webvtt),
        CUES,
        lambda t: "WEBVTT\n" + t,
    ),
    Reading(
        "media.captions.read_cues",
        captions.MOST_STORED,
        _refused(captions.read_cues),
        CUES,
        lambda t: "WEBVTT\n" + t,
    ),
    Reading(
        "media.scanners.findings",
        20_000,
        _ocr,
        ["a ", "so tai khoan ", "034190000017 ", "biển số 29A-123.45 "],
    ),
    Reading(
        "platforms.webhooks.decode_object",
        1_048_576,
        _refused(lambda t: decode_object(t.encode())),
        ["[", '{"a":', '"', "1", "[],"],
    ),
    Reading(
        "platforms.youtube.webhooks",
        1_048_576,
        _refused(lambda t: _parse_feed(t.encode())),
        ["<a>", "<a b='1'>", "&lt;", "<!--", "a", "<a/>"],
        lambda t: f"<feed>{t}</feed>",
    ),
]


def inputs(reading: Reading, length: int) -> Iterator[tuple[str, str]]:
    """Yield each of the function's worst inputs with the piece it is made of."""
    for piece in dict.fromkeys(reading.pieces):
        yield piece, (piece * (length // len(piece) + 1))[:length]
