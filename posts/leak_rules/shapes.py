"""The shape of words: what the ministry sees of a false alarm, and nothing by which the words could
be guessed.
"""

from itertools import groupby

LONGEST_SHAPE = 120


def shape_of(words: str) -> str:
    """Describe words by runs of digits (d), capitals (A), small letters (a), blanks (_) and other
    signs (.), each with its length: 0912 345 678 is d4_d3_d3.
    """
    runs = ((kind, len(list(group))) for kind, group in groupby(map(_kind_of, words)))
    shape = "".join(f"{kind}{n if n > 1 or kind in 'daA' else ''}" for kind, n in runs)
    return shape[:LONGEST_SHAPE]


def _kind_of(letter: str) -> str:
    if letter.isdigit():
        return "d"
    if letter.isspace():
        return "_"
    if letter.isalpha():
        return "A" if letter.isupper() else "a"
    return "."
