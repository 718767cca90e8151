"""Rules stand in files of their families, and each is in the registry."""

import importlib
import inspect
import pkgutil
from datetime import UTC, datetime

import pytest

from posts import checks
from posts.checks import registry
from posts.checks.base import Draft, Finding, Severity

NOT_FAMILIES = {"base", "leak_words", "leaks", "registry"}
FAMILIES = [
    importlib.import_module(f"posts.checks.{module.name}")
    for module in pkgutil.iter_modules(checks.__path__)
    if module.name not in NOT_FAMILIES
]
NOW = datetime(2026, 11, 27, tzinfo=UTC)


def rules_of(family):
    """List the functions of a family that judge a draft."""
    functions = inspect.getmembers(family, inspect.isfunction)
    return [
        function
        for name, function in functions
        if function.__module__ == family.__name__
        and not name.startswith("_")
        and list(inspect.signature(function).parameters) == ["draft"]
    ]


def draft(**content):
    whole = {"title": "", "topic": "", "link": "", "media": [], "channels": []}
    return Draft(content={**whole, **content}, text="", now=NOW)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.__name__)
def test_every_rule_is_registered_once(family):
    rules = rules_of(family)

    assert rules
    every = [*registry.RULES, *registry.HINTS]
    assert [every.count(rule) for rule in rules] == [1] * len(rules)


def test_nothing_but_rules_of_families_is_registered():
    every = {*registry.RULES, *registry.HINTS}
    assert every == {rule for family in FAMILIES for rule in rules_of(family)}


def test_findings_come_in_the_order_of_the_registry():
    found = registry.check(draft(media=[{"media": "7", "alt": ""}]))

    assert [finding.rule for finding in found] == [
        "body_missing",
        "topic_missing",
        "channel_missing",
        "alt_missing",
        "media_unchecked",
    ]
    assert {finding.severity for finding in found} == {Severity.BLOCK}


def test_nothing_but_advice_is_a_hint():
    text = "gọi ngay " * 5000
    advised = registry.advise(Draft(content=draft().content, text=text, now=NOW))

    assert {finding.severity for finding in advised} == {Severity.HINT}


def test_a_rule_asks_neither_the_database_nor_the_clock():
    """This test has no database, and its draft ended with a time that has not come."""
    ended = Draft(content=draft().content, text="Cảnh giác", now=NOW, valid_until=NOW)

    found = registry.check(ended)

    assert "no_longer_valid" in [finding.rule for finding in found]
    assert all(isinstance(finding, Finding) and finding.where for finding in found)
