"""The documents for operators as they are written, where the site of them has not been made."""

import re
from itertools import pairwise

from django.conf import settings
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

_PAGE = re.compile(r"(docs/(?:adr/)?[\w.]+)\.html", re.ASCII)
_LINK = re.compile(r"(?!https?:)([^#]+)\.md(#.*)?")
_KINDS = re.compile(r" \(([a-z_, ]+)\)$")  # of alarms, at the end of a heading
_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table")


def render_document(path: str) -> SafeString:
    """Return the document whose page of the site is ``path`` ("docs/runbook.vi.html") as HTML; ""
    for none. Links among documents lead to pages of the site.

    As on the site (docs/site/conf.py), "#late" leads to the section “… (late)” of the runbook.
    """
    page = _PAGE.fullmatch(path)
    source = settings.BASE_DIR / f"{page[1]}.md" if page else None
    if source is None or not source.is_file():
        return mark_safe("")
    tokens = _MARKDOWN.parse(source.read_text("utf-8"))
    for heading, words in pairwise(tokens):
        if heading.type == "heading_open" and (named := _KINDS.search(words.content)):
            # Each in an element of its own: a heading has one id.
            anchors = format_html_join("", '<span id="{}"></span>', zip(named[1].split(", ")))
            anchor = Token("html_inline", "", 0, content=anchors)
            words.children = [anchor, *(words.children or [])]
    for inline in tokens:
        for token in inline.children or []:
            target = _LINK.fullmatch(str(token.attrs.get("href", "")))
            if target:
                token.attrs["href"] = f"{target[1]}.html{target[2] or ''}"
    return mark_safe(_MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {}))  # noqa: S308 -- no HTML of the source
