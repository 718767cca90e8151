"""Find links, and how often they were followed."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db.models import Q, QuerySet, Sum
from django.urls import reverse

from core.text import fold
from links.models import ClickCount, Link
from units.models import Unit


class Clicks(NamedTuple):
    """The clicks of a link in the last seven days, and of all time."""

    week: int = 0
    total: int = 0


def get_short_address(link: Link) -> str:
    """Return the address that people follow, print and scan."""
    return f"{settings.PORTAL_URL}{reverse('links:follow', args=[link.code])}"


def find_links(unit: Unit, *, query: str = "", state: str = "") -> QuerySet[Link]:
    """Find the unit's links, newest first; ``state`` is open, stopped or empty."""
    links = Link.objects.filter(unit=unit).select_related("unit")
    for word in fold(query).split():
        links = links.filter(search__contains=word)
    if state:
        links = links.filter(stopped_at__isnull=state == "open")
    return links


def count_clicks(links: Iterable[Link], *, on: date) -> dict[int, Clicks]:
    """Count by link's key, for those that were ever followed. One query."""
    rows = (
        ClickCount.objects.filter(link__in=[link.pk for link in links])
        .order_by()
        .values("link")
        .annotate(
            total=Sum("clicks"),
            week=Sum("clicks", filter=Q(day__gt=on - timedelta(days=7)), default=0),
        )
    )
    return {row["link"]: Clicks(row["week"], row["total"]) for row in rows}


def count_clicks_by_day(link: Link, *, first: date, last: date) -> dict[date, int]:
    """Return the clicks of each day from ``first`` to ``last``; a day without any counts 0."""
    counted = dict(link.click_counts.filter(day__range=(first, last)).values_list("day", "clicks"))
    days = (last - first).days + 1
    return {day: counted.get(day, 0) for n in range(days) if (day := first + timedelta(days=n))}
