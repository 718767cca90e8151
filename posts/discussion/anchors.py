"""The place of a comment's words in a post, and how they are found again when it has changed."""

import html
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from posts.canonical.html import plain

TITLE, BODY = "title", "text"
_TAG = re.compile(r"(<[^<>]*>)")


class Anchor(NamedTuple):
    """Words of a post: the ``occurrence``-th of ``quote`` in ``place``, which is the title, the
    common text or the own text of a channel, by its public id.
    """

    place: str
    occurrence: int


def texts(content: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the places of a content and their texts, each with single blanks: what a browser shows
    and copies has other line breaks.
    """
    yield BODY, squeezed(plain(content["body"]))
    yield TITLE, squeezed(content["title"])
    for target in content["channels"]:
        if target["own_text"]:
            yield target["channel"], squeezed(target["text"])


def squeezed(text: str) -> str:
    return " ".join(text.split())


def find(content: Mapping[str, Any], quote: str, *, before: str = "") -> Anchor | None:
    """Find the words in a content. Where they stand more than once, choose the place whose words
    ahead of them are most like ``before``.
    """
    quote, before = squeezed(quote), squeezed(before)
    found = [
        (_alike(text[max(0, at - 200) : at].rstrip(), before), Anchor(place, number))
        for place, text in texts(content)
        for number, at in enumerate(_positions(text, quote))
    ]
    return max(found, key=lambda each: each[0])[1] if found else None


def shows(content: Mapping[str, Any], picture: str) -> bool:
    return any(medium["media"] == picture for medium in content["media"])


def replaced(text: str, quote: str, words: str) -> str | None:
    """Return ``text`` with ``words`` in place of the quote; None unless it stands there exactly
    once.
    """
    pattern = pattern_of(quote)
    return pattern.sub(lambda _match: words, text) if _count(pattern, text) == 1 else None


def replaced_in_html(body: str, quote: str, words: str) -> str | None:
    """Do as ``replaced``, for HTML. The quote has to stand in one piece: what is partly bold is
    changed by hand.
    """
    pattern = pattern_of(quote)
    if _count(pattern, plain(body)) != 1:
        return None
    pieces = _TAG.split(body)  # texts at even places, the tags between them at odd ones
    texts_of_it = {at: html.unescape(pieces[at]) for at in range(0, len(pieces), 2)}
    holding = [at for at, text in texts_of_it.items() if _count(pattern, text)]
    if len(holding) != 1:
        return None
    changed = pattern.sub(lambda _match: words, texts_of_it[holding[0]])
    pieces[holding[0]] = html.escape(changed, quote=False).replace("\n", "<br>")
    return "".join(pieces)


def pattern_of(quote: str) -> re.Pattern[str]:
    """Return what finds the words of a quote, whatever blanks stand between them."""
    return re.compile(r"\s+".join(re.escape(word) for word in quote.split()))


def _count(pattern: re.Pattern[str], text: str) -> int:
    return sum(1 for _match in pattern.finditer(text))


def _positions(text: str, quote: str) -> Iterator[int]:
    at = text.find(quote)
    while quote and at >= 0:
        yield at
        at = text.find(quote, at + 1)


def _alike(text: str, before: str) -> int:
    """Count the letters that both have in common at their ends."""
    same = 0
    for a, b in zip(reversed(text), reversed(before), strict=False):
        if a != b:
            break
        same += 1
    return same
