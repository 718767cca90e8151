"""Find the rules of the leak check as they hold for units, and whether revisions pass them."""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from channels.models import Channel
from channels.states import Lifecycle
from core.phones import SHORT
from core.scope import list_ancestors
from posts.checks import leaks, privacy
from posts.checks.base import LeakRules, Severity
from posts.checks.leaks.scan import RULES, Allowed, Leak
from posts.checks.leaks.scan import Severity as LeakSeverity
from posts.leak_rules.models import AllowedItem, LeakCheck, RuleSwitch
from units.models import Unit, UnitFacts

Kind = AllowedItem.Kind


def _engine_mark() -> str:
    """Return a mark of the rules as they are written: another one with each change of them."""
    digest = hashlib.sha256()
    folder = Path(leaks.__file__).parent
    for file in sorted(path for path in folder.rglob("*") if path.suffix != ".pyc"):
        if file.is_file():
            digest.update(file.read_bytes())
    return digest.hexdigest()


ENGINE = _engine_mark()


def rules_of(unit: Unit, *, on: date) -> LeakRules:
    """Return the rules for posts of ``unit``. Four queries."""
    return rules_by_path([unit.path], on=on)[unit.path]


def rules_by_path(paths: Collection[str], *, on: date) -> dict[str, LeakRules]:
    """Return the rules for posts of the units at these paths. Four queries, however many."""
    switched = switched_rules(on)
    above = {path: list_ancestors(path) for path in paths}
    wanted = {path_above for line in above.values() for path_above in line}
    allowed: dict[str, list[tuple[str, str]]] = {}
    items = AllowedItem.objects.in_force().filter(unit__path__in=wanted)
    for path, kind, value in items.values_list("unit__path", "kind", "value"):
        allowed.setdefault(path, []).append((kind, value))
    # What its leader tells residents on the record is public by that.
    facts = UnitFacts.objects.filter(unit__path__in=set(paths))
    for path, duty, numbers in facts.values_list("unit__path", "duty_phone", "public_numbers"):
        own = {duty, *(number["number"] for number in numbers)} - {""}
        allowed.setdefault(path, []).extend((Kind.PHONE, number) for number in own)
    own_pages = _addresses(set(paths))
    return {
        path: LeakRules(
            _allowed(
                (i for path_above in line for i in allowed.get(path_above, ())),
                own_pages.get(path, ()),
            ),
            switched,
        )
        for path, line in above.items()
    }


def _addresses(paths: Collection[str]) -> dict[str, list[str]]:
    """Return the addresses of the pages that the units at these paths own, by path: a second
    person confirmed each.
    """
    addresses: dict[str, list[str]] = {}
    pages = Channel.objects.filter(
        unit__path__in=paths, confirmed_at__isnull=False, lifecycle=Lifecycle.ACTIVE
    )
    for path, address in pages.exclude(address="").values_list("unit__path", "address"):
        addresses.setdefault(path, []).append(address)
    return addresses


def _allowed(items: Iterable[tuple[str, str]], pages: Iterable[str]) -> Allowed:
    by_kind: dict[str, set[str]] = {Kind.PHONE: set(SHORT), Kind.ACCOUNT: set(), Kind.HOST: set()}
    for kind, value in items:
        by_kind[kind].add(value)
    # One that only its query names would allow all pages beside it.
    own = [_host_and_path(page) for page in pages if "?" not in page]
    return Allowed(
        phones=frozenset(by_kind[Kind.PHONE]),
        accounts=frozenset(by_kind[Kind.ACCOUNT]),
        hosts=frozenset(by_kind[Kind.HOST] | {host for host, path in own if not path}),
        addresses=frozenset(f"{host}{path}" for host, path in own if path),
    )


def _host_and_path(address: str) -> tuple[str, str]:
    parts = urlsplit(address.casefold())
    return (parts.hostname or "").removeprefix("www."), parts.path.rstrip("/")


def has_entered(unit: Unit) -> bool:
    """Check whether somebody has ever entered what posts of ``unit`` may name."""
    return AllowedItem.objects.filter(unit=unit).exists()


def switched_rules(on: date) -> dict[str, LeakSeverity]:
    """Return the severities that the ministry switched, the latest of each rule."""
    rows = RuleSwitch.objects.in_force(on).order_by("valid_from", "pk")
    return {
        rule: LeakSeverity(severity)
        for rule, severity in rows.values_list("rule", "severity")
        if rule in RULES
    }


def mark_of(rules: LeakRules) -> str:
    """Return a mark of the rules with all that they depend on: the same rules, the same mark."""
    allowed = rules.allowed
    parts = [
        ENGINE,
        sorted(rules.switched.items()),
        *map(sorted, (allowed.phones, allowed.accounts, allowed.hosts, allowed.addresses)),
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def rules_that_block(
    content: Mapping[str, Any], rules: LeakRules, *, overridden: Collection[str], on: date
) -> set[str]:
    """Return the names of the rules that hold an approved content back: what nobody can pass, and
    what its approver has not.
    """
    return {
        leak.leak.rule
        for leak in privacy.leaks_of(content, rules, on)
        if _blocks(leak.leak, overridden)
    }


def _blocks(leak: Leak, overridden: Collection[str]) -> bool:
    severity = privacy.SEVERITIES[leak.severity]
    return severity == Severity.BLOCK or (
        severity == Severity.REASON and privacy.PREFIX + leak.rule not in overridden
    )


def find_checked(rules: Mapping[int, str]) -> dict[int, bool]:
    """Find the revisions (keys, each with the mark of the rules that hold for it) that were checked
    by exactly these; say of each whether they hold it back.
    """
    rows = LeakCheck.objects.filter(revision__in=rules)
    return {
        revision: holds_back
        for revision, mark, holds_back in rows.values_list("revision", "rules", "holds_back")
        if mark == rules[revision]
    }


def is_allowed_host(unit: Unit, address: str) -> bool:
    """Check whether two people made the host of a plain address public, for the unit or above."""
    host = urlsplit(address).hostname or ""
    parts = host.split(".")
    ends = [".".join(parts[at:]) for at in range(len(parts))]
    items = AllowedItem.objects.in_force().for_posts_of(unit)
    return items.filter(kind=Kind.HOST, value__in=ends).exists()
