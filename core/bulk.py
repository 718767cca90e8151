"""One statement for many rows with values of their own. Django's bulk_update does not tell who
won.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from django.db import connection, models
from django.db.models.sql import Query

_CHUNK = 500


def update_from_values(
    model: type[models.Model],
    rows: Sequence[Mapping[str, Any]],
    *,
    match: tuple[str, ...],
    where: Mapping[str, Any] | None = None,
    fields: Mapping[str, Any] | None = None,
    increment: str = "",
) -> set[int]:
    """Update each row found by its ``match`` values (and the common ``where``) with its other
    values and ``fields``; the column ``increment`` rises by one.

    ``rows`` share their keys and hold no None: a column of NULLs has no type in VALUES. Return the
    ids updated. Column names come from the model, never from outside.
    """
    updated: set[int] = set()
    if not rows:
        return updated
    names = list(rows[0])
    column = {name: _get_column(model, name) for name in {*names, *(where or {}), *(fields or {})}}
    table = model._meta.db_table
    sets = [f'"{column[n]}" = v.column{i}' for i, n in enumerate(names, 1) if n not in match]
    sets += [f'"{column[n]}" = %s' for n in fields or {}]
    if increment:
        name = _get_column(model, increment)
        sets.append(f'"{name}" = {table}."{name}" + 1')
    conditions = [
        f'{table}."{column[n]}" = v.column{i}' for i, n in enumerate(names, 1) if n in match
    ]
    # Written so that PostgreSQL has no figures for it. It would believe that almost no row is, say,
    # `committing`, begin with those, and compare each of the thousands that are with every row of
    # ours: 300 ms for 500.
    conditions += [
        f'COALESCE({table}."{column[n]}", {table}."{column[n]}") = %s' for n in where or {}
    ]
    one = f"({', '.join(['%s'] * len(names))})"
    for start in range(0, len(rows), _CHUNK):
        chunk = rows[start : start + _CHUNK]
        sql = (
            f"UPDATE {table} SET {', '.join(sets)} FROM (VALUES "  # noqa: S608
            f"{', '.join([one] * len(chunk))}) AS v "
            f"WHERE {' AND '.join(conditions)} RETURNING {table}.id"
        )
        values = [_adapt_value(v) for v in (fields or {}).values()]
        values += [_adapt_value(row[name]) for row in chunk for name in names]
        values += [_adapt_value(v) for v in (where or {}).values()]
        with connection.cursor() as cursor:
            cursor.execute(sql, values)
            updated.update(pk for (pk,) in cursor.fetchall())
    return updated


def insert_values(model: type[models.Model], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert plain rows without making instances of them. ``rows`` share their keys; a dict goes
    into a JSON field.
    """
    if not rows:
        return
    names = list(rows[0])
    columns = ", ".join(f'"{_get_column(model, name)}"' for name in names)
    one = f"({', '.join(['%s'] * len(names))})"
    for start in range(0, len(rows), _CHUNK):
        chunk = rows[start : start + _CHUNK]
        sql = (
            f"INSERT INTO {model._meta.db_table} ({columns}) VALUES {', '.join([one] * len(chunk))}"  # noqa: S608
        )
        with connection.cursor() as cursor:
            cursor.execute(sql, [_adapt_value(row[name]) for row in chunk for name in names])


def _get_column(model: type[models.Model], name: str) -> str:
    return str(cast("models.Field", model._meta.get_field(name)).column)


@models.Field.register_lookup
class Among(models.Lookup):
    """`in` for many numbers as one parameter: neither Django nor PostgreSQL has to look at each by
    itself. Those of a queryset PostgreSQL reads before all else, and nothing else if there is none.
    """

    lookup_name = "among"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        lhs, params = self.process_lhs(compiler, connection)
        if isinstance(self.rhs, Query):
            subquery, values = self.process_rhs(compiler, connection)
            return f"{lhs} = ANY(ARRAY{subquery})", (*params, *values)
        return f"{lhs} = ANY(%s)", (*params, list(self.rhs))


def _adapt_value(value: Any) -> Any:
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    return str(value) if isinstance(value, models.TextChoices) else value
