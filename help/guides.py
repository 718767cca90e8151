"""The guides of ``help/guides``, a file each in Vietnamese: what to do where, step by step.

A guide begins with its title, its readers (``roles``), the views on whose pages the panel opens it
(``pages``) and its place among all (``order``). Then comes Markdown: paragraphs, one list of steps,
pictures of ``static/help``, a note (``>``), and links to other guides (``guide:slug``). What is
bold are words of the screen; ``tests/handbook`` looks for them on the pages.
"""

from collections.abc import Collection, Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, Self

from django.contrib.staticfiles import finders
from django.core.checks import CheckMessage, Error
from django.db import models
from django.urls import URLResolver, get_resolver
from django.utils.translation import gettext_lazy as _
from markdown_it import MarkdownIt
from markdown_it.token import Token

from accounts.models import User
from accounts.permissions import Role
from core.text import begins_words
from units.models import Level

FOLDER = Path(__file__).parent / "guides"


class Reader(models.TextChoices):
    """Name those for whom guides are written; each has a handbook of its own."""

    OFFICER = "officer", _("Officers")
    CHIEF = "chief", _("Leaders of units")
    PROVINCE = "province", _("Provinces")
    MINISTRY = "ministry", _("Ministry")
    ADMINISTRATOR = "administrator", _("Administrators")
    OPERATOR = "operator", _("System operators")


_BY_ROLE: dict[str, Reader] = {Role.OFFICER: Reader.OFFICER, Role.APPROVER: Reader.CHIEF}
_OFFICES: dict[str, Reader] = {Level.PROVINCE: Reader.PROVINCE, Level.MINISTRY: Reader.MINISTRY}


class Span(NamedTuple):
    """Words of a guide: plain, of the screen, or a link to another guide."""

    text: str
    bold: bool = False
    guide: str = ""


class Block(NamedTuple):
    """A part of a guide: ``kind`` is paragraph, step, note or picture."""

    kind: str
    spans: tuple[Span, ...] = ()
    number: int = 0  # of a step
    picture: str = ""  # a file of static/help; ``spans`` say what it shows


class Guide(NamedTuple):
    """A guide as its file says it."""

    slug: str
    title: str
    readers: tuple[str, ...]
    pages: tuple[str, ...]
    order: int
    blocks: tuple[Block, ...]

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a file. Raise ValueError, KeyError for one that is no guide."""
        _before, head, text = path.read_text("utf-8").split("---\n", 2)
        facts = dict(line.split(": ", 1) for line in head.splitlines())
        readers, pages = (
            tuple(name.strip() for name in facts[key].split(",")) for key in ("roles", "pages")
        )
        order = int(facts["order"])
        return cls(path.stem, facts["title"], readers, pages, order, tuple(_parse(text)))

    @property
    def spans(self) -> Iterator[Span]:
        return (span for block in self.blocks for span in block.spans)


@cache
def read_guides() -> dict[str, Guide]:
    """Return all guides by slug, in their order."""
    guides = (Guide.read(path) for path in FOLDER.glob("*.md"))
    return {guide.slug: guide for guide in sorted(guides, key=lambda g: (g.order, g.slug))}


def find_readers(user: User) -> list[str]:
    """Return as whom ``user`` reads guides, by the positions that they hold."""
    readers = {Reader.OPERATOR} if user.is_operator else set()
    for appointment in user.current_appointments:
        if appointment.role == Role.ADMINISTRATOR:
            readers.add(Reader.ADMINISTRATOR)
            continue
        office = _OFFICES.get(appointment.unit.level)
        readers.add(_BY_ROLE.get(appointment.role) or office or Reader.PROVINCE)
        if office:  # whoever writes and approves there issues kits and asks for reports, too
            readers.add(office)
    return [reader for reader in Reader if reader in readers]


def list_guides(readers: Collection[str], query: str = "") -> list[Guide]:
    """Return the guides for any of ``readers`` whose words those of a query begin."""
    return [
        guide
        for guide in read_guides().values()
        if not {*readers}.isdisjoint(guide.readers)
        and begins_words(query, " ".join([guide.title, *(span.text for span in guide.spans)]))
    ]


def find_guide(view: str, readers: Collection[str]) -> Guide | None:
    """Return the first guide for one of ``readers`` on the pages of ``view``."""
    return next((guide for guide in list_guides(readers) if view in guide.pages), None)


def check_guides(**kwargs: Any) -> list[CheckMessage]:
    """Return what is wrong with the files: unknown readers, pages and links, missing pictures."""
    errors = []
    views = set(_list_views())
    paths = sorted(FOLDER.glob("*.md"))
    known_guides = {path.stem for path in paths}
    for path in paths:
        try:
            guide = Guide.read(path)
        except (ValueError, KeyError) as error:
            errors.append(f"{path.name} is no guide: {error!r}")
            continue
        errors += [
            f"{path.name}: no such {what} as {name}"
            for what, names, known in (
                ("reader", guide.readers, Reader.values),
                ("page", guide.pages, views),
                ("guide", [s.guide for s in guide.spans if s.guide], known_guides),
            )
            for name in names
            if name not in known
        ]
        errors += [
            f"{path.name}: no picture {block.picture} in static/help"
            for block in guide.blocks
            if block.picture and not finders.find(f"help/{block.picture}")
        ]
    return [Error(message, id="help.E001") for message in errors]


def _list_views(resolver: URLResolver | None = None, namespace: str = "") -> Iterator[str]:
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from _list_views(pattern, inner)
        elif pattern.name:
            yield f"{namespace}{pattern.name}"


def _parse(text: str) -> Iterator[Block]:
    """Yield the blocks of a guide's Markdown."""
    kinds = ["paragraph"]
    steps = number = 0
    for token in MarkdownIt("commonmark", {"html": False}).parse(text):
        if token.type == "list_item_open":
            kinds.append("step")
            steps += 1
            number = steps
        elif token.type == "blockquote_open":
            kinds.append("note")
        elif token.type in ("list_item_close", "blockquote_close"):
            kinds.pop()
        elif token.type == "inline":
            spans, pictures = _parse_words(token.children or [])
            if spans:
                yield Block(kinds[-1], tuple(spans), number)
                number = 0  # of several paragraphs in a step, the first bears its number
            yield from pictures


def _parse_words(tokens: list[Token]) -> tuple[list[Span], list[Block]]:
    spans: list[Span] = []
    pictures = []
    bold, guide = False, ""
    for token in tokens:
        if token.type in ("strong_open", "strong_close"):
            bold = token.type == "strong_open"
        elif token.type in ("link_open", "link_close"):
            guide = str(token.attrGet("href") or "").removeprefix("guide:")
        elif token.type == "image":
            shows = (Span(token.content),)
            pictures.append(Block("picture", shows, picture=str(token.attrGet("src"))))
        elif token.type in ("softbreak", "hardbreak"):
            spans.append(Span(" "))
        elif token.content:
            spans.append(Span(token.content, bold, guide))
    while spans and not spans[-1].text.strip():
        spans.pop()  # the break before a picture
    return spans, pictures
