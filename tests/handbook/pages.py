"""Pages of the portal as the reader of a guide meets them, and the labels that stand on them."""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from django.urls import reverse
from lxml import html

from tests.architecture.test_access import ENTRIES, MAKERS, _of_person

# What names a picture, a button or an empty field.
NAMING = ("aria-label", "placeholder", "value", "title", "label")
UNSEEN = ("script", "style", "template", "head")
# Read aloud alone, or where scripts are off.
HIDDEN = {"visually-hidden", "no-script"}


class Stop(NamedTuple):
    """A page to which a guide leads: its view; who opens it, the guide's first reader unless said;
    and what its URL names, made for a unit by ``make``, else as the matrix of access makes it.
    """

    view: str
    role: str = ""
    make: Callable | None = None
    simulated: bool = False  # ``make`` takes the platforms, too


def address_of(stop: Stop, reader, *platforms) -> str:
    """Return the URL of a stop's page, with things of the reader's own unit."""
    entry = ENTRIES.get(stop.view)
    if stop.make:
        kwargs = stop.make(reader.unit, *platforms)
    elif entry is None:
        kwargs = {}
    elif entry.reach == "own" and entry.kwargs:
        kwargs = _of_person(entry, reader.user)
    else:
        kwargs = {name: MAKERS[kind](reader.unit) for name, kind in entry.kwargs.items()}
    return reverse(stop.view, kwargs=kwargs)


def open_page(stop: Stop, reader, *platforms) -> str:
    """Open the page of a stop; return its HTML."""
    response = reader.client.get(address_of(stop, reader, *platforms), follow=True)
    assert response.status_code == 200, f"{stop.view}: answered {response.status_code}"
    return response.content.decode()


def find_labels(page: str) -> set[str]:
    """Return every text of a page that may be called a label: of an element with all of its
    text, or with its own alone.
    """
    labels = set()
    for element in filter(_is_seen, html.document_fromstring(page).iter()):
        own = [element.text, *(child.tail for child in element)]
        texts = [*own, "".join(filter(None, own)), "".join(_read(element))]
        labels.update(one_line(text or "") for text in texts)
        labels.update(one_line(element.get(name, "")) for name in NAMING)
    return labels


def _is_seen(element) -> bool:
    return (
        isinstance(element.tag, str)
        and element.tag not in UNSEEN
        and HIDDEN.isdisjoint(element.get("class", "").split())
    )


def _read(element) -> Iterator[str]:
    for part in element.iter():
        if _is_seen(part):
            yield part.text or ""
        if part is not element:
            yield part.tail or ""


def one_line(text: str) -> str:
    """Return a text as labels are compared: without layout, and without "optional"."""
    return re.sub(r"\s+", " ", text).replace(" (không bắt buộc)", "").strip()
