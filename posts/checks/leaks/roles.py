"""Tells whether a name stands for a public role: a rank, an office, a profession that speaks."""

import re

from posts.checks.leaks.base import Reading
from posts.checks.leaks.letters import CAPITAL
from posts.checks.leaks.lists import any_of
from posts.checks.leaks.names import Name

_ROLE = rf"(?i:{any_of('public_roles.txt')})(?!\w)"
# Between a role and the name stands the body, and nothing that another person could be named by.
_WORD_BETWEEN = rf"(?i:{any_of('words_between_role_and_name.txt')})(?!\w)"
_OF_A_BODY = rf"(?:[ -]{{1,3}}(?:{CAPITAL}[\w.]*|\d+|{_WORD_BETWEEN}))"
_BEFORE = re.compile(rf"(?<!\w){_ROLE}{_OF_A_BODY}{{0,16}}[ :]{{1,2}}$")
_AFTER = re.compile(rf"^(?: ?[,(-] ?(?i:nguyên |hiện là |là |hiện )?)(?i:quyền |phó )?{_ROLE}")


def is_public(reading: Reading, name: Name) -> bool:
    return has_rank(reading, name) or bool(_AFTER.match(reading.after(name.end, 40)))


def has_rank(reading: Reading, name: Name) -> bool:
    """Check for a rank or a post right before the name."""
    return bool(_BEFORE.search(reading.before(name.start, 100)))
