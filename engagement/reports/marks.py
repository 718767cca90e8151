"""Refuse marks of secrecy, urgency and circulation: papers that bear one are not made here."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass, replace

from django.utils.translation import gettext as _

from core import training
from core.errors import Refused
from core.secrecy import require_no_secrecy_mark
from core.text import normalise
from engagement.reports.document import Document, clean

# Decree 30/2020/NĐ-CP, Appendix I, III 2 b and c. Letters may be spaced out, as marks often are.
_MARK = re.compile(
    r"^\W*(?:(?:độ|mức độ|mức|dấu) ?khẩn\W*)?"
    r"(?:h ?[oỏ] ?[ảa] ?t ?ố ?c|t ?h ?ư ?ợ ?n ?g ?k ?h ?ẩ ?n|k ?h ?ẩ ?n"
    r"|xem xong trả lại|lưu hành nội bộ)"
    r"(?: hẹn giờ)?\W*$",
    re.IGNORECASE,
)
_BLANKS = re.compile(r"[^\S\n]+")
_LONGEST_MARK = 60  # characters of a line that can be a mark


def require_no_mark(texts: Iterable[str]) -> None:
    """Raise SecrecyRefused for a text with a mark of secrecy, Refused for one with a line that is a
    mark of urgency or circulation and nothing else.
    """
    listed = list(texts)
    require_no_secrecy_mark(listed)
    for mark in filter(None, map(_find_mark, listed)):
        raise Refused(
            _(
                "A report bears no mark of urgency or circulation. Take out “%(text)s”; a paper "
                "that needs one is made by the clerk."
            )
            % {"text": mark}
        )


def _find_mark(text: str) -> str:
    """Return the line of ``text`` that is a mark, or nothing."""
    for line in normalise(text).splitlines():
        if len(line) <= _LONGEST_MARK and _MARK.match(_BLANKS.sub(" ", line).strip()):
            return line.strip()
    return ""


def prepare_for_paper(document: Document) -> Document:
    """Return the document as its files are written: each text on one line, nothing unseen in it,
    in training with the mark.
    Raise SecrecyRefused or Refused for a mark in any of its texts.
    """
    require_no_mark(set(_list_texts(document)))
    paper = clean(document)
    return replace(paper, subject=training.mark(paper.subject), mark=training.get_mark())


def _list_texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _list_texts(item)
    elif is_dataclass(value):
        for field in fields(value):
            yield from _list_texts(getattr(value, field.name))
