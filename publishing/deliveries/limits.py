"""A limit of the platform that a delivery exceeds: as its row stores it, and as a sentence."""

from channels.presenters import in_the_way
from platforms.limits import Problem


def serialise_violation(problem: Problem) -> str:
    """Write a violation as the row's error detail stores it."""
    return f"{problem.rule} {problem.n:g} {problem.at}"


def violation_sentence(detail: str, *, page: str) -> str:
    """Return the sentence for what was stored; the bare name of a limit that has no sentence."""
    rule, n, at = detail.split(" ")
    try:
        return in_the_way(Problem(rule, float(n), int(at)), channel=page)
    except KeyError:
        return rule
