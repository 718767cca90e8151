"""Words of a partner's page of a kit, and of its state."""

from typing import NamedTuple

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from campaigns.kits.states import PLATFORMS
from core.errors import Refused
from links.queries import get_short_address
from media.cards.card_drawing import Words, content_of
from media.cards.typesetting import SHEETS, Content, Format
from media.codes import qr_svg
from media.models import Card
from posts.kit_words import Filling
from publishing.kit_sharing.queries import PageState, media_of
from publishing.models import KitShare
from publishing.sharing.presenters import DISCLOSURE, Piece, Poster, describe_piece


class Text(NamedTuple):
    """A text to copy, of one platform or for all."""

    label: str
    words: str


class CardSizes(NamedTuple):
    """A card of the kit, drawn with the unit's name in each size."""

    number: int
    title: str
    formats: list[tuple[str, str]]


class KitPage(NamedTuple):
    title: str
    texts: list[Text]
    disclosure: str
    pieces: list[Piece]
    cards: list[CardSizes]
    address: str  # short
    qr: SafeString | str
    has_poster: bool


def kit_page(share: KitShare) -> KitPage:
    filled = Filling(share.version, share.unit).texts(share.values)
    disclosure, address = DISCLOSURE.format(unit=share.unit), _address(share)
    end = "\n".join(filter(None, [disclosure, address]))
    texts = [Text(_("For all channels"), f"{filled.title}\n\n{filled.text}\n\n{end}")]
    labels = dict(PLATFORMS)
    texts += [Text(str(labels[name]), f"{own}\n\n{end}") for name, own in filled.own.items()]
    shown = media_of(share)
    sizes = [(each.value, str(each.label)) for each in Format]
    return KitPage(
        title=filled.title,
        texts=texts,
        disclosure=disclosure,
        pieces=[describe_piece(n, each) for n, each in enumerate(shown)],
        cards=[
            CardSizes(n, card.words["title"], sizes)
            for n, each in enumerate(shown)
            if (card := _card_of_media(each.media))
        ],
        address=address,
        qr=qr_svg(address) if address else "",
        has_poster=poster_of(share) is not None,
    )


def _address(share: KitShare) -> str:
    return get_short_address(share.link) if share.link and not share.link.is_stopped else ""


def _card_of_media(media: object) -> Card | None:
    return getattr(media, "card", None)


def card_of(share: KitShare, number: int, size: str) -> Poster | None:
    """Return a card of the kit with the unit's name, badge and number, and this partner's code."""
    shown = media_of(share)
    card = _card_of_media(shown[number].media) if number < len(shown) else None
    if card is None or size not in SHEETS:
        return None
    words = Words(**{**card.words, "link": _address(share) or card.words.get("link", "")})
    proof = DISCLOSURE.format(unit=share.unit)
    return Poster(card.look, content_of(words, share.unit, proof=proof))


def poster_of(share: KitShare) -> Poster | None:
    """Return the kit's poster with the words in its gaps, the cooperation and this partner's code;
    None where there is none.
    """
    chosen, filling = share.version.poster, Filling(share.version, share.unit)
    if not chosen:
        return None
    try:
        lines = [*filling.poster(share.values), "", ""]
    except Refused:  # the unit's page does not name what stands on it
        return None
    words = Words(
        title=filling.texts(share.values).title,
        line_1=lines[0],
        line_2=lines[1],
        hotline=chosen["hotline"],
        link=_address(share),
    )
    content: Content = content_of(words, share.unit, proof=DISCLOSURE.format(unit=share.unit))
    return Poster(chosen["look"], content)


def status(state: PageState) -> dict[str, str]:
    """Return how a page is, for a badge."""
    tone, icon, label = {
        PageState.OPEN: ("green", "circle-check", _("open")),
        PageState.EARLY: ("blue", "clock", _("opens later")),
        PageState.REVOKED: ("grey", "ban", _("revoked")),
        PageState.AGREEMENT_OVER: ("grey", "circle-x", _("agreement ended")),
        PageState.EXPIRED: ("grey", "clock", _("day over")),
        PageState.REPLACED: ("yellow", "alert-triangle", _("closed: a newer version")),
        PageState.GONE: ("red", "circle-x", _("closed: the kit is withdrawn")),
    }[state]
    return {"tone": tone, "icon": icon, "label": label}
