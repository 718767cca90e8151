"""Tells whether a name stands for a public role: a rank, an office, a profession that speaks."""

import re

from posts.checks.leaks.base import Reading
from posts.checks.leaks.lists import pattern_of_list, read_list
from posts.checks.leaks.names import Name

_ROLES = frozenset(role.casefold() for role in read_list("public_roles.txt"))
_LONGEST_ROLE = max(len(role.split()) for role in _ROLES)
# Words of its body between a role and a name: nothing that another person could be named by.
_OF_A_BODY = frozenset(
    word for words in read_list("words_between_role_and_name.txt") for word in words.split()
)
_MOST_WORDS_BETWEEN = 20
_CLAUSE = re.compile(r"[,;!?()\n\"“”]|(?<![A-Z])\. ")
_WORD = re.compile(r"[\w/]+")
_AFTER = re.compile(
    r"(?: ?[,(-] ?(?i:nguyên |hiện là |là |hiện )?)(?i:quyền |phó )?"
    rf"(?i:{pattern_of_list('public_roles.txt')})(?!\w)"
)


def is_public_role(reading: Reading, name: Name) -> bool:
    return has_rank(reading, name) or bool(_AFTER.match(reading.text_after(name.end, 40)))


def has_rank(reading: Reading, name: Name) -> bool:
    """Check for a rank or a post before the name, with words of its body at most between them."""
    words = _WORD.findall(_CLAUSE.split(reading.text_before(name.start, 100))[-1])
    words = words[-_MOST_WORDS_BETWEEN:]
    for end in range(len(words), 0, -1):
        for length in range(1, min(_LONGEST_ROLE, end) + 1):
            if " ".join(words[end - length : end]).casefold() in _ROLES:
                return True
        if not _is_word_of_body(words[end - 1]):
            return False
    return False


def _is_word_of_body(word: str) -> bool:
    return word[0].isupper() or word[0].isdigit() or word in _OF_A_BODY
