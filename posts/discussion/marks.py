"""The words that comments are about, marked in a rendered text: links to their threads, where no
script sets them.
"""

import html
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from posts.discussion import anchors
from posts.models import Thread

_TAG = re.compile(r"(<[^<>]*>)")
_IN_LINK = re.compile(r"<(/?)a\b", re.IGNORECASE)


@dataclass(slots=True)
class Marks:
    """The open threads of a page. ``placed``: those, by public id, whose words a text has shown;
    the first place has an id, to which the thread leads back.
    """

    threads: list[Thread]
    placed: set[str] = field(default_factory=set)

    def put_in(self, rendered: str) -> SafeString:
        """Mark the words of each thread in HTML that a template has rendered."""
        pieces = _TAG.split(rendered)  # texts at even places, the tags between them at odd ones
        texts = {at: html.unescape(pieces[at]) for at in _outside_links(pieces)}
        cuts: dict[int, list[tuple[int, int, Thread]]] = {}
        for thread in self.threads:
            for at, start, end in _locate(texts, thread):
                cuts.setdefault(at, []).append((start, end, thread))
        for at, threads in cuts.items():
            pieces[at] = self._mark_words(texts[at], threads)
        return mark_safe("".join(pieces))  # noqa: S308 - as it was, but for escaped words in links

    def _mark_words(self, text: str, spans: list[tuple[int, int, Thread]]) -> str:
        made, done = "", 0
        for start, end, thread in sorted(spans, key=lambda span: span[:2]):
            if start < done:  # words of another thread overlap: they are marked already
                continue
            made += html.escape(text[done:start], quote=False)
            made += self._link(thread, text[start:end])
            done = end
        return made + html.escape(text[done:], quote=False)

    def _link(self, thread: Thread, text: str) -> str:
        key = str(thread.public_id)
        if key in self.placed:
            return format_html('<a class="commented" href="#thread-{}">{}</a>', key, text)
        self.placed.add(key)
        link = '<a class="commented" id="words-{0}" href="#thread-{0}">{1}</a>'
        return format_html(link, key, text)


def marks_of(threads: Iterable[Thread]) -> Marks:
    """Return the marks of the threads that are about words and not resolved yet."""
    return Marks([thread for thread in threads if thread.quote and not thread.resolved_at])


def _outside_links(pieces: list[str]) -> list[int]:
    """Return the places of texts that are in no link: a link holds no other."""
    outside, depth = [], 0
    for at, piece in enumerate(pieces):
        if at % 2 == 0 and not depth:
            outside.append(at)
        elif at % 2 and (match := _IN_LINK.match(piece)):
            depth = max(0, depth + (-1 if match[1] else 1))
    return outside


def _locate(texts: dict[int, str], thread: Thread) -> list[tuple[int, int, int]]:
    """Find the thread's words in the texts taken together, the place of which the thread is or the
    last one before it, as static/js/lib/quotes.js does. Return the parts: which text, from, to.
    """
    matches = list(anchors.quote_pattern(thread.quote).finditer("".join(texts.values())))
    if not matches:
        return []
    place = matches[min(thread.occurrence, len(matches) - 1)]
    parts, begins = [], 0
    for at, text in texts.items():
        start, end = max(place.start() - begins, 0), min(place.end() - begins, len(text))
        if start < end and text[start:end].strip():
            parts.append((at, start, end))
        begins += len(text)
    return parts
