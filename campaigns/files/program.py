"""Read the text of a PDF, Word or Excel file, and look for what runs in it.

A program of its own, started by ``campaigns.files.reading`` (see ``core.sandbox``). It imports
nothing of ours; what it says is checked by its caller.

    program.py KIND SOURCE FOLDER LIMITS
    LIMITS: {"letters": …, "pages": …, "objects": …, "entries": …, "unpacked": …}

leaves in FOLDER ``facts.json``: ``{"lines": [text, …], "was_read": true}``, or
``{"refused": why}``: broken, locked, active or large.
"""

import json
import re
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_MAIN = {
    "word": ("word/document.xml", "wordprocessingml.document.main+xml"),
    "excel": ("xl/workbook.xml", "spreadsheetml.sheet.main+xml"),
}
# Names of parts that run, hold other files, or draw on them.
_ACTIVE_PARTS = re.compile(
    r"vba|macrosheets|activex|oleobject|embeddings/|externallinks/|customui|ctrlprops/|\.bin$|\.exe$",
    re.IGNORECASE,
)
_PRINTER = re.compile(r"printersettings\d*\.bin$", re.IGNORECASE)
_WORD_TEXTS = re.compile(r"word/(document|header\d*|footer\d*|footnotes|endnotes|comments)\.xml")
_EXCEL_TEXTS = re.compile(r"xl/(sharedStrings|worksheets/[^/]+|comments\d*|drawings/[^/]+)\.xml")
_FIELDS = re.compile(r"\b(DDE|DDEAUTO|INCLUDETEXT|INCLUDEPICTURE|MACROBUTTON)\b", re.IGNORECASE)
_ACTIONS = {
    "/JavaScript",
    "/Launch",
    "/SubmitForm",
    "/ImportData",
    "/GoToR",
    "/GoToE",
    "/Rendition",
    "/RichMediaExecute",
}
_ACTIVE_KEYS = {"/JS", "/XFA", "/EF", "/EmbeddedFiles", "/RichMediaContent"}
_ACTIVE_KINDS = {"/RichMedia", "/FileAttachment", "/Movie", "/Screen", "/Sound", "/3D"}
_LETTERS_OF_TEXT = 20  # on a page; fewer are the number on a scanned one


class UnsafeFile(Exception):
    """The file is refused; the reason is one of broken, locked, active, large."""


class Lines:
    """Lines of text up to a number of letters. Raise UnsafeFile above it."""

    def __init__(self, most: int) -> None:
        self.found: list[str] = []
        self.left = most

    def add(self, text: str) -> None:
        for line in text.splitlines():
            self.left -= len(line) + 1
            if self.left < 0:
                raise UnsafeFile("large")
            if line.strip():
                self.found.append(line)


def read_pdf(source: str, limits: dict[str, int]) -> dict[str, Any]:
    import pypdf

    reader = pypdf.PdfReader(source, strict=False)
    if reader.is_encrypted:
        raise UnsafeFile("locked")
    _require_passive(reader, limits["objects"])
    if len(reader.pages) > limits["pages"]:
        raise UnsafeFile("large")
    lines, was_read = Lines(limits["letters"]), True
    for page in reader.pages:
        text = page.extract_text()
        was_read = was_read and sum(letter.isalpha() for letter in text) >= _LETTERS_OF_TEXT
        lines.add(text)
    return {"lines": lines.found, "was_read": was_read}


def _require_passive(reader: Any, most: int) -> None:
    """Look at every object that the file's tables name, reached from its pages or not."""
    from pypdf.generic import IndirectObject

    numbers = {(n, generation) for generation, table in reader.xref.items() for n in table}
    numbers |= {(n, 0) for n in reader.xref_objStm}
    if len(numbers) > most:
        raise UnsafeFile("large")
    waiting = [reader.trailer]
    for number, generation in sorted(numbers):
        if number:
            waiting.append(IndirectObject(number, generation, reader).get_object())
        while waiting:
            waiting.extend(_list_parts(waiting.pop()))


