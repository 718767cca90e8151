"""The guides as their files say them."""

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

from django.conf import settings

FOLDER = Path(settings.BASE_DIR) / "help" / "guides"


class Guide(NamedTuple):
    slug: str
    title: str
    roles: tuple[str, ...]
    pages: tuple[str, ...]
    text: str

    @property
    def labels(self) -> list[str]:
        """Return what is bold: words on the screen."""
        return [" ".join(label.split()) for label in re.findall(r"\*\*(.+?)\*\*", self.text, re.S)]

    @property
    def pictures(self) -> list[str]:
        return re.findall(r"!\[[^\]]*\]\(([\w-]+)\.webp\)", self.text)

    @property
    def links(self) -> list[tuple[str, str]]:
        """Return the words and the slug of each link to a guide."""
        return re.findall(r"\[([^\]]+)\]\(guide:([\w-]+)\)", self.text)


@cache
def read_guides() -> dict[str, Guide]:
    """Return all guides by slug."""
    return {path.stem: _read(path) for path in sorted(FOLDER.glob("*.md"))}


def _read(path: Path) -> Guide:
    _, head, text = path.read_text(encoding="utf-8").split("---\n", 2)
    facts = dict(line.split("#")[0].strip().split(": ", 1) for line in head.splitlines())
    return Guide(
        path.stem, facts["title"], _split(facts["roles"]), _split(facts.get("pages", "")), text
    )


def _split(names: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in names.split(",") if name.strip())
