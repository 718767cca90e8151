from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Q, QuerySet
from django.urls import reverse

from audit.models import Entry
from audit.sentences import NAMES, PAGES, find_all_units
from core.periods import get_midnight
from core.scope import Person

MOST_PEOPLE = 300  # whose entries are looked up by their keys


def find_entries(user: Person, filters: Mapping[str, Any]) -> QuerySet[Entry]:
    """Return the entries that ``user`` may read, newest first, narrowed by the
    filters of the page.
    """
    entries = Entry.objects.visible_to(user)
    if who := filters.get("who"):
        people = get_user_model().objects.search(who)
        entries = entries.filter(_is_by(people, who))
    if group := filters.get("group"):
        entries = entries.filter(action__startswith=f"{group}.")
    if unit := filters.get("unit"):
        entries = entries.filter(unit_path__in=find_all_units().search(unit).values("path"))
    if what := filters.get("what"):
        entries = entries.filter(_contains("object_label", what) | Q(object_id=what))
    if first := filters.get("first"):
        entries = entries.filter(at__gte=get_midnight(first))
    if last := filters.get("last"):
        entries = entries.filter(at__lt=get_midnight(last + timedelta(days=1)))
    return entries


def _is_by(people: QuerySet[Any], who: str) -> Q:
    """Return the condition that one of ``people`` did it, or somebody of that name then."""
    # The keys themselves: of a subquery the planner cannot tell how many entries they have. Of a
    # word that most names have, the newest entries are soon found whichever way.
    keys: Any = list(people.values_list("pk", flat=True)[: MOST_PEOPLE + 1])
    if len(keys) > MOST_PEOPLE:
        keys = people.values("pk")
    return Q(actor_id__in=keys) | _contains("actor_name", who)


def _contains(field: str, query: str) -> Q:
    """Return the condition that ``field`` holds the words. That it is not empty says to PostgreSQL
    that the index of its trigrams will do: the engine's entries stand in none.
    """
    return ~Q(**{field: ""}) & Q(**{f"{field}__icontains": query})


def add_places(entries: Collection[Entry], user: Person) -> None:
    """Set the name of the unit, the address of the object's page and a missing name on each entry,
    in bulk.
    """
    _add_missing_names(entries)
    names = dict(
        find_all_units().filter(key__in={_make_key(e) for e in entries}).values_list("key", "name")
    )
    for entry in entries:
        entry.unit_name = names.get(_make_key(entry), "")
        page = PAGES.get(entry.object_type)
        name = _make_key(entry) if entry.object_type == "units.unit" else entry.object_id
        entry.address = reverse(page.view, args=[name]) if page and user.reach(page.right) else ""


def _add_missing_names(entries: Collection[Entry]) -> None:
    nameless: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        if not entry.object_label and entry.object_type in NAMES:
            nameless[entry.object_type].append(entry)
    for kind, rows in nameless.items():
        names = NAMES[kind]({row.object_id for row in rows})
        for row in rows:
            row.object_label = names.get(row.object_id, "")


def _make_key(entry: Entry) -> str:
    return entry.unit_path.rstrip("/").rpartition("/")[2]
