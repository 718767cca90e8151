"""Beginnings of words in folded text, found by an index on PostgreSQL."""

import re
from typing import Any

from django.db import models

from core.text import fold

_WORD = re.compile(r"[^\W_]+")
_NO_LETTER_BEFORE, _NO_LETTERS = r"(?<![^\W_])", r"[\W_]+"
# On PostgreSQL a trigger keeps the words of the column beside it, as `to_tsvector` takes them apart
# once no sign makes an address or a number with a point of them.
WORDS_COLUMN = "words"
_SIGNS = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
LONGEST_TEXT = 200_000  # of which words are found: a vector holds a megabyte


def vector(column: str) -> str:
    """Return the SQL of the words of a column, for a trigger and for rows that were before it."""
    signs = _SIGNS.replace("'", "''")
    text = f"translate(left({column}, {LONGEST_TEXT}), '{signs}', repeat(' ', {len(_SIGNS)}))"
    return f"to_tsvector('simple', {text})"


def phrases(text: str) -> list[list[str]]:
    """Return the pieces of what was typed, each as its words: of '0905.123 abc' the first piece is
    found where its two words stand side by side.
    """
    pieces = (_WORD.findall(piece) for piece in fold(text).split())
    return [words for words in pieces if words]


@models.TextField.register_lookup
class HasPhrases(models.Lookup):
    """Match text that has each of `phrases`; the last word of each may be a beginning."""

    lookup_name = "has_phrases"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        lhs, params = self.process_lhs(compiler, connection)
        patterns = [_NO_LETTER_BEFORE + _NO_LETTERS.join(words) for words in self.rhs]
        return " AND ".join([f"{lhs} REGEXP %s"] * len(patterns)), (*params, *patterns)

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        alias = compiler.quote_name(self.lhs.alias)
        asked = " & ".join(f"({' <-> '.join(words)}:*)" for words in self.rhs)
        return f"{alias}.{WORDS_COLUMN} @@ to_tsquery('simple', %s)", (asked,)
