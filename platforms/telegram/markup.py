"""Officers' HTML in the small subset that Telegram takes: bold, italic, underline and links; the
rest becomes text.

Every letter carries the marks that it stands under, and tags are written only where marks change:
so the outcome is well-formed whatever comes in, and an approved post never fails for its markup.
"""

import html
import re
from html.parser import HTMLParser
from itertools import takewhile

_MARKS = {"strong": "b", "b": "b", "h2": "b", "h3": "b", "em": "i", "i": "i", "u": "u"}
_BLANKS = re.compile(r"[ \t\n\f\r]+")  # not the no-break space

Mark = tuple[str, str]  # the tag, and a link's address
Letter = tuple[str, tuple[Mark, ...]]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.letters: list[Letter] = []
        self.open: list[
            tuple[str, Mark | None]
        ] = []  # the tags around, each with the mark that it makes
        self.lists: list[int] = []  # 0: bullets; n: the next number
        self.shown = ""  # what a link shows that Telegram knows none of

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
                self.open.append((tag, ("a", address) if known else ("", address)))
                self.shown = ""
            case _ if tag in _MARKS:
                self.open.append((tag, (_MARKS[tag], "")))

    def handle_endtag(self, tag: str) -> None:
        if tag in ("ul", "ol") and self.lists:
            self.lists.pop()
        at = next((n for n in reversed(range(len(self.open))) if self.open[n][0] == tag), None)
        if at is not None:
            _tag, mark = self.open.pop(at)
            if mark and not mark[0]:
                # A telephone or mail link: Telegram makes its own of what it sees.
                address = mark[1].removeprefix("tel:").removeprefix("mailto:")
                if address and address != self.shown.strip():
                    self._write(f" ({address})")
        if tag in ("p", "h2", "h3", "ul", "ol") and not self.lists:
            self._write("\n\n")

    def handle_data(self, data: str) -> None:
        data = _BLANKS.sub(" ", data)
        self.shown += data
        self._write(data)

    def _write(self, text: str) -> None:
        marks = tuple(dict.fromkeys(mark for _tag, mark in self.open if mark and mark[0]))
        self.letters += [(letter, marks) for letter in text]


def subset(body: str) -> str:
    """``body`` in Telegram's HTML."""
    reader = _Reader()
    reader.feed(body)
    reader.close()
    written: list[str] = []
    open_marks: tuple[Mark, ...] = ()
    for letter, marks in [*_tidy(reader.letters), ("", ())]:
        kept = len(
            list(takewhile(lambda pair: pair[0] == pair[1], zip(open_marks, marks, strict=False)))
        )
        written += [f"</{tag}>" for tag, _address in reversed(open_marks[kept:])]
        written += [_opening(mark) for mark in marks[kept:]]
        written.append(html.escape(letter, quote=False))
        open_marks = marks
    return "".join(written)


def _opening(mark: Mark) -> str:
    tag, address = mark
    return f'<a href="{html.escape(address)}">' if tag == "a" else f"<{tag}>"


def _tidy(letters: list[Letter]) -> list[Letter]:
    """Without blanks at the ends of lines, with one blank between words and one empty line between
    paragraphs.
    """
    tidy: list[Letter] = []
    for letter, marks in letters:
        last = [each for each, _marks in tidy[-2:]]
        if letter == " " and (not last or last[-1] in " \n"):
            continue
        if letter == "\n":
            if last and last[-1] == " ":
                tidy.pop()
                last = [each for each, _marks in tidy[-2:]]
            if not last or last == ["\n", "\n"]:
                continue
        tidy.append((letter, marks))
    while tidy and tidy[-1][0] in " \n":
        tidy.pop()
    return tidy
