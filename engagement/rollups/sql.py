"""Raw SQL made of querysets, and its answers."""

from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.db.models import Model, QuerySet

from units.models import Level

# A text with placeholders, and their values in the same order.
Statement = tuple[str, Sequence[Any]]
# What a statement that joins `unit` or `channel` groups by. An office is its own province.
BY_UNIT = "unit.id"
BY_CHANNEL = "channel.id"
BY_PROVINCE = f"CASE WHEN unit.level = '{Level.COMMUNE}' THEN unit.parent_id ELSE unit.id END"


def compile_queryset(rows: QuerySet[Any, Any]) -> Statement:
    sql, params = rows.query.sql_with_params()
    return sql, list(params)


def union_all(parts: Sequence[QuerySet[Any, Any]]) -> Statement:
    if len(parts) == 1:
        return compile_queryset(parts[0])
    return compile_queryset(parts[0].union(*parts[1:], all=True).order_by())


def fetch_rows(sql: str, params: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return [tuple(row) for row in cursor.fetchall()]


def to_int_or_none(value: Any) -> int | None:
    """Return a sum as an int: PostgreSQL adds up big integers to decimals."""
    return None if value is None else int(value)


def list_columns(model: type[Model]) -> list[str]:
    """Return the columns of a table without its key."""
    return [str(f.column) for f in model._meta.concrete_fields if not f.primary_key]


def select_differences(stored: Statement, expected: Statement, most: int) -> Statement:
    """Select at most so many rows that one side alone has: ``-`` before what is stored and should
    not be, ``+`` before what is missing. In one statement, so that both sides are of one moment,
    and each of them is read once.
    """
    (has, has_params), (should, should_params) = stored, expected
    sql = (
        f"WITH has AS ({has}), should AS ({should}) SELECT * FROM ("  # noqa: S608
        "SELECT '-' AS sign, gone.* FROM "
        "(SELECT * FROM has EXCEPT SELECT * FROM should) AS gone UNION ALL "
        "SELECT '+', missing.* FROM (SELECT * FROM should EXCEPT SELECT * FROM has) AS missing"
        f") AS differ LIMIT {most:d}"
    )
    return sql, [*has_params, *should_params]
