"""Register the leak check below: for what is recorded or stored, and for words in pictures and
videos, as it holds for their unit.
"""

from collections.abc import Iterable, Iterator
from functools import partial

from django.utils import timezone

from core.leaks import LeakCheck, register_leak_check
from core.secrecy import require_no_secrecy_mark
from media.scanners.registry import TextFinding, UnitRules, register_text_check
from posts.checks.base import LeakRules
from posts.checks.leaks import scan
from posts.checks.privacy import without_leaks
from posts.leak_rules import queries
from posts.leak_rules.enforcement import require_no_leak, require_publishable
from units.models import Unit


def rules_for(unit: Unit | None) -> UnitRules:
    """Return the leak check for a unit's pictures; without a unit, as it is written."""
    rules = queries.rules_of(unit, on=timezone.localdate()) if unit else LeakRules()
    return UnitRules(partial(_find, rules), partial(_knows_host, rules))


def _find(rules: LeakRules, text: str) -> Iterator[TextFinding]:
    for leak in scan.find_leaks(text, allowed=rules.allowed, today=timezone.localdate()):
        yield TextFinding(leak.rule, rules.severity_of(leak).value, leak.start, leak.end)


def _knows_host(rules: LeakRules, host: str) -> bool:
    return not any(leak.rule == "link_risk" for leak in _find(rules, f"https://{host}/"))


register_text_check(rules_for)


def _require_recordable(text: str) -> None:
    require_no_secrecy_mark([text])  # what it advises goes before all else
    require_no_leak(text)


def _require_storable(texts: Iterable[str], unit: Unit) -> None:
    require_publishable(texts, unit, least=scan.Severity.HARD)


register_leak_check(LeakCheck(_require_recordable, _require_storable, without_leaks))
