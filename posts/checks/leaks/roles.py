"""Tells whether a name stands for a public role: a rank, an office, a profession that speaks."""

import re

from posts.checks.leaks.accused import is_accused
from posts.checks.leaks.base import Reading
from posts.checks.leaks.names import Name
from posts.checks.leaks.text import pattern_of_list, read_list

_ROLES = frozenset(role.casefold() for role in read_list("public_roles.txt"))
_LONGEST_ROLE = max(len(role.split()) for role in _ROLES)
# Words of its body between a role and a name: nothing that another person could be named by.
_OF_A_BODY = frozenset(
    word for phrase in read_list("words_between_role_and_name.txt") for word in phrase.split()
)
_MOST_WORDS_BETWEEN = 20
_CLAUSE = re.compile(r"[,;!?()\n\"“”]|(?<![A-Z])\. ")
_WORD = re.compile(r"[\w/]+")
_AFTER = re.compile(
    r"(?:,? ?\(?\d{2} tuổi\)?)?(?: ?[,(-] ?(?i:nguyên |hiện là |là |hiện )?)(?i:quyền |phó )?"
    rf"(?i:{pattern_of_list('public_roles.txt')})(?!\w)"
)

# Whose home is told is written of as a private person.
_HOME_AFTER = re.compile(
    r" ?[,(]? ?(?>(?:SN|sinh|năm|ngày|tháng|nam|nữ|tuổi|dân tộc [^\W\d_]+|"
    r"\d[\d/.-]{0,9})[,; ]{0,2}){0,8}(?:hiện |cùng )?(?:(?:thường |tạm )?trú|ngụ|HKTT)(?!\w)",
    re.IGNORECASE,
)


def is_public_role(reading: Reading, name: Name) -> bool:
    """Check that a name stands for what its bearer does in public. Nobody's role frees whoever is
    accused, or whose home is told.
    """
    start = _start_of_rank(reading, name)
    if start is None and not _AFTER.match(reading.text_after(name.end, 52)):
        return False
    if _HOME_AFTER.match(reading.text_after(name.end, 90)):
        return False
    return not is_accused(reading, name.start if start is None else start, name.end)


def has_rank(reading: Reading, name: Name) -> bool:
    """Check for a rank or a post before the name, of somebody who is not accused."""
    start = _start_of_rank(reading, name)
    return start is not None and not is_accused(reading, start, name.end)


def _start_of_rank(reading: Reading, name: Name) -> int | None:
    """Return where a rank or a post begins that has words of its body at most between it and the
    name.
    """
    clause = _CLAUSE.split(reading.text_before(name.start, 100))[-1]
    words = list(_WORD.finditer(clause))[-_MOST_WORDS_BETWEEN:]
    for end in range(len(words), 0, -1):
        for length in range(min(_LONGEST_ROLE, end), 0, -1):
            first = words[end - length]
            phrase = " ".join(word.group() for word in words[end - length : end])
            if phrase.casefold() in _ROLES:
                return name.start - len(clause) + first.start()
        word = words[end - 1].group()
        if not (word[0].isupper() or word[0].isdigit() or word in _OF_A_BODY):
            return None
    return None
