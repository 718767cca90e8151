"""Who is still there of those that write to the database. PostgreSQL knows at once that a process was killed: its
connection ended. SQLite lives in one process and has no such thing: there nobody is ever said to be gone."""

from typing import Any

from django.db import connection
from django.db.models import BooleanField, Func


def mine() -> int | None:
    """PostgreSQL's number for this thread's connection."""
    if connection.vendor != "postgresql":
        return None
    connection.ensure_connection()
    return connection.connection.get_backend_pid()


class Gone(Func):
    """Whether the connection whose number a column holds has ended: its process died, or has another one by now. A
    number may be given again, so that one is not seen to be gone proves nothing."""

    # Not a join: PostgreSQL lists its connections once a statement, and after it began to look for rows.
    template = "%(expressions)s NOT IN (SELECT pid FROM pg_stat_activity)"
    output_field = BooleanField()

    def as_sqlite(self, compiler: Any, connection: Any, **_: Any) -> tuple[str, list[Any]]:
        return "0 = 1", []
