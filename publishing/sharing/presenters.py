"""Words of a partner's page, and of its state in lists."""

from typing import NamedTuple

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from core.errors import Refused
from links.queries import get_short_address
from media import links as media_links
from media.cards.card_drawing import Words, content_of
from media.cards.typesetting import Content, Format
from media.codes import qr_svg
from media.models import Card, Media
from posts.kit_words import approved_filling
from publishing.models import Share
from publishing.outputs import texts
from publishing.sharing.queries import PageState, Shown, media_of

# Whoever passes the post on says with whom: data, in the language of residents.
DISCLOSURE = "Hợp tác với {unit}"


class Piece(NamedTuple):
    """A picture or video to download."""

    number: int
    preview: str  # its address, for the next minutes
    alt_text: str
    label: str
    is_video: bool


class SharedPage(NamedTuple):
    title: str
    text: str  # as it is copied: approved, disclosed, with the address that counts
    disclosure: str
    pieces: list[Piece]
    address: str  # short
    qr: SafeString | str
    has_poster: bool  # of the kit from which the post came


def shared_page(share: Share) -> SharedPage:
    content = share.revision.content
    disclosure = DISCLOSURE.format(unit=share.unit)
    address = get_short_address(share.link) if share.link and not share.link.is_stopped else ""
    parts = [texts.whole_text(content), "\n".join(filter(None, [disclosure, address]))]
    return SharedPage(
        title=content["title"],
        text="\n\n".join(parts),
        disclosure=disclosure,
        pieces=[describe_piece(n, shown) for n, shown in enumerate(media_of(share))],
        address=address,
        qr=qr_svg(address) if address else "",
        has_poster=poster_of(share) is not None,
    )


class Poster(NamedTuple):
    look: str
    content: Content


def poster_of(share: Share) -> Poster | None:
    """Return the poster of the kit from which the shared revision came, with the words that the
    unit's leader approved, the cooperation and the code of this partner; None where there is none.
    """
    content = share.revision.content
    cut = approved_filling(content, share.unit)
    if cut is None or not (chosen := cut[0].version.poster):
        return None
    try:
        lines = [*cut[0].poster(cut[1]), "", ""]
    except Refused:  # the unit's page does not name what stands on it
        return None
    address = get_short_address(share.link) if share.link and not share.link.is_stopped else ""
    words = Words(
        title=content["title"],
        line_1=lines[0],
        line_2=lines[1],
        hotline=chosen["hotline"],
        link=address,
    )
    code = texts.short_hash(share.revision.content_sha256)
    proof = f"{DISCLOSURE.format(unit=share.unit)} · Mã bản duyệt: {code}"
    return Poster(chosen["look"], content_of(words, share.unit, proof=proof))


def describe_piece(number: int, shown: Shown) -> Piece:
    media = shown.media
    return Piece(
        number=number,
        preview=media_links.viewing_url(media, media_links.THUMB),
        alt_text=shown.alt_text,
        label=_label(media),
        is_video=media.is_video,
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


def status(state: PageState) -> dict[str, str]:
    """Return how a page is, for a badge."""
    tone, icon, label = {
        PageState.OPEN: ("green", "circle-check", _("open")),
        PageState.REVOKED: ("grey", "ban", _("revoked")),
        PageState.AGREEMENT_OVER: ("grey", "circle-x", _("agreement ended")),
        PageState.EXPIRED: ("grey", "clock", _("day over")),
        PageState.CORRECTED: ("yellow", "alert-triangle", _("closed: corrected")),
        PageState.GONE: ("red", "circle-x", _("closed: the post is no longer live")),
    }[state]
    return {"tone": tone, "icon": icon, "label": label}
