"""Beginnings of words in folded text, found by an index on PostgreSQL."""

import re
from typing import Any

from django.db import connection, models
from django.db.models.expressions import RawSQL

from core.text import fold

_WORD = re.compile(r"[^\W_]+")
_NO_LETTER_BEFORE, _NO_LETTERS = r"(?<![^\W_])", r"[\W_]+"
# On PostgreSQL a trigger keeps the words of the column beside it, as `to_tsvector` takes them apart
# once no sign makes an address or a number with a point of them.
WORDS_COLUMN = "words"
_SIGNS = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
LONGEST_TEXT = 200_000  # of which words are found: a vector holds a megabyte

PROBED, COMMON = 1000, 8  # of the newest rows; so many of them have words that many rows have


def vector(column: str) -> str:
    """Return the SQL of the words of a column, for a trigger and for rows that were before it."""
    signs = _SIGNS.replace("'", "''")
    text = f"translate(left({column}, {LONGEST_TEXT}), '{signs}', repeat(' ', {len(_SIGNS)}))"
    return f"to_tsvector('simple', {text})"


def searched(*texts: str) -> str:
    """Fold texts into the one that is searched, each of them once."""
    return fold(" ".join(dict.fromkeys(texts))[:LONGEST_TEXT])


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
        return f"COALESCE({alias}.{WORDS_COLUMN} @@ to_tsquery('simple', %s), false)", (
            _asked(self.rhs),
        )


def found_by_index(table: str, phrases: list[list[str]], *, newest_by: str) -> RawSQL | None:
    """Return the keys that PostgreSQL's index finds; None where the newest rows show that most
    have these words, so that whoever asks for the newest reads them in their order.

    PostgreSQL has no idea how many words begin so: it took "lua" for rare in 400,000 posts that
    all have it (1.8 s instead of 1 ms), and read all of them for a number that eleven have.
    """
    asked = _asked(phrases)
    condition = f"{WORDS_COLUMN} @@ to_tsquery('simple', %s)"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT COUNT(*) FROM (SELECT {WORDS_COLUMN} FROM {table} "  # noqa: S608
            f"ORDER BY {newest_by} LIMIT {PROBED}) AS newest WHERE {condition}",
            [asked],
        )
        if cursor.fetchone()[0] >= COMMON:
            return None
    return RawSQL(f"SELECT unnest(ARRAY(SELECT id FROM {table} WHERE {condition}))", [asked])  # noqa: S608, S611


def _asked(phrases: list[list[str]]) -> str:
    return " & ".join(f"({' <-> '.join(words)}:*)" for words in phrases)
