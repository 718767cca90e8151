"""Words of a partner's page, and of a share link's status in lists."""

from collections.abc import Mapping
from typing import NamedTuple

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from campaigns.kits.states import PLATFORMS
from core.errors import Refused
from links.queries import get_short_address
from media import links as media_links
from media.cards.card_drawing import Words, content_of
from media.cards.typesetting import SHEETS, Content, Format
from media.codes import qr_svg
from media.models import Card, Media
from posts.kit_placeholders import UnitKit, find_approved_kit
from publishing.models import ShareLink
from publishing.outputs import texts
from publishing.sharing.queries import SharedMedia, Status, media_of

# Whoever passes the post on says with whom: data, in the language of residents.
DISCLOSURE = "Hợp tác với {unit}"


class Text(NamedTuple):
    """A text to copy: approved, disclosed, with the address that counts."""

    label: str
    text: str


class Piece(NamedTuple):
    """A picture or video to download."""

    number: int
    preview: str  # its address, for the next minutes
    alt_text: str
    label: str
    is_video: bool


class CardSizes(NamedTuple):
    """A card of a kit, drawn with the unit's name in each size."""

    number: int
    title: str
    formats: list[tuple[str, str]]


class SharedPage(NamedTuple):
    title: str
    texts: list[Text]  # for all channels; of a kit also by platform
    disclosure: str
    pieces: list[Piece]
    cards: list[CardSizes]
    address: str  # short
    qr: SafeString | str
    has_poster: bool


class Drawing(NamedTuple):
    """A poster or card of a kit, to be drawn."""

    look: str
    content: Content


def shared_page(share: ShareLink) -> SharedPage:
    disclosure, address = DISCLOSURE.format(unit=share.unit), _address(share)
    end = "\n".join(filter(None, [disclosure, address]))
    if share.version:
        filled = UnitKit(share.version, share.unit).texts(share.values)
        title, bodies = filled.title, [(_("For all channels"), f"{filled.title}\n\n{filled.text}")]
        labels = dict(PLATFORMS)
        bodies += [(str(labels[name]), own) for name, own in filled.own.items()]
    else:
        title = share.content["title"]
        bodies = [(_("Text"), texts.whole_text(share.content))]
    media = media_of(share)
    return SharedPage(
        title=title,
        texts=[Text(label, f"{body}\n\n{end}") for label, body in bodies],
        disclosure=disclosure,
        pieces=[_describe_piece(number, row) for number, row in enumerate(media)],
        cards=_list_cards(media) if share.version else [],
        address=address,
        qr=qr_svg(address) if address else "",
        has_poster=poster_of(share) is not None,
    )


def _address(share: ShareLink) -> str:
    return get_short_address(share.link) if share.link and not share.link.is_stopped else ""


def _describe_piece(number: int, row: SharedMedia) -> Piece:
    return Piece(
        number=number,
        preview=media_links.viewing_url(row.media, media_links.THUMB),
        alt_text=row.alt_text,
        label=_label(row.media),
        is_video=row.media.is_video,
    )


def _label(media: Media) -> str:
    size = f"{media.width} × {media.height}"
    if media.is_video:
        return _("Video, %(size)s") % {"size": size}
    try:
        shape = Format(media.card.format).label
    except (Card.DoesNotExist, ValueError):
        return _("Picture, %(size)s") % {"size": size}
    return _("Card, %(shape)s, %(size)s") % {"shape": shape, "size": size}


def _list_cards(media: list[SharedMedia]) -> list[CardSizes]:
    sizes = [(size.value, str(size.label)) for size in Format]
    cards = [(number, getattr(row.media, "card", None)) for number, row in enumerate(media)]
    return [CardSizes(number, card.words["title"], sizes) for number, card in cards if card]


def card_of(share: ShareLink, number: int, size: str) -> Drawing | None:
    """Return a card of the kit with the unit's name, badge and number, and this partner's code."""
    media = media_of(share) if share.version else []
    card = getattr(media[number].media, "card", None) if number < len(media) else None
    if card is None or size not in SHEETS:
        return None
    texts = Words(**{**card.words, "link": _address(share) or card.words.get("link", "")})
    proof = DISCLOSURE.format(unit=share.unit)
    return Drawing(card.look, content_of(texts, share.unit, proof=proof))


def poster_of(share: ShareLink) -> Drawing | None:
    """Return the poster of the kit that is shared, or from which the shared revision came, with the
    approved values, the cooperation and the code of this partner; None where there is
    none.
    """
    proof = DISCLOSURE.format(unit=share.unit)
    approved: tuple[UnitKit, Mapping[str, str]] | None = None
    if share.version:
        approved = UnitKit(share.version, share.unit), share.values
    elif share.revision:
        approved = find_approved_kit(share.content, share.unit)
        proof += f" · Mã bản duyệt: {texts.short_hash(share.revision.content_sha256)}"
    if approved is None or not (chosen := approved[0].version.poster):
        return None
    unit_kit, values = approved
    try:
        lines = [*unit_kit.poster(values), "", ""]
    except Refused:  # the unit's page does not name what stands on it
        return None
    title = unit_kit.texts(values).title if share.version else share.content["title"]
    poster_texts = Words(
        title=title,
        line_1=lines[0],
        line_2=lines[1],
        hotline=chosen["hotline"],
        link=_address(share),
    )
    return Drawing(chosen["look"], content_of(poster_texts, share.unit, proof=proof))


def describe_status(status: Status) -> dict[str, str]:
    """Return the status for a badge."""
    tone, icon, label = {
        Status.ACTIVE: ("green", "circle-check", _("open")),
        Status.EARLY: ("blue", "clock", _("opens later")),
        Status.REVOKED: ("grey", "ban", _("revoked")),
        Status.AGREEMENT_OVER: ("grey", "circle-x", _("agreement ended")),
        Status.EXPIRED: ("grey", "clock", _("day over")),
        Status.CORRECTED: ("yellow", "alert-triangle", _("closed: corrected")),
        Status.REPLACED: ("yellow", "alert-triangle", _("closed: a newer version")),
        Status.GONE: ("red", "circle-x", _("closed: the post is no longer live")),
        Status.WITHDRAWN: ("red", "circle-x", _("closed: the kit is withdrawn")),
    }[status]
    return {"tone": tone, "icon": icon, "label": label}
