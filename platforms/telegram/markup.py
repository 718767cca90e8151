"""Convert officers' HTML to the few tags that Telegram takes: bold, italic, underline and links;
the rest becomes text.

Every letter is stored with the marks around it, and tags are written only where the marks change:
so the result is well-formed whatever comes in, and an approved post never fails for its markup.
"""

import html
import re
from html.parser import HTMLParser
from itertools import takewhile

_MARKS = {"strong": "b", "b": "b", "h2": "b", "h3": "b", "em": "i", "i": "i", "u": "u"}
_BLANKS = re.compile(r"[ \t\n\f\r]+")  # not the no-break space

Mark = tuple[str, str]  # the tag, and a link's address
Letter = tuple[str, tuple[Mark, ...]]


class _LetterReader(HTMLParser):
    """Read HTML into letters, each with the marks around it."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.letters: list[Letter] = []
        # The tags around, each with the mark that it makes; a mark without a tag is a link of a
        # kind that Telegram does not know.
        self.open_tags: list[tuple[str, Mark]] = []
        self.lists: list[int] = []  # 0: bullets; n: the next number
        self.link_text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        match tag:
            case "br":
                self._write("\n")
            case "ul" | "ol":
                self.lists.append(0 if tag == "ul" else 1)
            case "li":
                number = self.lists[-1] if self.lists else 0
                self._write(f"\n{number}. " if number else "\n- ")
                if number:
                    self.lists[-1] += 1
            case "a":
                address = (dict(attrs).get("href") or "").strip()
                known = address.startswith(("https://", "http://"))
                self.open_tags.append((tag, ("a", address) if known else ("", address)))
                self.link_text = ""
            case _ if tag in _MARKS:
                self.open_tags.append((tag, (_MARKS[tag], "")))

    def handle_endtag(self, tag: str) -> None:
        if tag in ("ul", "ol") and self.lists:
            self.lists.pop()
        at = next(
            (n for n in reversed(range(len(self.open_tags))) if self.open_tags[n][0] == tag), None
        )
        if at is not None:
            _tag, (mark_tag, link) = self.open_tags.pop(at)
            if not mark_tag:
                # Telegram itself turns the numbers and addresses that it sees into links.
                address = link.removeprefix("tel:").removeprefix("mailto:")
                if address and address != self.link_text.strip():
                    self._write(f" ({address})")
        if tag in ("p", "h2", "h3", "ul", "ol") and not self.lists:
            self._write("\n\n")

    def handle_data(self, data: str) -> None:
        data = _BLANKS.sub(" ", data)
        self.link_text += data
        self._write(data)

    def _write(self, text: str) -> None:
        marks = tuple(dict.fromkeys(mark for _tag, mark in self.open_tags if mark[0]))
        self.letters += [(letter, marks) for letter in text]


def to_telegram_html(body: str) -> str:
    """Convert ``body`` to Telegram's HTML."""
    return _write_tags(_read_letters(body))


def to_rich_html(body: str) -> str:
    """Convert ``body`` to the HTML of rich messages: the same letters, a paragraph each line."""
    lines: list[list[Letter]] = [[]]
    for letter in _read_letters(body):
        if letter[0] == "\n":
            lines.append([])
        else:
            lines[-1].append(letter)
    return "".join(f"<p>{_write_tags(line)}</p>" for line in lines if line)


def to_rich_paragraphs(text: str) -> str:
    """Write plain text as the HTML of rich messages."""
    lines = (line.strip() for line in text.split("\n"))
    return "".join(f"<p>{html.escape(line, quote=False)}</p>" for line in lines if line)


def _read_letters(body: str) -> list[Letter]:
    reader = _LetterReader()
    reader.feed(body)
    reader.close()
    return _collapse_blanks(reader.letters)


def _write_tags(letters: list[Letter]) -> str:
    parts: list[str] = []
    open_marks: tuple[Mark, ...] = ()
    for letter, marks in [*letters, ("", ())]:
        pairs = zip(open_marks, marks, strict=False)
        unchanged = len(list(takewhile(lambda pair: pair[0] == pair[1], pairs)))
        parts += [f"</{tag}>" for tag, _address in reversed(open_marks[unchanged:])]
        parts += [_make_opening_tag(mark) for mark in marks[unchanged:]]
        parts.append(html.escape(letter, quote=False))
        open_marks = marks
    return "".join(parts)


def _make_opening_tag(mark: Mark) -> str:
    tag, address = mark
    return f'<a href="{html.escape(address)}">' if tag == "a" else f"<{tag}>"


def _collapse_blanks(letters: list[Letter]) -> list[Letter]:
    """Remove blanks at the ends of lines, and leave one blank between words and one empty line
    between paragraphs.
    """
    tidy: list[Letter] = []
    for letter, marks in letters:
        last = [piece for piece, _marks in tidy[-2:]]
        if letter == " " and (not last or last[-1] in " \n"):
            continue
        if letter == "\n":
            if last and last[-1] == " ":
                tidy.pop()
                last = [piece for piece, _marks in tidy[-2:]]
            if not last or last == ["\n", "\n"]:
                continue
        tidy.append((letter, marks))
    while tidy and tidy[-1][0] in " \n":
        tidy.pop()
    return tidy
