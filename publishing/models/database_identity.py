"""The identity of this database: it changes when a database is restored, and with nothing else that
happens to it.

It is the cluster's number and timeline, the database's and the freeze table's own. A dump that is
read into the same database makes the table again; recovery to a point in time, and a replica that
takes over, begin a timeline.
"""

from typing import Any

from django.db.backends.signals import connection_created
from django.db.models import CharField, Expression
from django.dispatch import receiver

# Both functions are open to everyone unless somebody closed them, as some hosted databases do. Then
# the numbers of database and table alone have to tell; docs/runbook.md says what they miss.
_may_ask: dict[str, tuple[bool, bool]] = {}


@receiver(connection_created)
def _check_open_functions(connection: Any, **_: object) -> None:
    """Ask once a process which functions may be called, apart from the query.

    PostgreSQL asks for the right even to a function that is never reached.
    """
    if connection.alias in _may_ask:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT has_function_privilege('pg_control_system()', 'execute'),"
            " has_function_privilege('pg_walfile_name(pg_lsn)', 'execute')"
            " AND has_function_privilege('pg_current_wal_lsn()', 'execute')"
        )
        _may_ask[connection.alias] = cursor.fetchone()


class CurrentDatabaseId(Expression):
    """The identity of the database that answers, as an expression: compared in the very statement
    that it guards.
    """

    output_field = CharField()

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[str | int, ...]]:
        return sql(connection), ()


def sql(connection: Any) -> str:
    connection.ensure_connection()
    cluster, timeline = _may_ask[connection.alias]
    parts = [
        "(SELECT system_identifier FROM pg_control_system())" if cluster else "''",
        # Not pg_control_checkpoint(): after a take-over it tells the old timeline until the first
        # checkpoint.
        "left(pg_walfile_name(pg_current_wal_lsn()), 8)" if timeline else "''",
        "(SELECT oid FROM pg_database WHERE datname = current_database())",
        "'publishing_freeze'::regclass::oid",
    ]
    return f"concat_ws(':', 'postgresql', {', '.join(parts)})"


def database_id(connection: Any) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {sql(connection)}")
        return cursor.fetchone()[0]
