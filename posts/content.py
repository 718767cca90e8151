"""The canonical form of a post: what is reviewed, hashed and sent.

One place makes it, so that preview and publication agree.
"""

import hashlib
import html
import json
import re
from collections.abc import Mapping
from html.parser import HTMLParser
from typing import Any

import nh3

from channels.queries import facts_of
from channels.states import Kind
from core.text import fold, normal
from posts import corrections
from posts.models import Post

TAGS = {"p", "br", "strong", "em", "u", "ul", "ol", "li", "a", "h2", "h3"}
_BLANKS = re.compile(r"[ \t\n\f]+")  # not the no-break space


def clean(body: str) -> str:
    """HTML as officers may write it: a short list of tags, https, tel and mail links, nothing else."""
    while True:
        cleaned = nh3.clean(
            normal(body),
            tags=TAGS,
            attributes={"a": {"href"}},
            url_schemes={"https", "http", "mailto", "tel"},
            link_rel=None,
            strip_comments=True,
        )
        # Entities become letters, and letters may compose with the mark after them: until nothing changes any more.
        if cleaned == body:
            return cleaned
        body = cleaned


class _Plain(HTMLParser):
    """HTML of ``TAGS`` as the plain text that platforms without markup show."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.lists: list[int] = []  # 0: bullets; n: the next number
        self.href = ""
        self.shown = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        match tag:
            case "br":
                self.parts.append("\n")
            case "ul" | "ol":
                self.lists.append(0 if tag == "ul" else 1)
            case "li":
                self.parts.append("\n")
                if self.lists and self.lists[-1]:
                    self.parts.append(f"{self.lists[-1]}. ")
                    self.lists[-1] += 1
                else:
                    self.parts.append("- ")
            case "a":
                self.href, self.shown = dict(attrs).get("href") or "", ""

    def handle_endtag(self, tag: str) -> None:
        match tag:
            case "p" | "h2" | "h3" if not self.lists:
                self.parts.append("\n\n")
            case "ul" | "ol":
                if self.lists:
                    self.lists.pop()
                self.parts.append("\n\n" if not self.lists else "")
            case "a":
                if self.href and self.href not in (self.shown, f"mailto:{self.shown}", f"tel:{self.shown}"):
                    self.parts.append(f" ({self.href})")
                self.href = ""

    def handle_data(self, data: str) -> None:
        data = _BLANKS.sub(" ", data)  # as browsers show it
        self.parts.append(data)
        if self.href:
            self.shown += data

    def text(self) -> str:
        lines = [_BLANKS.sub(" ", line).strip(" ") for line in "".join(self.parts).split("\n")]
        text = "\n".join(lines).strip()
        while "\n\n\n" in text:
            text = text.replace("\n\n\n", "\n\n")
        return text


def plain(body: str) -> str:
    parser = _Plain()
    parser.feed(body)
    parser.close()
    return parser.text()


def paragraphs(text: str) -> str:
    """Plain text as the HTML of an article."""
    blocks = [block for block in text.split("\n\n") if block.strip()]
    return "".join(f"<p>{html.escape(block, quote=False).replace(chr(10), '<br>')}</p>" for block in blocks)


def signed(text: str, unit_name: str) -> str:
    """Every post names its unit: where the text does not, a last line does."""
    return text if fold(unit_name) in fold(text) else f"{text}\n\n{unit_name}".strip()


def text_for(
    platform: str, *, title: str, body: str, override: str, link: str, unit_name: str, first: str = ""
) -> dict[str, str]:
    """The texts of one channel: ``text`` is complete where the platform shows one text, ``html`` for articles.

    ``first`` is a correction's line on what it corrects: it stands before everything, and no edit takes it away.
    """
    facts = facts_of(platform)
    own = normal(override).strip()
    words = own or plain(body)
    if facts.article:
        shown = paragraphs(own) if own else body
        if first:
            words, shown = f"{first}\n\n{words}".strip(), f"<p><strong>{html.escape(first)}</strong></p>{shown}"
        if link and link not in html.unescape(shown):
            address = html.escape(link)
            shown += f'<p><a href="{address}">{address}</a></p>'
        if fold(unit_name) not in fold(words):
            shown += f"<p>{html.escape(unit_name)}</p>"
        return {"text": signed(words, unit_name), "html": shown}
    # A correction's line says more than its title, which would only repeat it.
    text = f"{first}\n\n{words}".strip() if first else own or f"{title}\n\n{words}".strip()
    text = signed(text, unit_name)
    if link and link not in text:
        text = f"{text}\n\n{link}"
    return {"text": text, "html": ""}


def compose(post: Post) -> dict[str, Any]:
    """The working copy in canonical form. Costs two queries, a correction's some more; ``post.unit`` and ``post.topic``
    should be loaded."""
    corrected = corrections.stood(post.corrects) if post.corrects else None
    targets = post.targets.select_related("channel").order_by("channel__public_id")
    pictures = post.pictures.select_related("media").order_by("position", "pk")
    title = normal(post.title).strip()
    return {
        "title": title,
        "body": post.body,
        "link": post.link,
        "topic": post.topic.code if post.topic else "",
        "valid_until": post.valid_until.isoformat() if post.valid_until else "",
        # Only where it is set: what was hashed before there were urgent posts keeps its hash.
        **({"urgent": True} if post.urgent else {}),
        **({"corrects": str(post.corrects.public_id)} if post.corrects else {}),
        "unit": post.unit.name,
        "channels": [
            {
                "channel": str(t.channel.public_id),
                "platform": t.channel.platform,
                "name": t.channel.name,
                "own_text": bool(t.text.strip()),
                **text_for(
                    t.channel.platform,
                    title=title,
                    body=post.body,
                    override=t.text,
                    link=post.link,
                    unit_name=post.unit.name,
                    first=corrected.line(str(t.channel.public_id)) if corrected else "",
                ),
            }
            for t in targets
        ],
        "media": [
            {
                "media": str(p.media.public_id),
                "sha256": p.media.sha256,
                "alt": normal(p.alt_text).strip(),
                "width": p.media.width,
                "height": p.media.height,
            }
            for p in pictures
        ],
    }


def channel_name(target: Mapping[str, Any]) -> str:
    """A channel as people tell it apart: a unit's pages often bear one name on all platforms."""
    return f"{Kind(target['platform']).label} {target['name']}"


def digest(content: dict[str, Any]) -> str:
    """SHA-256 over the canonical JSON: texts, each channel's text, media hashes in order, and the channels."""
    canonical = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
