"""Marks of state secrets and of restricted circulation."""

from collections.abc import Iterator

from core.secrecy import secrecy_marks
from posts.checks.leaks.base import Found, Reading, Rule, Severity


def marks_of_secrets(reading: Reading) -> Iterator[Found]:
    for start, end in secrecy_marks(reading.text):
        yield Found(start, end, Severity.HARD)


RULES = (Rule("secret_mark", Severity.HARD, marks_of_secrets, sensitive=True),)
