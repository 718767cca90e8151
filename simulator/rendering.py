"""Render HTML from small template files. Every value is escaped unless it is Html already."""

from __future__ import annotations

import re
from functools import cache
from html import escape
from html.parser import HTMLParser
from pathlib import Path
from string import Template
from urllib.parse import urlencode

from aiohttp import web

TEMPLATES = Path(__file__).parent / "templates"
CSP = (
    "default-src 'none'; style-src 'self'; img-src 'self'; media-src 'self'; base-uri "
    "'none'; frame-ancestors 'none'"
)
ARTICLE_TAGS = {"p", "br", "b", "strong", "i", "em", "u", "ul", "ol", "li", "h2", "h3", "a"}


class Html(str):
    """Mark text that may go into a page as it is."""


@cache
def load_template(name: str) -> Template:
    return Template((TEMPLATES / f"{name}.html").read_text())


def render_fragment(name: str, /, **values: object) -> Html:
    return Html(
        load_template(name).substitute(
            {
                key: value if isinstance(value, Html) else escape(str(value))
                for key, value in values.items()
            }
        )
    )


def join(parts: list[Html]) -> Html:
    return Html("".join(parts))


def render_page(name: str, title: str, status: int = 200, /, **values: object) -> web.Response:
    text = render_fragment(
        "base", title=title, content=render_fragment(name, title=title, **values)
    )
    return web.Response(
        text=text, status=status, content_type="text/html", headers={"Content-Security-Policy": CSP}
    )


def render_message(title: str, text: str, status: int = 400) -> web.Response:
    return render_page("message", title, status, text=text)


def redirect(url: str, **query: str) -> web.Response:
    """Send the browser on, with more words in the query than the address has already."""
    if query:
        url += ("&" if "?" in url else "?") + urlencode(query)
    return web.Response(status=303, headers={"Location": url})


def format_number(value: int) -> str:
    return f"{value:,}".replace(",", ".")


def link_addresses(text: str) -> Html:
    """Make links of the addresses in plain text."""
    return Html(
        re.sub(
            r"https?://[^\s<>&\"']+",
            lambda match: f'<a href="{match[0]}" rel="nofollow">{match[0]}</a>',
            escape(text),
        )
    )


class Cleaner(HTMLParser):
    """Keep the tags that Zalo's reader shows, and of attributes only a link's web address."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            href = dict(attrs).get("href") or ""
            safe = href if href.startswith(("http://", "https://")) else "#"
            self.parts.append(f'<a href="{escape(safe)}" rel="nofollow">')
        elif tag in ARTICLE_TAGS:
            self.parts.append(f"<{tag}>")

    def handle_endtag(self, tag: str) -> None:
        if tag in ARTICLE_TAGS and tag != "br":
            self.parts.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        self.parts.append(escape(data))


def clean_html(html: str) -> Html:
    cleaner = Cleaner()
    cleaner.feed(html)
    cleaner.close()
    return Html("".join(cleaner.parts))
