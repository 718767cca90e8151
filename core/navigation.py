"""The entries of the navigation: each app registers its own when it starts, and which pages belong
to them.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.text import begins_words

TABS, ACTIONS = "tabs", "actions"
TODAY, APPROVAL, UNITS, POSTS, CALENDAR, COMMENTS, RESULTS, TASKS = (
    "today",
    "approval",
    "units",
    "posts",
    "calendar",
    "comments",
    "results",
    "tasks",
)
TRAINING, CAMPAIGNS, REPORTS, INTERVENTION, CHANNELS, UNIT, ADMINISTRATION, SYSTEM = (
    "training",
    "campaigns",
    "reports",
    "intervention",
    "channels",
    "unit",
    "administration",
    "system",
)
# What a unit has in stock, and what a province or the ministry makes for many.
LIBRARY = SHARED_LIBRARY, OWN_LIBRARY = "shared_library", "own_library"
# So many pages stand in the sidebar one by one; of more, those of a section are tabs.
FEW_PAGES = 8


def _has_rights(
    may: Mapping[str, bool], rights: tuple[str, ...], hidden_by: tuple[str, ...]
) -> bool:
    return all(may.get(right) for right in rights) and not any(
        may.get(right) for right in hidden_by
    )


class Section(NamedTuple):
    """A link of the sidebar: to the first of its pages that a person may see. The others are tabs
    of that page; a section with one page alone bears the name of the page.
    """

    symbol: str
    label: str | Promise
    rights: tuple[str, ...] = ()
    hidden_by: tuple[str, ...] = ()
    entries: tuple["Entry", ...] = ()
    always_one: bool = False  # also where few pages stand one by one

    def is_for(self, may: Mapping[str, bool]) -> bool:
        return _has_rights(may, self.rights, self.hidden_by)


OVERSEERS = ("oversight_view",)
# In the order of the sidebar.
SIDEBAR = {
    TODAY: Section("home", _("Today")),
    TRAINING: Section("school", _("Training")),  # has no page but where people practise
    APPROVAL: Section("clipboard-check", _("Waiting for approval")),
    UNITS: Section("layout-grid", _("Units"), rights=OVERSEERS),
    POSTS: Section("file-text", _("Posts")),
    CALENDAR: Section("calendar", _("Calendar"), hidden_by=OVERSEERS),
    COMMENTS: Section("message-circle", _("Comments")),
    RESULTS: Section("chart-bar", _("Results")),
    CAMPAIGNS: Section("speakerphone", _("Campaigns"), rights=OVERSEERS),
    REPORTS: Section("report", _("Reports"), rights=OVERSEERS),
    SHARED_LIBRARY: Section(
        "template", pgettext_lazy("of a province", "Library"), rights=OVERSEERS
    ),
    OWN_LIBRARY: Section("template", _("Library")),
    TASKS: Section("inbox", _("Assigned tasks"), hidden_by=OVERSEERS),
    CHANNELS: Section("plug-connected", _("Channels and partners"), rights=OVERSEERS),
    INTERVENTION: Section("player-pause", _("Pause and recall")),
    UNIT: Section(
        "building",
        _("Unit"),
        rights=("channel_manage",),
        hidden_by=(*OVERSEERS, "account_manage"),
    ),
    ADMINISTRATION: Section("adjustments", _("Administration")),
    SYSTEM: Section(
        "database", _("Technical administration"), rights=("system_operate",), always_one=True
    ),
}


class Entry(NamedTuple):
    """A page in a section of the sidebar, a link of the phone's bottom bar (``TABS``), where the
    first four that a person sees count, or a page on which one does something, found by the search
    (``ACTIONS``).

    Of several sections it stands in the first that is open to the person. It is shown to people who
    have all rights in ``rights``, and none of those in ``hidden_by``. The search finds it by its
    label, that of its section and ``synonyms``: what people say who do not know the label.
    """

    view: str
    symbol: str
    label: str | Promise
    part: str | tuple[str, ...]
    place: int
    rights: tuple[str, ...] = ()
    hidden_by: tuple[str, ...] = ()
    synonyms: str | Promise = ""

    def is_for(self, may: Mapping[str, bool]) -> bool:
        return _has_rights(may, self.rights, self.hidden_by)

    def find_part(self, may: Mapping[str, bool]) -> str:
        """Return the part in which somebody with these rights sees it; empty where in none."""
        parts = (self.part,) if isinstance(self.part, str) else self.part
        return next((p for p in parts if p not in SIDEBAR or SIDEBAR[p].is_for(may)), "")


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
    return [e for e in ENTRIES if e.is_for(may) and e.find_part(may) == part]


def list_sections(may: Mapping[str, bool]) -> list[Section]:
    """Return the links of the sidebar for somebody with these rights, with their pages."""
    found: dict[str, list[Entry]] = {part: [] for part in SIDEBAR}
    for entry in ENTRIES:
        if entry.is_for(may) and (part := entry.find_part(may)) in found:
            found[part].append(entry)
    few = sum(map(len, found.values())) <= FEW_PAGES
    sections = []
    for part, entries in found.items():
        section = SIDEBAR[part]
        if len(entries) > 1 and (section.always_one or not few):
            sections.append(section._replace(entries=tuple(entries)))
        else:
            sections += [Section(e.symbol, e.label, entries=(e,)) for e in entries]
    return sections


def find_current_section(sections: Sequence[Section], view: str) -> Section | None:
    """Return the section that shows the entry ``view``."""
    return next((s for s in sections if any(entry.view == view for entry in s.entries)), None)


def find_entries(query: str, parts: Iterable[str], may: Mapping[str, bool]) -> list[Entry]:
    """Return the entries of ``parts`` in whose labels or synonyms each of the words begins a word,
    one for each page.
    """
    entries: dict[str, Entry] = {}
    for part in parts:
        for entry in list_entries(part, may):
            section = SIDEBAR[part].label if part in SIDEBAR else ""
            if begins_words(query, f"{entry.label} {section} {entry.synonyms}"):
                entries.setdefault(entry.view, entry)
    return list(entries.values())


def may_open(views: Collection[str], may: Mapping[str, bool]) -> bool:
    """Check whether somebody sees one of ``views``, or none of them is an entry."""
    entries = [entry for entry in ENTRIES if entry.view in views]
    return not entries or any(entry.is_for(may) for entry in entries)


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
