"""Make cards whose words the leak check has read, for the library or straight into a post."""

from collections.abc import Collection
from urllib.parse import urlsplit

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from campaigns.kits import issuing
from campaigns.kits.models import KitVersion
from campaigns.kits.placeholders import find_placeholders
from core.errors import Refused
from media.cards import card_drawing
from media.cards.card_drawing import Words
from media.models import Media
from posts.checks.leak_words import rule_description
from posts.checks.leaks.scan import Severity, find_leaks
from posts.leak_rules.enforcement import require_publishable
from posts.leak_rules.queries import rules_of
from posts.media_library import upkeep
from posts.models import Post
from posts.origins import starting
from units.models import Unit

_GRAVE = (Severity.HARD, Severity.SOFT, Severity.WARN)


def make_card(
    texts: Words,
    *,
    unit: Unit,
    look: str,
    formats: Collection[str],
    by: User,
    post: Post | None = None,
    version: KitVersion | None = None,
) -> list[Media]:
    """Draw a card into the library, and into the draft of ``post`` or among the pictures of a kit's
    ``version``. Raise as `cards.add`, `media_library.put_in_post` and `kits.add_media`.
    """
    require_clean(texts, unit)
    if version and find_placeholders([texts.title, texts.line_1, texts.line_2]):
        raise Refused(
            _("A card is the same picture for all units: a placeholder would stand on it as it is.")
        )
    made = card_drawing.add(texts, unit=unit, look=look, formats=formats, by=by)
    if version:
        issuing.add_media(version, made, by=by)
    if post and post._state.adding:
        post = starting.start_draft(unit=unit, by=by, public_id=post.public_id)
    for media in made if post else ():
        post = upkeep.put_in_post(media, unit=unit, by=by, post=post)
    return made


def require_clean(card_texts: Words, unit: Unit) -> None:
    """Raise Refused for words that nobody may publish, and for a code that leads elsewhere than to
    an official page.
    """
    texts = (card_texts.title, card_texts.line_1, card_texts.line_2)
    require_publishable(texts, unit, least=Severity.HARD)
    if card_texts.link and not _is_official(card_texts.link, unit):
        raise Refused(
            _(
                "The QR code leads to a page that is not official. Use an address under gov.vn, "
                "one of your unit's channels, or have the page allowed first."
            )
        )


def find_hints(texts: Words, unit: Unit) -> list[str]:
    """Return in words what the leak check finds, for the person who writes."""
    day = timezone.localdate()
    rules = rules_of(unit, on=day)
    hints = {
        leak.rule: None
        for text in (texts.title, texts.line_1, texts.line_2)
        for leak in find_leaks(text, allowed=rules.allowed, today=day)
        if rules.severity_of(leak) in _GRAVE
    }
    return [rule_description(rule) for rule in hints]


def _is_official(link: str, unit: Unit) -> bool:
    day = timezone.localdate()
    if urlsplit(link).scheme != "https":
        return False
    return not find_leaks(link, allowed=rules_of(unit, on=day).allowed, today=day)
