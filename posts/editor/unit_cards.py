"""Cards of a kit, drawn again with the name, badge and number of the unit that took it up."""

import json
from dataclasses import replace
from typing import NamedTuple

from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import Permission
from accounts.queries import require
from core.errors import Busy, Refused
from media.cards import card_drawing
from media.cards.card_drawing import Words
from media.models import Card, Media
from posts.editor import saving
from posts.editor.edits import MediaEdit, edit_of
from posts.models import Post, PostMedia


class Offer(NamedTuple):
    """A card of the kit in the unit's draft, and the unit's own one where it is drawn."""

    shown: PostMedia
    card: Card
    own: Media | None


def card_offers(post: Post) -> list[Offer]:
    """Return the kit's cards that the draft shows as its issuer drew them. At most two queries; one
    for a draft without.
    """
    adoption = post.adoption
    if adoption is None or adoption.adopted_at is None:
        return []
    of_kit = adoption.version.media.filter(media__card__isnull=False).values("media")
    cards = list(
        post.pictures.filter(media__taken_from__in=of_kit).select_related("media__taken_from__card")
    )
    if not cards:
        return []
    # Drawn before, it may bear a name, a badge or a number that the unit no longer has.
    drawn = Card.objects.filter(media__unit=post.unit, drawn_at__gte=adoption.adopted_at)
    drawn = drawn.filter(media__taken_from=None, media__archived_at=None)
    own = {
        _card_key(card): card.media for card in drawn.select_related("media").order_by("drawn_at")
    }
    offers = []
    for unit_card in cards:
        assert unit_card.media.taken_from
        card = unit_card.media.taken_from.card
        offers.append(Offer(unit_card, card, own.get(_card_key(card))))
    return offers


def _card_key(card: Card) -> tuple[str, str, str]:
    return card.look, card.format, json.dumps(card.words, sort_keys=True)


def draw_unit_cards(post: Post, *, by: User) -> int:
    """Draw the unit's own cards that are not there yet into its library; return how many. One whose
    words do not fit beside the unit's name is left out. Raise Busy, NotAllowed, QuotaExceeded.
    """
    missing = [offer.card for offer in card_offers(post) if offer.own is None]
    drawn = 0
    for card in missing:
        try:
            card_drawing.add(
                Words(**card.words), unit=post.unit, look=card.look, formats=[card.format], by=by
            )
        except Busy:
            raise
        except Refused:
            continue
        drawn += 1
    return drawn


def use_unit_cards(post: Post, *, by: User) -> Post:
    """Put the unit's own cards where the draft shows those of the kit's issuer, and draw what is
    missing. Raise as `draw_unit_cards` and `editing.save`; Refused where none could be drawn.
    """
    require(by, Permission.POST_WRITE, unit=post.unit)
    draw_unit_cards(post, by=by)
    own = {offer.shown.media_id: offer.own for offer in card_offers(post) if offer.own}
    if not own:
        raise Refused(
            _("The words of the kit's card do not fit beside your unit's name. Its card stays.")
        )
    edit = edit_of(post)
    media = [
        MediaEdit(mine, mine.alt_text) if (mine := own.get(medium.media.pk)) else medium
        for medium in edit.media
    ]
    return saving.save(post, replace(edit, media=media), by=by, version=post.version)
