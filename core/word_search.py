"""Beginnings of words in folded text, found by an index."""

import re
from typing import Any

from django.db import connection, models
from django.db.models.expressions import RawSQL

from core.text import fold

_WORD = re.compile(r"[^\W_]+")
# A trigger keeps the words of the column beside it, as `to_tsvector` takes them apart
# once no sign makes an address or a number with a point of them.
WORDS_COLUMN = "words"
LONGEST_TEXT = 200_000  # of which words are found: a vector holds a megabyte

# Of the newest rows; so many of them have words that many rows have, and so many that most have.
PROBED, COMMON, FREQUENT = 1000, 8, 100


def make_search_text(*texts: str) -> str:
    """Fold texts into the one that is searched, each of them once."""
    return fold(" ".join(dict.fromkeys(texts))[:LONGEST_TEXT])


def split_phrases(text: str) -> list[list[str]]:
    """Return the pieces of what was typed, each as its words: of '0905.123 abc' the first piece is
    found where its two words stand side by side.
    """
    pieces = (_WORD.findall(piece) for piece in fold(text).split())
    return [phrase for phrase in pieces if phrase]


@models.TextField.register_lookup
class HasPhrases(models.Lookup):
    """Match text that has each of `split_phrases`; the last word of each may be a beginning."""

    lookup_name = "has_phrases"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        alias = compiler.quote_name(self.lhs.alias)
        return f"COALESCE({alias}.{WORDS_COLUMN} @@ to_tsquery('simple', %s), false)", (
            _make_tsquery(self.rhs),
        )


@models.TextField.register_lookup
class HasPhrasesByIndex(HasPhrases):
    """The same, as a condition that PostgreSQL's index answers, together with other indexes."""

    lookup_name = "has_phrases_by_index"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        alias = compiler.quote_name(self.lhs.alias)
        return f"{alias}.{WORDS_COLUMN} @@ to_tsquery('simple', %s)", (_make_tsquery(self.rhs),)


def filter_by_phrases[Rows: models.QuerySet[Any]](
    rows: Rows,
    column: str,
    phrases: list[list[str]],
    *,
    newest_by: str,
    by_index: bool,
) -> Rows:
    """Filter by `split_phrases`, as the newest rows show them to be.

    What few rows have is found first, by the index alone. What more have is read in the rows.
    ``by_index``: of many rows whose other conditions an index answers, too, those are read that
    both name; it is asked for the phrases that most rows have not, since to gather the places of
    words that all have took 320 ms of 400,000 posts.
    """
    table = rows.model._meta.db_table
    in_all, *of_each = _count_in_newest(table, phrases, newest_by)
    # PostgreSQL has no idea how many words begin so: it took "lua" for rare in 400,000 posts that
    # all have it (1.8 s instead of 1 ms), and read all of them for a number that eleven have.
    if in_all < COMMON:
        condition = f"{WORDS_COLUMN} @@ to_tsquery('simple', %s)"
        few = RawSQL(  # noqa: S611
            f"SELECT unnest(ARRAY(SELECT id FROM {table} WHERE {condition}))",  # noqa: S608
            [_make_tsquery(phrases)],
        )
        return rows.filter(pk__in=few)
    asked = zip(phrases, of_each, strict=True)
    narrow = [phrase for phrase, n in asked if n < FREQUENT] if by_index else []
    if narrow:
        rows = rows.filter(**{f"{column}__has_phrases_by_index": narrow})
    frequent = [phrase for phrase in phrases if phrase not in narrow]
    return rows.filter(**{f"{column}__has_phrases": frequent}) if frequent else rows


def _count_in_newest(table: str, phrases: list[list[str]], newest_by: str) -> list[int]:
    """Count the newest rows that have all phrases, and each of them."""
    condition = f"{WORDS_COLUMN} @@ to_tsquery('simple', %s)"
    counts = ", ".join([f"COUNT(*) FILTER (WHERE {condition})"] * (len(phrases) + 1))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {counts} FROM (SELECT {WORDS_COLUMN} FROM {table} "  # noqa: S608
            f"ORDER BY {newest_by} LIMIT {PROBED}) AS newest",
            [_make_tsquery(phrases), *(_make_tsquery([phrase]) for phrase in phrases)],
        )
        return list(cursor.fetchone())


def _make_tsquery(phrases: list[list[str]]) -> str:
    return " & ".join(f"({' <-> '.join(phrase)}:*)" for phrase in phrases)
