from collections.abc import Iterable
from typing import Any, NamedTuple

from django.db.models import Count, Q
from django.utils import timezone

from core.text import fold
from units.models import Level, Unit


class Burden(NamedTuple):
    """What hangs on a unit: people in office, official channels, publications that wait for their hour."""

    people: int = 0
    channels: int = 0
    waiting: int = 0


def burdens(units: Any, *, by: str = "pk") -> dict[int, Burden]:
    """What hangs on each of ``units`` (a queryset), by its pk, or summed up by another field such as ``parent``.

    One query a relation: joining them would multiply the rows.
    """
    today, rows = timezone.localdate(), units.order_by().values_list(by)
    in_office = Q(appointments__valid_to=None) | Q(appointments__valid_to__gte=today)
    in_office &= Q(appointments__valid_from__lte=today, appointments__user__is_active=True)
    people = dict(rows.annotate(n=Count("appointments__user", in_office, distinct=True)))
    channels = dict(rows.annotate(n=Count("channels", ~Q(channels__health="disconnected"))))
    waiting = dict(rows.annotate(n=Count("deliveries", Q(deliveries__state="scheduled"))))
    return {pk: Burden(n, channels[pk], waiting[pk]) for pk, n in people.items()}


def people_of(unit: Unit) -> Any:
    """The appointments in force in this very unit, people first."""
    return (
        unit.appointments.in_force(timezone.localdate())
        .filter(user__is_active=True)
        .select_related("user")
        .order_by("role", "user__full_name")
    )


class Found(NamedTuple):
    """The answer to words that should name one unit."""

    unit: Unit | None
    candidates: list[Unit]


class UnitFinder:
    """Finds the one unit that a person's words mean: its official code, its name, or its name and province.

    Without accents; "ba dinh" is enough while no second unit bears those words. A whole name beats part of one.
    """

    def __init__(self, units: Iterable[Unit]):
        self._units = list(units)
        self._exact: dict[str, list[Unit]] = {}
        for unit in self._units:
            for words in {unit.code, _bare(unit.label), _bare(f"{unit.place} {unit.above}")}:
                self._exact.setdefault(words, []).append(unit)
        self._names: dict[str, list[Unit]] = {}
        for unit in self._units:
            for words in {_bare(unit.name), _bare(unit.place)}:
                self._names.setdefault(words, []).append(unit)

    def find(self, words: str) -> Found:
        wanted = _bare(words)
        if not wanted:
            return Found(None, [])
        rows = self._exact.get(wanted) or self._names.get(wanted)
        if not rows:
            # "an hai" means An Hải before it means every Công *an* with *Hải* somewhere in its name.
            pieces = wanted.split()
            rows = [u for u in self._units if f" {wanted} " in f" {u.search} "]
            rows = rows or [u for u in self._units if all(piece in u.search for piece in pieces)]
        return Found(rows[0] if len(rows) == 1 else None, sorted(rows, key=lambda unit: unit.code)[:8])


def _bare(words: str) -> str:
    return fold(words.replace(",", " "))


def find_unit(words: str, among: Any) -> Found:
    """Asks a `UnitFinder` over those of the queryset ``among`` that bear all the words."""
    return UnitFinder(among.search(_bare(words)).select_related("parent")[:300] if _bare(words) else ()).find(words)


def reach_of(user: Any, permission: str) -> Any:
    """The units that are open and lie where a post of ``user`` grants ``permission``."""
    return Unit.objects.within(user.reach(permission)).filter(valid_to=None)


def above_of(user: Any, permission: str) -> Any:
    """Those of them below which something may be founded."""
    return reach_of(user, permission).exclude(level=Level.COMMUNE)
