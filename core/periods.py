"""Periods as officers mean them: whole days on the station's clock, both ends included."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Self

from django.utils import timezone
from django.utils.translation import gettext as _

QUICK = (7, 30, 90)


@dataclass(frozen=True, slots=True)
class Period:
    first: date
    last: date

    @classmethod
    def last_days(cls, days: int, *, today: date | None = None) -> Self:
        """Return the period of ``days`` days that ends today."""
        today = today or timezone.localdate()
        return cls(today - timedelta(days=days - 1), today)

    @property
    def start(self) -> datetime:
        return get_midnight(self.first)

    @property
    def end(self) -> datetime:
        """Return the first moment after the period."""
        return get_midnight(self.last + timedelta(days=1))

    def __str__(self) -> str:
        return f"{self.first:%d/%m/%Y} – {self.last:%d/%m/%Y}"

    @property
    def query(self) -> dict[str, str]:
        """Return the period as the query of an address."""
        return {"from": f"{self.first:%d/%m/%Y}", "to": f"{self.last:%d/%m/%Y}"}


def get_midnight(day: date) -> datetime:
    """Return the first moment of a day on the station's clock."""
    return datetime.combine(day, time.min, tzinfo=timezone.get_default_timezone())


_SOURCES: list[Callable[[Any, date], Iterable[tuple[str, Period]]]] = []


def offer_periods(find: Callable[[Any, date], Iterable[tuple[str, Period]]]) -> None:
    """Add periods to the links: ``find`` names those of a unit, as they are on a day."""
    _SOURCES.append(find)


def make_quick_links(
    period: Period, *extra: tuple[str, Period], unit: Any = None
) -> list[dict[str, Any]]:
    """Return the links to common periods, and to those of ``unit``; the one shown now is marked."""
    today = timezone.localdate()
    offered = [*extra, *((_("%(n)s days") % {"n": n}, Period.last_days(n)) for n in QUICK)]
    if unit is not None:
        offered += [link for find in _SOURCES for link in find(unit, today)]
    return [
        {"label": label, "current": choice == period, **choice.query} for label, choice in offered
    ]
