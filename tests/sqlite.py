"""Changes that tests need on SQLite, where the embedded part of them runs; on PostgreSQL these
change nothing."""

from pathlib import Path

from django.db import connection
from django.db.backends.sqlite3.base import DatabaseOperations


def in_a_file(folder: Path) -> None:
    """Put the test database into a file, as in the try-out: in memory, all threads would have to
    share one connection."""
    connection.settings_dict["TEST"]["NAME"] = str(folder / "tests.sqlite3")


def let_flush_pass_triggers() -> None:
    """Take triggers away while a flush runs. Between tests Django empties all tables; on SQLite
    that is a DELETE, which append-only tables refuse.

    On PostgreSQL tests/postgresql.py does the same. Here they step aside for the flush alone and
    come back with it.
    """
    empty = DatabaseOperations.sql_flush

    def sql_flush(self: DatabaseOperations, *args: object, **options: object) -> list[str]:
        with self.connection.cursor() as cursor:
            cursor.execute(
                "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' ORDER BY name"
            )
            triggers = cursor.fetchall()
        dropped = [f"DROP TRIGGER {self.quote_name(name)}" for name, _sql in triggers]
        return [*dropped, *empty(self, *args, **options), *(sql for _name, sql in triggers)]

    DatabaseOperations.sql_flush = sql_flush
