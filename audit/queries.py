from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Q, QuerySet
from django.urls import reverse

from audit.models import Entry
from audit.objects import NAMES, PAGES, units
from core.periods import midnight
from core.scope import Person


def log(user: Person, filters: Mapping[str, Any]) -> QuerySet[Entry]:
    """Return the entries that ``user`` may read, newest first, narrowed by the
    filters of the page.
    """
    entries = Entry.objects.visible_to(user)
    if who := filters.get("who"):
        people = get_user_model().objects.search(who)
        entries = entries.filter(Q(actor_id__in=people.values("pk")) | Q(actor_name__icontains=who))
    if group := filters.get("group"):
        entries = entries.filter(action__startswith=f"{group}.")
    if unit := filters.get("unit"):
        entries = entries.filter(unit_path__in=units().search(unit).values("path"))
    if what := filters.get("what"):
        entries = entries.filter(Q(object_label__icontains=what) | Q(object_id=what))
    if first := filters.get("first"):
        entries = entries.filter(at__gte=midnight(first))
    if last := filters.get("last"):
        entries = entries.filter(at__lt=midnight(last + timedelta(days=1)))
    return entries


def place(entries: Collection[Entry], user: Person) -> None:
    """Set the name of the unit, the address of the object's page and a missing name on each entry,
    in bulk.
    """
    _name(entries)
    names = dict(units().filter(key__in={_key(e) for e in entries}).values_list("key", "name"))
    for entry in entries:
        entry.unit_name = names.get(_key(entry), "")
        page = PAGES.get(entry.object_type)
        name = _key(entry) if entry.object_type == "units.unit" else entry.object_id
        entry.address = reverse(page.view, args=[name]) if page and user.reach(page.right) else ""


def _name(entries: Collection[Entry]) -> None:
    nameless: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        if not entry.object_label and entry.object_type in NAMES:
            nameless[entry.object_type].append(entry)
    for kind, rows in nameless.items():
        found = NAMES[kind]({row.object_id for row in rows})
        for row in rows:
            row.object_label = found.get(row.object_id, "")


def _key(entry: Entry) -> str:
    return entry.unit_path.rstrip("/").rpartition("/")[2]
