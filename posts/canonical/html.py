"""HTML as the portal keeps it: cleaned on the way in, and read as plain text."""

import html
import re
from functools import lru_cache
from html.parser import HTMLParser

import nh3

from core.text import normalise

TAGS = {"p", "br", "strong", "em", "u", "ul", "ol", "li", "a", "h2", "h3"}
# Characters of HTML: an article of 6,000 words. Zalo takes 10,000 characters of an article; only
# Facebook's 63,206 are more, and nobody reads as many there.
LONGEST_BODY = 40_000
MARKS = re.compile(r"<(?:(?:strong|em|u|h2|h3)>|a href=)")
BLANKS = re.compile(r"[ \t\n\f]+")  # not the no-break space

MOST_TAGS = (
    5_000  # an article has some hundred; 25,000 lists in each other took two seconds to clean
)


def is_too_large(body: str) -> bool:
    """Check whether ``body`` is more than ``clean`` should be asked for: longer, or of more tags,
    than any article.
    """
    return len(body) > LONGEST_BODY or body.count("<") > MOST_TAGS


def clean(body: str) -> str:
    """Reduce HTML to what officers may write: a short list of tags, https, tel and mail links,
    nothing else.
    """
    while True:
        cleaned = nh3.clean(
            normalise(body),
            tags=TAGS,
            attributes={"a": {"href"}},
            url_schemes={"https", "http", "mailto", "tel"},
            link_rel=None,
            strip_comments=True,
        )
        # Entities become letters, and letters may compose with the mark after them: until nothing
        # changes any more.
        if cleaned == body:
            return cleaned
        body = cleaned


class _PlainTextParser(HTMLParser):
    """Convert HTML of ``TAGS`` to the plain text that platforms without markup show."""

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
                if self.href and self.href not in (
                    self.shown,
                    f"mailto:{self.shown}",
                    f"tel:{self.shown}",
                ):
                    self.parts.append(f" ({self.href})")
                self.href = ""

    def handle_data(self, data: str) -> None:
        data = BLANKS.sub(" ", data)  # as browsers show it
        self.parts.append(data)
        if self.href:
            self.shown += data

    def text(self) -> str:
        lines = [BLANKS.sub(" ", line).strip(" ") for line in "".join(self.parts).split("\n")]
        text = "\n".join(lines).strip()
        while "\n\n\n" in text:
            text = text.replace("\n\n\n", "\n\n")
        return text


# One save asks for the same text some twelve times (a channel each, checks, hints, the search): 25
# milliseconds each for a text of 75 kB.
@lru_cache(maxsize=4)
def to_plain_text(body: str) -> str:
    parser = _PlainTextParser()
    parser.feed(body)
    parser.close()
    return parser.text()


def to_paragraphs(text: str) -> str:
    """Convert plain text to the HTML of an article."""
    blocks = [block for block in text.split("\n\n") if block.strip()]
    return "".join(
        f"<p>{html.escape(block, quote=False).replace(chr(10), '<br>')}</p>" for block in blocks
    )
