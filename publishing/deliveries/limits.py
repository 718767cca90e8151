"""Limits that a delivery's content exceeds or misses: as its row stores them, and in words."""

from django.utils.translation import gettext as _

from channels.presenters import describe_problem
from platforms.limits import Problem

_INVALID_VALUE = "kit_gap "  # the prefix that rows store


def serialise_violation(problem: Problem) -> str:
    """Write a violation as the row's error detail stores it."""
    return f"{problem.rule} {problem.n:g} {problem.at}"


def serialise_invalid_value(label: str) -> str:
    """Write the label of a placeholder whose value is invalid, for the row's error detail."""
    return f"{_INVALID_VALUE}{label}"


def violation_sentence(detail: str, *, page: str) -> str:
    """Return the sentence for what was stored; the bare name of a limit that has no sentence."""
    if detail.startswith(_INVALID_VALUE):
        message = _("what stands in “%(label)s” is not what the kit asks for there.")
        return message % {"label": detail.removeprefix(_INVALID_VALUE)}
    rule, n, at = detail.split(" ")
    try:
        return describe_problem(Problem(rule, float(n), int(at)), channel=page)
    except KeyError:
        return rule
