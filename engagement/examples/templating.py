"""Turn a unit's own facts in a text into placeholders, for another unit to fill in."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from core.phones import SHORT
from core.text import fold
from units.models import Unit
from units.queries import get_facts

LABELS = {
    "don_vi": _("Name of the unit"),
    "dia_ban": _("Name of the place"),
    "dia_chi": _("Address of the station"),
    "so_dien_thoai": _("Telephone number"),
    "gio_lam_viec": _("Opening hours"),
    "lien_ket": _("Short link of the unit"),
    "hashtag_don_vi": _("Hashtag of the unit"),
}
_HASHTAG = re.compile(r"#\w+")
_BETWEEN = r"[ .\-()]*"  # the digits of a number, however it is grouped


class TemplateTexts(NamedTuple):
    """Texts with placeholders where they spoke of their unit, and the placeholders' names."""

    texts: list[str]
    placeholders: list[str]


def make_templates(texts: list[str], unit: Unit) -> TemplateTexts:
    """Put a placeholder such as ``{don_vi}`` in place of each fact of ``unit`` that is recognised:
    a draft with an open one is not submitted, so nobody publishes another unit's telephone.
    """
    patterns = list(_make_patterns(unit))
    place = fold(unit.place).replace(" ", "")
    names: dict[str, None] = {}
    templates = []
    for text in texts:
        for name, pattern in patterns:
            text, n = pattern.subn(f"{{{name}}}", text)
            if n:
                names[name] = None
        for tag in set(_HASHTAG.findall(text)):
            if place and place in fold(tag):
                text = text.replace(tag, "{hashtag_don_vi}")
                names["hashtag_don_vi"] = None
        templates.append(text)
    return TemplateTexts(templates, list(names))


def _make_patterns(unit: Unit) -> Iterator[tuple[str, re.Pattern[str]]]:
    """Yield what is recognised, the longest words first: a unit's name holds that of its place."""
    facts = get_facts(unit)
    if facts.address:
        yield "dia_chi", _compile_words(facts.address)
    yield "don_vi", _compile_words(unit.name)
    if unit.place:
        yield "dia_ban", _compile_words(unit.place)
    if facts.opening_hours:
        yield "gio_lam_viec", _compile_words(facts.opening_hours)
    numbers = {facts.duty_phone, *(number["number"] for number in facts.public_numbers)}
    for number in sorted(numbers - {""} - set(SHORT), key=len, reverse=True):
        yield "so_dien_thoai", _compile_number(number)
    short = rf"{re.escape(settings.PORTAL_URL)}/\S+"
    yield "lien_ket", re.compile(short)


def _compile_words(text: str) -> re.Pattern[str]:
    """Match the words in any case, with any blanks between them."""
    return re.compile(r"\s+".join(map(re.escape, text.split())), re.IGNORECASE)


def _compile_number(digits: str) -> re.Pattern[str]:
    first, rest = digits[0], digits[1:]
    begins = rf"(?:\+?84{_BETWEEN}|0)" if first == "0" else re.escape(first)
    return re.compile(rf"(?<!\d){begins}{_BETWEEN}{_BETWEEN.join(rest)}(?!\d)")
