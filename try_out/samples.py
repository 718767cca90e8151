"""Sample posts from data/sample_posts.md, whose units are invented: each is told again as a real
unit would tell it.
"""

import html
import re
from typing import NamedTuple

from django.conf import settings

from units.models import Unit

_POST = re.compile(
    r"^### (G\d\d) — (.+?)\n- Chủ đề: (\w+) · .*? · Đơn vị: Công an (.+?)\n```\n(.*?)\n```",
    re.MULTILINE | re.DOTALL,
)


class Sample(NamedTuple):
    code: str
    title: str
    topic: str
    place: str  # 'phường Sông Xanh'
    text: str

    def make_texts(self, unit: Unit) -> tuple[str, str]:
        """Return title and text with the unit's own name and kind of place."""
        return _fill_in(self.title, self.place, unit), _fill_in(self.text, self.place, unit)


def read_samples() -> dict[str, Sample]:
    source = (settings.BASE_DIR / "data" / "sample_posts.md").read_text(encoding="utf-8")
    return {match[1]: Sample(*match.groups()) for match in _POST.finditer(source)}


def _fill_in(text: str, place: str, unit: Unit) -> str:
    here = unit.place[0].lower() + unit.place[1:]
    text = text.replace(place, here)
    was, now = _get_kind(place), _get_kind(here)
    if was != now:
        text = re.sub(rf"\b{was}\b", now, text)
        text = re.sub(rf"\b{was.capitalize()}\b", now.capitalize(), text)
    return text


def _get_kind(place: str) -> str:
    return next(kind for kind in ("phường", "xã", "đặc khu") if place.startswith(kind))


def to_html(text: str) -> str:
    """Convert paragraphs and lists to HTML as an officer would have typed them into the editor."""
    blocks = []
    for block in text.split("\n\n"):
        lines = block.split("\n")
        items = [line for line in lines if re.match(r"(- |\d\. )", line)]
        if items and items == lines[len(lines) - len(items) :]:
            paragraphs = lines[: len(lines) - len(items)]
            kind = "ul" if items[0].startswith("-") else "ol"
            if paragraphs:
                blocks.append(_make_paragraph(paragraphs))
            html_items = "".join(
                f"<li><p>{html.escape(re.sub(r'^(- |\d\. )', '', i), quote=False)}</p></li>"
                for i in items
            )
            blocks.append(f"<{kind}>{html_items}</{kind}>")
        else:
            blocks.append(_make_paragraph(lines))
    return "".join(blocks)


def _make_paragraph(lines: list[str]) -> str:
    return f"<p>{'<br>'.join(html.escape(line, quote=False) for line in lines)}</p>"
