"""Take from higher apps how the words of a picture are judged, and which links are known."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from units.models import Unit


class TextFinding(NamedTuple):
    """Place what a rule found in a text; ``severity`` as the value of `models.Severity`."""

    rule: str
    severity: str
    start: int
    end: int


class UnitRules(NamedTuple):
    """Give the rules that hold for a unit: which words may not be shown, which hosts are known."""

    find: Callable[[str], Iterable[TextFinding]]
    knows_host: Callable[[str], bool]


_rules: list[Callable[[Unit | None], UnitRules]] = []


def register_text_check(rules_for: Callable[[Unit | None], UnitRules]) -> None:
    """Have the words in pictures judged by ``rules_for(unit)``; None stands for no unit. Only the
    last one registered counts.
    """
    _rules[:] = [rules_for]


def rules_for(unit: Unit | None) -> UnitRules:
    """Return the rules for a unit's pictures. Raise LookupError if nobody registered any."""
    if not _rules:
        raise LookupError("no text check is registered")
    return _rules[0](unit)
