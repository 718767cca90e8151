"""The sentence of each action on the page. The app that records an action registers its sentence
when it starts.

An action without one is shown by its code.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from django.utils.translation import gettext

from core.permissions import Permission


class Group(NamedTuple):
    """A kind of actions, by which the page filters."""

    label: str
    place: int  # in the list of the filter


SENTENCES: dict[str, str] = {}
GROUPS: dict[str, Group] = {}
# By action: what puts the codes among its facts into words.
FACTS: dict[str, Callable[[Mapping[str, str]], Mapping[str, str]]] = {}


def register(sentences: Mapping[str, str], *, groups: Mapping[str, str], place: int) -> None:
    """Add an app's message ids by action, and the labels of the groups that it owns.

    A group is what stands before the dot of an action; its label stands at ``place`` in the filter.
    An action may have a second sentence for a ``method`` in its data, registered as
    ``action.method``.
    """
    if known := SENTENCES.keys() & sentences.keys():
        raise ValueError(f"registered twice: {', '.join(sorted(known))}")
    SENTENCES.update(sentences)
    GROUPS.update({group: Group(label, place) for group, label in groups.items()})


def register_facts(*actions: str, facts: Callable[[Mapping[str, str]], Mapping[str, str]]) -> None:
    """Have ``facts`` put into words what these actions record as codes: a rule, a page, a kind. It
    gets the facts of an entry, and returns those that its sentence says otherwise.
    """
    FACTS.update(dict.fromkeys(actions, facts))


def list_groups() -> list[tuple[str, str]]:
    """Return the groups with their labels, in the order of the filter."""
    ordered = sorted(GROUPS.items(), key=lambda item: item[1].place)
    return [(name, gettext(group.label)) for name, group in ordered]


class _Facts(dict):
    """A fact that an older record lacks leaves a gap, not an error."""

    def __missing__(self, name: str) -> str:
        return ""


def describe_entry(action: str, label: str, data: Mapping[str, object]) -> str:
    """Describe an entry in the active language."""
    sentence_of_action = SENTENCES.get(f"{action}.{data.get('method')}") or SENTENCES.get(action)
    if sentence_of_action is None:
        return f"{action}: {label}" if label else action
    facts = _Facts({**data, "object": label})
    if sentence := FACTS.get(action):
        facts.update(sentence(facts))
    return (gettext(sentence_of_action) % facts).rstrip(" :")


class Page(NamedTuple):
    view: str
    right: Permission  # without it the link would lead nowhere


# By type of object.
PAGES: dict[str, Page] = {}
NAMES: dict[str, Callable[[Iterable[str]], Mapping[str, str]]] = {}
_units: list[Callable[[], Any]] = []


def register_page(object_type: str, view: str, *, right: Permission) -> None:
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
