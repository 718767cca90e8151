"""Migration operation: a table whose rows can be added, never changed nor removed, not even from a
shell.
"""

from collections.abc import Sequence

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from core.migration_operations import RunStatements

_POSTGRES = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$;
CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change();
"""  # noqa: E501
_NO_TRUNCATE = (
    "CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} FOR EACH "
    "STATEMENT EXECUTE FUNCTION refuse_change()"
)
_SQLITE = (
    "CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table} BEGIN SELECT "
    "RAISE(ABORT, '{table} is append-only'); END"
)


def append_only(table: str) -> RunStatements:
    verbs = ("UPDATE", "DELETE")
    return RunStatements(
        {
            "postgresql": [_POSTGRES.format(table=table)],
            "sqlite": [_SQLITE.format(table=table, verb=verb) for verb in verbs],
        },
        {
            "postgresql": [f"DROP TRIGGER {table}_append_only ON {table}"],
            "sqlite": [f"DROP TRIGGER {table}_no_{verb}" for verb in verbs],
        },
    )


def refuse_truncate(table: str) -> RunStatements:
    """Refuse TRUNCATE on an append-only table: row triggers do not fire for it. SQLite has no
    TRUNCATE.
    """
    return RunStatements(
        {"postgresql": [_NO_TRUNCATE.format(table=table)]},
        {"postgresql": [f"DROP TRIGGER {table}_no_truncate ON {table}"]},
    )


def with_triggers_aside(
    operations: Sequence[migrations.operations.base.Operation],
) -> list[migrations.operations.base.Operation]:
    """Return ``operations`` between two that drop all triggers and create them again, on SQLite.

    There a changed table is a new one: the triggers of the old one go with it, and those of others
    that name it refuse its renaming.
    """
    return [
        migrations.RunPython(_drop_triggers, _restore_triggers),
        *operations,
        migrations.RunPython(_restore_triggers, _drop_triggers),
    ]


def _drop_triggers(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor != "sqlite":
        return
    for statement in (
        "DROP TABLE IF EXISTS temp.triggers_aside",
        "CREATE TEMP TABLE triggers_aside AS "
        "SELECT name, sql FROM main.sqlite_master WHERE type = 'trigger'",
    ):
        schema_editor.execute(statement, params=None)
    for name, _sql in _list_dropped_triggers(schema_editor):
        schema_editor.execute(f'DROP TRIGGER "{name}"', params=None)


def _restore_triggers(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor != "sqlite":
        return
    for _name, sql in _list_dropped_triggers(schema_editor):
        schema_editor.execute(sql, params=None)


def _list_dropped_triggers(schema_editor: BaseDatabaseSchemaEditor) -> list[tuple[str, str]]:
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT name, sql FROM temp.triggers_aside")
        return cursor.fetchall()
