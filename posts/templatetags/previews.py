"""What posts/_channel_preview.html needs to show a text as a platform does."""

from typing import Any, NamedTuple
from urllib.parse import urlsplit

import nh3
from django import template
from django.utils.safestring import SafeString, mark_safe

from channels.queries import facts_of
from posts import content

register = template.Library()

# Where Facebook folds a text behind "See more", as seen in 2026: no figure is published.
FOLD_CHARACTERS, FOLD_LINES = 477, 5


class Folded(NamedTuple):
    head: str
    rest: str


@register.filter
def folded(text: str) -> Folded:
    """The text up to Facebook's fold, at a word's end, and the rest."""
    cut = len(text)
    lines = text.split("\n")
    if len(lines) > FOLD_LINES:
        cut = len("\n".join(lines[:FOLD_LINES]))
    if cut > FOLD_CHARACTERS:
        cut = max(text.rfind(" ", 0, FOLD_CHARACTERS), text.rfind("\n", 0, FOLD_CHARACTERS))
        cut = FOLD_CHARACTERS if cut <= 0 else cut
    return Folded(text[:cut], text[cut:].lstrip("\n"))


@register.filter
def as_article(body: str) -> SafeString:
    """An article's HTML, cleaned once more on its way to a colleague's browser."""
    return mark_safe(content.clean(body))  # noqa: S308


@register.filter
def marked(target: dict[str, Any]) -> SafeString:
    """A channel's text with its marks, as the platform's own markup puts them."""
    form = facts_of(target["platform"]).format(target.get("format", ""))
    markup = form.markup(target["html"]) if form.markup else ""
    return mark_safe(nh3.clean(markup, tags={"b", "i", "u", "a"}, attributes={"a": {"href"}}))  # noqa: S308


@register.filter
def host(link: str) -> str:
    return urlsplit(link).hostname or link


@register.filter
def get(values: dict[str, Any], key: Any) -> Any:
    """``values[key]`` for a key that is itself a variable."""
    return values.get(str(key))
