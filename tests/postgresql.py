"""What tests want of PostgreSQL; on SQLite this changes nothing."""

from typing import Any

from django.db.backends.postgresql.operations import DatabaseOperations


def empty_only_what_is_full() -> None:
    """Between tests Django truncates all tables: new files for each of them and its indexes, a third of a second. Few
    hold anything by then. Append-only tables refuse a DELETE, so their triggers step aside for it."""

    def sql_flush(self: DatabaseOperations, style: Any, tables: list[str], **options: object) -> list[str]:
        named = {name: self.quote_name(name) for name in tables}
        holding = " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT FROM {q})" for name, q in named.items())
        with self.connection.cursor() as cursor:
            cursor.execute(holding)
            full = [name for (name,) in cursor.fetchall()]
            cursor.execute(
                "SELECT DISTINCT relname FROM pg_trigger JOIN pg_class c ON c.oid = tgrelid WHERE NOT tgisinternal"
            )
            guarded = {name for (name,) in cursor.fetchall()}.intersection(full)
        return [
            *(f"ALTER TABLE {named[name]} DISABLE TRIGGER USER" for name in guarded),
            *(f"DELETE FROM {named[name]}" for name in full),
            "SET CONSTRAINTS ALL IMMEDIATE",
            *(f"ALTER TABLE {named[name]} ENABLE TRIGGER USER" for name in guarded),
        ]

    DatabaseOperations.sql_flush = sql_flush
