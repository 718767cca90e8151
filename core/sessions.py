"""Liveness of the processes that write to the database. PostgreSQL knows at once that a process was
killed: its connection ended.
"""

from django.db import connection
from django.db.models import BooleanField, Func


def get_backend_pid() -> int:
    """Return PostgreSQL's process number for this thread's connection."""
    connection.ensure_connection()
    return connection.connection.get_backend_pid()


class BackendIsGone(Func):
    """Match rows whose column holds the number of a connection that has ended: its process died, or
    has another connection by now. PostgreSQL reuses numbers, so that a row that does not match
    proves nothing.
    """

    # Not a join: PostgreSQL lists its connections once a statement, and after it began to look for
    # rows.
    template = "%(expressions)s NOT IN (SELECT pid FROM pg_stat_activity)"
    output_field = BooleanField()
