"""Each rule on sentences that it finds and on sentences in which it is silent."""

from datetime import date

import pytest

from posts.checks.leaks.scan import RULES, find_leaks
from tests.posts.checks.leaks.cases import FOUND, SILENT

TODAY = date(2026, 11, 27)


def leaks_of(rule, text):
    return [leak for leak in find_leaks(text, today=TODAY) if leak.rule == rule]


def test_every_rule_has_cases_of_both_kinds():
    assert set(FOUND) == set(SILENT) == set(RULES)


@pytest.mark.parametrize(
    ("rule", "text", "severity", "words"),
    [(rule, *case) for rule, cases in FOUND.items() for case in cases],
)
def test_a_leak_is_found_with_its_words(rule, text, severity, words):
    leaks = leaks_of(rule, text)

    assert [leak.severity for leak in leaks] == [severity]
    assert words is None or text[leaks[0].start : leaks[0].end] == words


@pytest.mark.parametrize(
    ("rule", "text"), [(rule, text) for rule, texts in SILENT.items() for text in texts]
)
def test_ordinary_words_are_no_leak(rule, text):
    assert leaks_of(rule, text) == []


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_is_listed_with_the_gravest_severity_that_it_gives(rule):
    order = ["info", "warn", "soft", "hard"]
    assert max((severity for _, severity, _ in FOUND[rule]), key=order.index) == RULES[rule]
