from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from django.db.models import Case, Count, Q, QuerySet, Value, When
from django.db.models.functions import Concat, Length
from django.utils import timezone

from audit.models import Entry
from core import phones
from core.permissions import Permission
from core.scope import Person
from core.text import fold
from units.models import Unit, UnitFacts, UnitQuerySet

FACTS_CHANGED = "unit.facts_changed"


class Burden(NamedTuple):
    """The dependents of a unit: people in office, official channels, publications that wait for
    their hour.
    """

    people: int = 0
    channels: int = 0
    waiting: int = 0


def count_burdens(units: UnitQuerySet, *, by: str = "pk") -> dict[int, Burden]:
    """Count what depends on each of ``units`` (a queryset), by its pk, or summed up by another
    field such as ``parent``.

    One query a relation: joining them would multiply the rows.
    """
    today, rows = timezone.localdate(), units.order_by().values_list(by)
    in_office = Q(appointments__valid_to=None) | Q(appointments__valid_to__gte=today)
    in_office &= Q(appointments__valid_from__lte=today, appointments__user__is_active=True)
    people = dict(rows.annotate(n=Count("appointments__user", in_office, distinct=True)))
    channels = dict(rows.annotate(n=Count("channels", ~Q(channels__health="disconnected"))))
    # Of those that wait alone: all that was ever published is a thousand times as many.
    waiting = dict(rows.filter(deliveries__state="scheduled").annotate(n=Count("deliveries")))
    return {pk: Burden(n, channels[pk], waiting.get(pk, 0)) for pk, n in people.items()}


def find_heirs(units: Iterable[int]) -> dict[int, int]:
    """Return by key each of ``units`` and each unit that was merged into one of them, in one step
    or several, with the key of the one that carries it on. A query a step.
    """
    heirs = {pk: pk for pk in units}
    step = heirs
    while step:
        rows = Unit.objects.filter(successor__in=step).order_by().values_list("pk", "successor_id")
        step = {pk: heirs[heir] for pk, heir in rows if heir and pk not in heirs}
        heirs |= step
    return heirs


def find_successors(units: Iterable[int]) -> set[int]:
    """Return ``units`` (keys) with all that they were merged into, in one step or several. A query
    a step.
    """
    successors = set(units)
    step = successors
    while step:
        rows = Unit.objects.filter(pk__in=step, successor__isnull=False).order_by()
        step = set(rows.values_list("successor_id", flat=True)) - successors
        successors = successors | step
    return successors


def find_people(unit: Unit) -> QuerySet:
    """Return the appointments in force in this very unit, people first."""
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
    """Find the one unit that a person's words mean: its official code, its name, or its name and
    province.

    Without accents; "ba dinh" is enough while no second unit bears those words. A whole name beats
    part of one.
    """

    def __init__(self, units: Iterable[Unit]):
        self._units = list(units)
        self._exact: dict[str, list[Unit]] = {}
        for unit in self._units:
            for name in {
                unit.code,
                _fold_words(unit.label),
                _fold_words(f"{unit.place} {unit.above}"),
            }:
                self._exact.setdefault(name, []).append(unit)
        self._names: dict[str, list[Unit]] = {}
        for unit in self._units:
            for name in {_fold_words(unit.name), _fold_words(unit.place)}:
                self._names.setdefault(name, []).append(unit)

    def find(self, query: str) -> Found:
        searched = _fold_words(query)
        if not searched:
            return Found(None, [])
        rows = self._exact.get(searched) or self._names.get(searched)
        if not rows:
            # "an hai" means An Hải before it means every Công *an* with *Hải* somewhere in its
            # name.
            pieces = searched.split()
            rows = [u for u in self._units if f" {searched} " in f" {u.search} "]
            rows = rows or [u for u in self._units if all(piece in u.search for piece in pieces)]
        return Found(
            rows[0] if len(rows) == 1 else None, sorted(rows, key=lambda unit: unit.code)[:8]
        )


def _fold_words(text: str) -> str:
    return fold(text.replace(",", " "))


def find_unit(query: str, among: UnitQuerySet) -> Found:
    """Find a unit with a `UnitFinder` over those of the queryset ``among`` that contain all the
    words.
    """
    return UnitFinder(
        among.search(_fold_words(query)).select_related("parent")[:300]
        if _fold_words(query)
        else ()
    ).find(query)


def find_best_matches(among: UnitQuerySet, query: str) -> UnitQuerySet:
    """Search units that are open by folded words. First those that bear them side by side, the
    province before its communes.
    """
    # Each word of the column stands between blanks but the first and the last one.
    spaced = Concat(Value(" "), "search", Value(" "))
    side_by_side = Case(When(spaced__contains=f" {query} ", then=0), default=1)
    matches = among.filter(valid_to=None).search(query).alias(spaced=spaced)
    return matches.order_by(side_by_side, Length("path"), "search")


def find_reachable_units(user: Person, permission: Permission) -> UnitQuerySet:
    """Return the open units for which a position of ``user`` grants ``permission``."""
    return Unit.objects.within(user.reach(permission)).filter(valid_to=None)


def get_facts(unit: Unit) -> UnitFacts:
    """Return what the unit tells residents about itself; an unsaved, empty row until its leader
    wrote it.
    """
    return getattr(unit, "facts", None) or UnitFacts(unit=unit)


def list_fact_values(unit: Unit, *, on: date) -> dict[str, str]:
    """Return the day and what the unit's page tells residents, by the placeholders of templates and
    kits that it fills.
    """
    facts = get_facts(unit)
    values = {
        "don_vi": unit.name,
        "dia_chi": facts.address,
        "duong_day_nong": phones.group_digits(facts.duty_phone) if facts.duty_phone else "",
        "gio_lam_viec": facts.opening_hours,
        "ngay": on.strftime("%d/%m/%Y"),
    }
    return {name: value for name, value in values.items() if value}


def find_last_change_of_facts(unit: Unit) -> Entry | None:
    """Return the record's newest entry on the unit's facts: who changed them last, and when."""
    entries = Entry.objects.filter(object_type=Unit._meta.label_lower, object_id=str(unit.pk))
    return entries.filter(action=FACTS_CHANGED).first()
