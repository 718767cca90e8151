"""Changes to PostgreSQL and its backend that tests want."""

import os
import time
from typing import Any

from django.contrib.contenttypes.management import create_contenttypes
from django.db.backends.postgresql.operations import DatabaseOperations
from django.db.models.signals import post_migrate

# Rows that Django writes for each model when its tables are made; no test changes them.
STAYS = {"django_content_type", "auth_permission"}


def copy_from_template(database: dict[str, Any]) -> None:
    """Begin with a copy of the migrated database that TEST_TEMPLATE names, if there is one."""
    if template := os.environ.get("TEST_TEMPLATE"):
        database["TEST"]["TEMPLATE"] = template


def wait_for_no_disk(database: dict[str, Any]) -> None:
    """Let a commit return before it is on disk: rows of a test need not survive a crash."""
    database["OPTIONS"]["options"] += " -c synchronous_commit=off"


def empty_only_what_is_full() -> None:
    """Empty only tables that hold rows. Between tests Django truncates all tables: new files for
    each of them and its indexes, a third of a second. Few hold anything by then. Append-only tables
    refuse a DELETE, so their triggers step aside for it."""

    def sql_flush(
        self: DatabaseOperations, style: Any, tables: list[str], **options: object
    ) -> list[str]:
        named = {name: self.quote_name(name) for name in tables if name not in STAYS}
        holding = " UNION ALL ".join(
            f"SELECT '{name}' WHERE EXISTS (SELECT FROM {q})" for name, q in named.items()
        )
        with self.connection.cursor() as cursor:
            _wait_for_other_sessions(cursor)
            cursor.execute(holding)
            full = [name for (name,) in cursor.fetchall()]
            cursor.execute(
                "SELECT DISTINCT relname FROM pg_trigger JOIN pg_class c ON c.oid = "
                "tgrelid WHERE NOT tgisinternal"
            )
            guarded = {name for (name,) in cursor.fetchall()}.intersection(full)
        return [
            *(f"ALTER TABLE {named[name]} DISABLE TRIGGER USER" for name in guarded),
            *(f"DELETE FROM {named[name]}" for name in full),
            "SET CONSTRAINTS ALL IMMEDIATE",
            *(f"ALTER TABLE {named[name]} ENABLE TRIGGER USER" for name in guarded),
        ]

    DatabaseOperations.sql_flush = sql_flush


def stop_writing_what_stays() -> None:
    """Keep a flush from asking for a content type and three permissions of each model again."""
    post_migrate.disconnect(create_contenttypes)
    post_migrate.disconnect(dispatch_uid="django.contrib.auth.management.create_permissions")


def _wait_for_other_sessions(cursor: Any) -> None:
    """Wait until no other session is at work. A live server may still answer what a closed browser
    asked of it: what it writes while tables are emptied is a deadlock, or the next test's surprise.
    Usually no one else is connected: one query."""
    give_up = time.monotonic() + 15
    while time.monotonic() < give_up:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND "
            "pid <> pg_backend_pid() AND backend_type = 'client backend' AND (state <> 'idle' OR "
            "state_change > clock_timestamp() - interval '0.1 seconds'))"
        )
        if not cursor.fetchone()[0]:
            return
        time.sleep(0.02)
