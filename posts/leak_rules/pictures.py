"""Have the words in pictures and films judged by the leak check, as it holds for their unit."""

from collections.abc import Iterator
from functools import partial

from django.utils import timezone

from media.scanners.registry import TextFinding, UnitRules, register_text_check
from posts.checks.base import LeakRules
from posts.checks.leaks import scan
from posts.leak_rules import queries
from units.models import Unit


def rules_for(unit: Unit | None) -> UnitRules:
    """Return the leak check for a unit's pictures; without a unit, as it is written."""
    rules = queries.rules_of(unit, on=timezone.localdate()) if unit else LeakRules()
    return UnitRules(partial(_find, rules), partial(_knows_host, rules))


def _find(rules: LeakRules, text: str) -> Iterator[TextFinding]:
    for leak in scan.find_leaks(text, allowed=rules.allowed, today=timezone.localdate()):
        yield TextFinding(leak.rule, rules.severity_of(leak).value, leak.start, leak.end)


def _knows_host(rules: LeakRules, host: str) -> bool:
    return not any(found.rule == "link_risk" for found in _find(rules, f"https://{host}/"))


register_text_check(rules_for)
