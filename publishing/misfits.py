"""A limit of the platform that a delivery passes: how its row keeps it, and in words."""

from channels.connectors.limits import Problem
from channels.wording import in_the_way


def kept(problem: Problem) -> str:
    return f"{problem.rule} {problem.n:g} {problem.at}"


def in_words(detail: str, *, page: str) -> str:
    """The sentence for what was kept; the bare name of a limit that has no sentence."""
    rule, n, at = detail.split(" ")
    try:
        return in_the_way(Problem(rule, float(n), int(at)), channel=page)
    except KeyError:
        return rule
