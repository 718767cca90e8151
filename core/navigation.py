"""The entries of the navigation: each app registers its own when it starts, and which pages belong
to them.
"""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core.text import fold

TOP, CONTENT, LIBRARY, CHANNELS, ADMINISTRATION, TABS, ACTIONS = (
    "top",
    "content",
    "library",
    "channels",
    "administration",
    "tabs",
    "actions",
)
# The parts of the sidebar, in their order; the first bears no heading.
SIDEBAR: dict[str, str | Promise] = {
    TOP: "",
    CONTENT: _("Content"),
    LIBRARY: _("Library"),
    CHANNELS: _("Channels and partners"),
    ADMINISTRATION: _("Administration"),
}


class Entry(NamedTuple):
    """A link of the sidebar, of the phone's bottom bar (``TABS``), where the first four that a
    person sees count, or to a page on which one does something, found by the search (``ACTIONS``).

    It is shown to people who have all rights in ``rights``, and none of those in ``hidden_by``. The
    search finds it by its label and ``synonyms``: what people say who do not know the label.
    """

    view: str
    symbol: str
    label: str | Promise
    part: str
    place: int
    rights: tuple[str, ...] = ()
    hidden_by: tuple[str, ...] = ()
    synonyms: str | Promise = ""

    def is_for(self, may: Mapping[str, bool]) -> bool:
        return all(may.get(right) for right in self.rights) and not any(
            may.get(right) for right in self.hidden_by
        )


_WORD = re.compile(r"\w+")
ENTRIES: list[Entry] = []
_BELONGS: dict[str, str] = {}


def register(*entries: Entry, pages: Mapping[str, Iterable[str]] | None = None) -> None:
    """Add an app's entries, and by view of an entry the further pages on which it is the current
    one.

    A page is named by its view, or many at once by their namespace; a view goes before its
    namespace. Pages under "" belong to no entry.
    """
    ENTRIES.extend(entries)
    ENTRIES.sort(key=lambda entry: entry.place)
    for view, names in (pages or {}).items():
        _BELONGS.update(dict.fromkeys(names, view))
    find_current_entry.cache_clear()


def list_entries(part: str, may: Mapping[str, bool]) -> list[Entry]:
    """Return the entries of a part for somebody with these rights, in their order."""
    return [entry for entry in ENTRIES if entry.part == part and entry.is_for(may)]


def find_entries(query: str, parts: Iterable[str], may: Mapping[str, bool]) -> list[Entry]:
    """Return the entries of ``parts`` in whose labels or synonyms each of the words begins a word,
    one for each page.
    """
    searched = fold(query).split()
    entries: dict[str, Entry] = {}
    for part in parts:
        for entry in list_entries(part, may):
            names = _WORD.findall(fold(f"{entry.label} {entry.synonyms}"))
            if all(any(name.startswith(word) for name in names) for word in searched):
                entries.setdefault(entry.view, entry)
    return list(entries.values())


def get_page_label(view: str) -> str:
    """Return the words of the entry that leads to a page, or else of the one to which it belongs;
    empty where it belongs to none.
    """
    belongs_to = find_current_entry(view, view.rpartition(":")[0])
    labels = {entry.view: str(entry.label) for entry in reversed(ENTRIES)}
    return labels.get(view) or labels.get(belongs_to, "")


@cache
def find_current_entry(view: str, namespace: str) -> str:
    """Return the view of the entry to which a page belongs: itself, if it is one."""
    if any(entry.view == view for entry in ENTRIES if entry.part != ACTIONS):
        return view
    return _BELONGS.get(view, _BELONGS.get(namespace, ""))