def _list_parts(value: Any) -> Iterator[Any]:
    """Yield the objects right inside of one. Raise UnsafeFile for one that runs or holds a file."""
    from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject

    if isinstance(value, DictionaryObject):
        kind, subtype, action = (value.raw_get(k) if k in value else "" for k in _KINDS)
        if (
            _ACTIVE_KEYS & value.keys()
            or action in _ACTIONS
            or subtype in _ACTIVE_KINDS
            or kind == "/EmbeddedFile"
        ):
            raise UnsafeFile("active")
        inside = [value.raw_get(key) for key in value]
    elif isinstance(value, ArrayObject):
        inside = list(list.__iter__(value))
    else:
        inside = []
    for item in inside:
        if not isinstance(item, IndirectObject):  # the table names those
            yield item


_KINDS = ("/Type", "/Subtype", "/S")


def read_office(kind: str, source: str, limits: dict[str, int]) -> dict[str, Any]:
    with zipfile.ZipFile(source) as archive:
        entries = archive.infolist()
        if (
            len(entries) > limits["entries"]
            or sum(entry.file_size for entry in entries) > limits["unpacked"]
        ):
            raise UnsafeFile("large")
        names = [entry.filename for entry in entries]
        main, content_type = _MAIN[kind]
        types = archive.read("[Content_Types].xml").decode("utf-8", "replace")
        if "macroEnabled" in types:
            raise UnsafeFile("active")
        if main not in names or content_type not in types:
            raise UnsafeFile("broken")
        for name in names:
            if _ACTIVE_PARTS.search(name) and not _PRINTER.search(name):
                raise UnsafeFile("active")
            if name.endswith(".rels"):
                _require_local(archive.read(name))
        lines = Lines(limits["letters"])
        texts = _WORD_TEXTS if kind == "word" else _EXCEL_TEXTS
        for name in sorted(names):
            if texts.fullmatch(name):
                with archive.open(name) as file:
                    for line in _read_lines(file):
                        lines.add(line)
        has_pictures = any("/media/" in name for name in names)
    return {"lines": lines.found, "was_read": not has_pictures}


def _require_local(relations: bytes) -> None:
    """Raise UnsafeFile where a part draws on another file; links that people follow may
    lead away.
    """
    from defusedxml.ElementTree import fromstring

    for relation in fromstring(relations):
        is_link = relation.get("Type", "").endswith("/hyperlink")
        if relation.get("TargetMode") == "External" and not is_link:
            raise UnsafeFile("active")


def _read_lines(file: Any) -> Iterator[str]:
    """Yield the paragraphs and the cells of a part."""
    from defusedxml.ElementTree import iterparse

    texts: list[str] = []
    for _event, element in iterparse(file, events=("end",)):
        name = element.tag.rpartition("}")[2]
        text = element.text or ""
        if name == "instrText" and _FIELDS.search(text):
            raise UnsafeFile("active")
        if name in ("t", "v", "instrText"):
            texts.append(text)
        elif name in ("tab", "br", "cr"):
            texts.append(" ")
        elif name in ("p", "si", "c", "comment", "oddHeader", "oddFooter", "evenHeader"):
            yield "".join([*texts, text])
            texts = []
            element.clear()
    yield "".join(texts)


def main(kind: str, source: str, folder: str, bounds: str) -> None:
    limits = json.loads(bounds)
    try:
        facts = read_pdf(source, limits) if kind == "pdf" else read_office(kind, source, limits)
    except UnsafeFile as error:
        facts = {"refused": str(error)}
    except (Exception, MemoryError):  # a hostile or broken file may fail anywhere inside a reader
        facts = {"refused": "broken"}
    (Path(folder) / "facts.json").write_text(json.dumps(facts, ensure_ascii=False))


if __name__ == "__main__":
    main(*sys.argv[1:])
