"""Placeholders in a text: ``{don_vi}`` is filled before residents read it, or not sent."""

import re
from collections.abc import Iterable, Iterator, Mapping

from django.utils.translation import gettext as _

from posts.checks.base import Draft, Finding, block

# As a template may write one: small letters without accents, digits and underscores.
NAME = re.compile(r"\{([a-z][a-z0-9_]{0,29})\}")
# As one may be left in a text, mistyped ones too.
LEFT = re.compile(r"\{[^{}\n]{1,40}\}")


def find_placeholders(texts: Iterable[str]) -> list[str]:
    """List the names of the placeholders in ``texts``, each once, in the order of reading."""
    return list(dict.fromkeys(name for text in texts for name in NAME.findall(text)))


def find_misnamed_placeholders(texts: Iterable[str]) -> list[str]:
    """List what stands in braces and is no name of a placeholder."""
    matches = (match for text in texts for match in LEFT.findall(text))
    return list(dict.fromkeys(each for each in matches if not NAME.fullmatch(each)))


def check_placeholders(draft: Draft) -> Iterator[Finding]:
    """Find placeholders that are left open in the title, the text or a channel's own text."""
    own = (
        (each["channel"], each["text"]) for each in draft.content["channels"] if each["own_text"]
    )
    # Those of a kit are named one by one, see kits.py.
    named = {f"{{{name}}}" for name, _label in draft.kit.open_slots} if draft.kit else set()
    for where, text in (("title", draft.own_title), ("body", draft.text), *own):
        if set(LEFT.findall(text)) - named:
            message = _("A gap of the template is still open: {…}. Fill it in, or take it out.")
            yield block("gap_left", message, where)


def fill_placeholders(text: str, values: Mapping[str, str]) -> str:
    """Fill the placeholders that ``values`` name and leave the others, in one pass: a value that
    holds braces opens no placeholder.
    """
    return NAME.sub(lambda match: values.get(match[1]) or match[0], text)
