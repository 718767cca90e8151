"""The place of a comment's words in a post, and how they are found again when it has changed."""

import html
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from posts.canonical.html import to_plain_text

TITLE, BODY = "title", "text"
_TAG = re.compile(r"(<[^<>]*>)")


class Anchor(NamedTuple):
    """Words of a post: the ``occurrence``-th of ``quote`` in ``place``, which is the title, the
    common text or the own text of a channel, by its public id.
    """

    place: str
    occurrence: int


def texts_of(content: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the places of a content and their texts, each with single blanks: what a browser shows
    and copies has other line breaks.
    """
    yield BODY, collapse_blanks(to_plain_text(content["body"]))
    yield TITLE, collapse_blanks(content["title"])
    for target in content["channels"]:
        if target["own_text"]:
            yield target["channel"], collapse_blanks(target["text"])


def collapse_blanks(text: str) -> str:
    return " ".join(text.split())


def find(content: Mapping[str, Any], quote: str, *, before: str = "") -> Anchor | None:
    """Find the words in a content. Where they stand more than once, choose the place whose words
    ahead of them are most like ``before``.
    """
    quote, before = collapse_blanks(quote), collapse_blanks(before)
    matches = [
        (_count_common_ending(text[max(0, at - 200) : at].rstrip(), before), Anchor(place, number))
        for place, text in texts_of(content)
        for number, at in enumerate(_find_positions(text, quote))
    ]
    return max(matches, key=lambda match: match[0])[1] if matches else None


def shows_picture(content: Mapping[str, Any], picture: str) -> bool:
    return any(medium["media"] == picture for medium in content["media"])


def replace_quote(text: str, quote: str, replacement: str) -> str | None:
    """Return ``text`` with ``replacement`` in place of the quote; None unless it stands there
    exactly once.
    """
    pattern = quote_pattern(quote)
    return (
        pattern.sub(lambda _match: replacement, text)
        if _count_matches(pattern, text) == 1
        else None
    )


def replace_quote_in_html(body: str, quote: str, replacement: str) -> str | None:
    """Do as ``replace_quote``, for HTML. The quote has to stand in one piece: what is partly bold
    is changed by hand.
    """
    pattern = quote_pattern(quote)
    if _count_matches(pattern, to_plain_text(body)) != 1:
        return None
    pieces = _TAG.split(body)  # texts at even places, the tags between them at odd ones
    texts_of_it = {at: html.unescape(pieces[at]) for at in range(0, len(pieces), 2)}
    holding = [at for at, text in texts_of_it.items() if _count_matches(pattern, text)]
    if len(holding) != 1:
        return None
    changed = pattern.sub(lambda _match: replacement, texts_of_it[holding[0]])
    pieces[holding[0]] = html.escape(changed, quote=False).replace("\n", "<br>")
    return "".join(pieces)


def quote_pattern(quote: str) -> re.Pattern[str]:
    """Return what finds the words of a quote, whatever blanks stand between them."""
    return re.compile(r"\s+".join(re.escape(word) for word in quote.split()))


def _count_matches(pattern: re.Pattern[str], text: str) -> int:
    return sum(1 for _match in pattern.finditer(text))


def _find_positions(text: str, quote: str) -> Iterator[int]:
    at = text.find(quote)
    while quote and at >= 0:
        yield at
        at = text.find(quote, at + 1)


def _count_common_ending(text: str, before: str) -> int:
    """Count the letters that both have in common at their ends."""
    same = 0
    for a, b in zip(reversed(text), reversed(before), strict=False):
        if a != b:
            break
        same += 1
    return same
