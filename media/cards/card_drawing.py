"""Draw cards into the library of a unit, and previews of them that are stored nowhere."""

import base64
import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from django.core.cache import cache
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import Permission
from accounts.queries import require
from core import phones, quotas
from core.errors import Refused
from core.secrecy import require_no_secrecy_mark
from media import pictures
from media.cards.typesetting import SHEETS, Content, DrawnSheet, Sheet, too_long, typeset
from media.library import entries
from media.models import LONGEST_ALT, LONGEST_TITLE, Card, Logo, Media, Rights
from units.models import Unit
from units.queries import get_facts

PREVIEW_SCALE = 0.45  # of a card: 486 pixels wide
PREVIEW_KEPT = 300  # seconds
OWN_HOTLINE = "own"
# On the card, in the language of its readers.
HOTLINES = {
    "113": "Công an",
    "114": "Cứu hỏa, cứu nạn, cứu hộ",
    "111": "Bảo vệ trẻ em",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Hold what a person chose for a card. ``hotline`` is a key of `HOTLINES`, `OWN_HOTLINE` or
    empty.
    """

    title: str
    line_1: str = ""
    line_2: str = ""
    hotline: str = ""
    link: str = ""


class Preview(NamedTuple):
    """Small pictures by sheet, each as an address that holds it, and by how many letters a field is
    too long.
    """

    pictures: Mapping[str, str]
    over: Mapping[str, int]


def hotlines_of(unit: Unit) -> list[tuple[str, Any]]:
    """Return the numbers that a card of ``unit`` may name, the unit's own one first."""
    own = get_facts(unit).duty_phone
    choices: list[tuple[str, Any]] = []
    if own:
        choices.append(
            (OWN_HOTLINE, _("%(n)s – duty desk of the unit") % {"n": phones.group_digits(own)})
        )
    choices += [(number, f"{number} – {label}") for number, label in HOTLINES.items()]
    return [*choices, ("", _("no number"))]


def content_of(texts: Words, unit: Unit, *, proof: str = "") -> Content:
    """Return what stands on a card of ``unit`` with these words."""
    number = texts.hotline if texts.hotline in HOTLINES else ""
    label = HOTLINES.get(texts.hotline, "")
    if texts.hotline == OWN_HOTLINE and (own := get_facts(unit).duty_phone):
        number, label = phones.group_digits(own), "Điện thoại trực ban"
    return Content(
        title=texts.title,
        line_1=texts.line_1,
        line_2=texts.line_2,
        hotline=number,
        hotline_label=label,
        unit=unit.name,
        above=unit.above,
        link=texts.link,
        proof=proof,
    ).tidy()


def preview(
    content: Content, look: str, sheets: Mapping[str, Sheet], *, unit: Unit, by: User
) -> Preview:
    """Draw small pictures; the same ones again within a few minutes come from the cache. Raise
    Busy, Refused, QuotaExceeded.
    """
    require_no_secrecy_mark(content.words)
    logo = Logo.objects.filter(unit=unit).values_list("media__sha256", flat=True).first()
    about = [asdict(content), look, {name: list(sheet) for name, sheet in sheets.items()}, logo]
    key = f"card:{hashlib.sha256(json.dumps(about).encode()).hexdigest()}"
    if known := cache.get(key):
        return Preview(known["pictures"], known["over"])
    quotas.use("card_preview", by=by)
    drawn = typeset(content, look, sheets, logo_of=unit, by=by)
    result = Preview(
        {
            name: f"data:image/png;base64,{base64.b64encode(sheet.data).decode()}"
            for name, sheet in drawn.items()
        },
        too_long(drawn),
    )
    cache.set(key, result._asdict(), PREVIEW_KEPT)
    return result


def add(texts: Words, *, unit: Unit, look: str, formats: Collection[str], by: User) -> list[Media]:
    """Draw a card in these formats into the unit's library; the same card twice is one row. Raise
    NotAllowed, Refused, Busy, QuotaExceeded.
    """
    require(by, Permission.LIBRARY_WRITE, unit=unit)
    quotas.use("card", by=by)
    content = content_of(texts, unit)
    require_no_secrecy_mark(content.words)
    drawn = typeset(content, look, {form: SHEETS[form] for form in formats}, logo_of=unit, by=by)
    if too_long(drawn):
        raise Refused(_("The text does not fit onto the card. Shorten it where the form says so."))
    return [_store(sheet, content, texts, look, form, unit, by) for form, sheet in drawn.items()]


@transaction.atomic  # the scanners begin once the row says that it is a card
def _store(
    drawn: DrawnSheet, content: Content, texts: Words, look: str, form: str, unit: Unit, by: User
) -> Media:
    media = pictures.store(
        ContentFile(drawn.data), unit=unit, by=by, right=Permission.LIBRARY_WRITE
    )
    Card.objects.update_or_create(
        media=media,
        defaults={
            "look": look,
            "format": form,
            "words": asdict(texts),
            "drawn_at": timezone.now(),
        },
    )
    if media.title or media.alt_text:  # drawn before: people may have described it since
        return entries.keep_in_library(media)
    description = entries.Description(
        title=content.title[:LONGEST_TITLE],
        alt_text=content.alt_text[:LONGEST_ALT],
        source=unit.name,
        rights=Rights.OWN,
    )
    return entries.describe(media, description, by=by, version=media.version)
