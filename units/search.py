"""Find units for the search: those that the person may see, by name, province or code."""

from collections.abc import Iterable, Iterator

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.permissions import Permission
from core.scope import Person
from core.search import MOST_MATCHES, Kind, Match, register
from units.models import Unit
from units.queries import find_best_matches


def find_overseen(user: Person, query: str) -> Iterable[Match]:
    """Find units for those who oversee units below their own: they look for a unit first."""
    return find_units(user, query) if _oversees(user) else ()


def find_others(user: Person, query: str) -> Iterable[Match]:
    return () if _oversees(user) else find_units(user, query)


def _oversees(user: Person) -> bool:
    return any(part.deep for part in user.reach(Permission.OVERSIGHT_VIEW))


def find_units(user: Person, query: str) -> Iterator[Match]:
    """Yield the units that the person may see, the best match first, at most MOST_MATCHES."""
    best_matches = find_best_matches(Unit.objects.visible_to(user), query)
    for unit in best_matches.select_related("parent")[:MOST_MATCHES]:
        page = reverse("units:unit", args=[unit.key])
        yield Match(unit.name, page, "building", unit.above)


register(Kind(_("Units"), 25, find_overseen), Kind(_("Units"), 50, find_others))
