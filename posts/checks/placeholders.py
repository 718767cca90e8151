"""Placeholders in a text: ``{don_vi}`` is filled before residents read it, or not sent."""

import re
from collections.abc import Iterable, Iterator, Mapping

from django.utils.translation import gettext as _

from campaigns.kits.placeholders import PLACEHOLDER
from posts.checks.base import Draft, Finding, block

# As one may be left in a text, mistyped ones too.
LEFT = re.compile(r"\{[^{}\n]{1,40}\}")


def find_misnamed_placeholders(texts: Iterable[str]) -> list[str]:
    """List what stands in braces and is no name of a placeholder."""
    braced = dict.fromkeys(match for text in texts for match in LEFT.findall(text))
    return [text for text in braced if not PLACEHOLDER.fullmatch(text)]


def check_placeholders(draft: Draft) -> Iterator[Finding]:
    """Find placeholders that are left open in the title, the text or a channel's own text."""
    own = (
        (channel["channel"], channel["text"])
        for channel in draft.content["channels"]
        if channel["own_text"]
    )
    # Those of a kit have findings of their own, see kits.py.
    of_kit = {f"{{{name}}}" for name, _label in draft.kit.open_placeholders} if draft.kit else set()
    for where, text in (("title", draft.own_title), ("body", draft.text), *own):
        if set(LEFT.findall(text)) - of_kit:
            message = _(
                "A placeholder of the template is still open: {…}. Fill it in, or take it out."
            )
            yield block("placeholder_open", message, where)


def fill_placeholders(text: str, values: Mapping[str, str]) -> str:
    """Fill the placeholders that ``values`` name and leave the others, in one pass: a value that
    holds braces opens no placeholder.
    """
    return PLACEHOLDER.sub(lambda match: values.get(match[1]) or match[0], text)
