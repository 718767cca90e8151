"""Show the objects of other apps in the record: each app registers its own when it starts.

The record itself knows no other app, and outlives their rows.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple


class Page(NamedTuple):
    view: str
    right: str  # without it the link would lead nowhere


# By type of object.
PAGES: dict[str, Page] = {}
NAMES: dict[str, Callable[[Iterable[str]], Mapping[str, str]]] = {}
_units: list[Callable[[], Any]] = []


def register_page(object_type: str, view: str, *, right: str) -> None:
    """Link entries about such an object to its page, for people who have the right. A unit is named
    by its key.
    """
    PAGES[object_type] = Page(view, right)


def register_names(object_type: str, names: Callable[[Iterable[str]], Mapping[str, str]]) -> None:
    """Find names by public ids, for entries that were written by the thousand and carry none."""
    NAMES[object_type] = names


def register_units(units: Callable[[], Any]) -> None:
    """Find the names of units; ``units`` returns a queryset of all of them."""
    _units[:] = [units]


def find_all_units() -> Any:
    """Return a queryset of all units."""
    return _units[0]()
