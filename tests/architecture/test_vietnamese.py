"""Words that were mended over the whole catalogue, and must not come back at another place."""

import re
from collections.abc import Iterator

import polib
import pytest
from django import forms
from django.core import validators
from django.utils import translation

from scripts.messages import CATALOGUE
from tests.architecture.test_forms import our_forms

UNWANTED = [
    ("[Bb]ản nháp", "a draft is “bản thảo”"),
    (r"\b[Cc]ổng\b(?! truyền thông)", "the portal is “hệ thống”; only its name says “Cổng”"),
    (r"Vui lòng|\bHãy\b", "an office asks by “Đề nghị”"),
    ("lộ lọt|rò rỉ", "the law says “lộ, lọt”"),
    ("(?<!trả )[Ll]ời bài", "the text of a post is “nội dung”"),
    ("[Cc]hỗ trống|[Cc]hỗ điền", "what a unit fills in is “mục”"),
    ("[Mm]ức thường", "the usual is “mức thông thường”"),
    ("(?<![Cc]on )[Dd]ấu đỏ", "a stamp is “con dấu đỏ”"),
    ("[Đđ]ược phép hiện", "what is left in a picture is “giữ nguyên”"),
    ("[Ii]m lặng|[Mm]ắc kẹt", "a unit does not publish, a queue does not answer"),
    ("giao diện lập trình", "operators say “API”"),
    ("[Nn]hân bản", "a post is copied by “sao chép thành bài mới”"),
    ("[Cc]huỗi bài", "a series is “loạt bài”"),
    ("ban hành bộ nội dung", "a kit is issued by “phát hành”"),
    ("kế tục", "what takes a unit's place is “đơn vị kế thừa”"),
    ("[Dd]anh mục việc", "a checklist is “danh mục công việc”"),
    (r"\b[Cc]ất\b[^.]*\bbài\b|bài[^.]*\bcất\b", "a post is put away by “lưu trữ”"),
]


def list_texts() -> Iterator[tuple[str, str]]:
    for entry in polib.pofile(str(CATALOGUE)):
        for text in entry.msgstr_plural.values() if entry.msgid_plural else [entry.msgstr]:
            yield entry.msgid, text


@pytest.mark.parametrize(("pattern", "why"), UNWANTED)
def test_no_text_says_an_unwanted_word(pattern, why):
    found = {text for _, text in list_texts() if re.search(pattern, text)}

    assert found == set(), why


def test_only_a_browser_is_called_trinh_duyet():
    """Read aloud, “trình duyệt báo cáo” is a browser of reports: say “trình lãnh đạo duyệt”."""
    found = {
        text
        for msgid, text in list_texts()
        if re.search("(?<!quá )[Tt]rình duyệt", text)
        and not re.search("browser|JavaScript", msgid, re.IGNORECASE)
    }

    assert found == set()


def test_a_hint_tells_what_to_do_and_does_not_request_it():
    with translation.override("vi"):
        requests = {
            f"{name}.{key}"
            for name, form in our_forms()
            for key, field in getattr(form, "base_fields", {}).items()
            if str(field.help_text).startswith("Đề nghị")
        }

    assert requests == set()


def test_what_a_form_refuses_is_said_in_our_words():
    """Django's own say "a whole number" as "một số tổng thể", and begin with "hãy"."""
    known = {entry.msgid for entry in polib.pofile(str(CATALOGUE))}
    fields = (
        forms.CharField,
        forms.DateField,
        forms.DateTimeField,
        forms.DecimalField,
        forms.EmailField,
        forms.FileField,
        forms.IntegerField,
        forms.MultipleChoiceField,
        forms.TimeField,
        forms.URLField,
    )
    bounds = (
        validators.MinLengthValidator,
        validators.MaxLengthValidator,
        validators.MinValueValidator,
        validators.MaxValueValidator,
        validators.EmailValidator,
        validators.URLValidator,
    )
    said = [bound.message for bound in bounds]
    for field in fields:
        said += [words for ancestor in field.__mro__ for words in _errors_of(ancestor)]
    assert {_find_id(words) for words in said} - known == set()


def _errors_of(field: type) -> list[object]:
    return list(vars(field).get("default_error_messages", {}).values())


def _find_id(words: object) -> str:
    """Return the message id; of a message with a plural, the singular."""
    numbered = getattr(words, "_kw", {})
    if "singular" in numbered:
        return numbered["singular"]
    with translation.override("en"):
        return str(words)
