from collections.abc import Callable, Iterable
from datetime import date, datetime, time, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from audit.models import Entry

# All units. The record itself knows none, and outlives them; their app puts itself here when it starts.
units: Callable[[], Any] = list
# The page of an object, and the right without which its link would lead nowhere. A unit is named by its path's end.
PAGES = {
    "posts.post": ("publishing:post", "post_view"),
    "publishing.delivery": ("publishing:delivery", "post_view"),
    "channels.channel": ("channels:channel", "channel_view"),
    "campaigns.campaign": ("engagement:campaign", "figures_view"),
    "accounts.user": ("accounts:person", "account_manage"),
    "units.unit": ("units:unit", "unit_view"),
}


def log(user: Any, wanted: dict[str, Any]) -> QuerySet:
    """What ``user`` may read of the record, newest first, narrowed by the filters of the page."""
    entries = Entry.objects.visible_to(user)
    if who := wanted.get("who"):
        people = get_user_model().objects.search(who)
        entries = entries.filter(Q(actor_id__in=people.values("pk")) | Q(actor_name__icontains=who))
    if group := wanted.get("group"):
        entries = entries.filter(action__startswith=f"{group}.")
    if unit := wanted.get("unit"):
        entries = entries.filter(unit_path__in=units().search(unit).values("path"))
    if what := wanted.get("what"):
        entries = entries.filter(Q(object_label__icontains=what) | Q(object_id=what))
    if first := wanted.get("first"):
        entries = entries.filter(at__gte=_midnight(first))
    if last := wanted.get("last"):
        entries = entries.filter(at__lt=_midnight(last) + timedelta(days=1))
    return entries


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=timezone.get_current_timezone())


def place(entries: Iterable[Entry], user: Any) -> None:
    """Hangs the unit's name and the address of the object's page on each entry, in one query for all."""
    names = dict(units().filter(key__in={_key(e) for e in entries}).values_list("key", "name"))
    for entry in entries:
        entry.unit_name = names.get(_key(entry), "")
        page, right = PAGES.get(entry.object_type, ("", ""))
        name = _key(entry) if entry.object_type == "units.unit" else entry.object_id
        entry.address = reverse(page, args=[name]) if page and user.reach(right) else ""


def _key(entry: Entry) -> str:
    return entry.unit_path.rstrip("/").rpartition("/")[2]
