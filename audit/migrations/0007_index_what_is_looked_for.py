"""Index the record by person, by object and by words.

Built beside what writes (CONCURRENTLY): no lock that an insert waits for, 3 s a million entries
and index, 16 s for the words of a million labels. A migration that was killed is begun anew.
The engine's entries have neither a person nor a label: they stand in one index more than nobody,
that of objects, which replaces another.
"""

from django.db import migrations, models
from django.db.models import Q

_OBJECT = models.Index(fields=["object_id", "object_type", "-at"], name="audit_object_at")
_ACTOR = models.Index(
    fields=["actor_id", "-at"], name="audit_actor_at", condition=Q(actor_id__isnull=False)
)
_FORMER = models.Index(fields=["object_type", "object_id"], name="audit_object")
_WORDS = {"audit_label_words": "object_label", "audit_name_words": "actor_name"}


def _add(schema_editor, model, index):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {index.name}")
        schema_editor.add_index(model, index, concurrently=True)
    else:
        schema_editor.add_index(model, index)


def _remove(schema_editor, model, index):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.remove_index(model, index, concurrently=True)
    else:
        schema_editor.remove_index(model, index)


def _index(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        # A build takes longer than a page may, and holds up nobody.
        for limit in ("statement_timeout", "lock_timeout"):
            schema_editor.execute(f"SET {limit} = 0")
    entry = apps.get_model("audit", "Entry")
    for index in (_OBJECT, _ACTOR):
        _add(schema_editor, entry, index)
    if _knows_trigrams(schema_editor):
        schema_editor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        for name, column in _WORDS.items():
            folded = f"upper({column}::text)"
            schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
            schema_editor.execute(
                f"CREATE INDEX CONCURRENTLY {name} ON audit_entry "
                f"USING gin ({folded} gin_trgm_ops) WHERE {column} <> ''"
            )
            # Without them the planner takes a word that all labels have for a rare one: 2.6 s
            # instead of 30 ms.
            schema_editor.execute(
                f"CREATE STATISTICS IF NOT EXISTS {name}_stats ON ({folded}) FROM audit_entry"
            )
        schema_editor.execute("ANALYZE audit_entry")
    if schema_editor.connection.vendor == "postgresql":
        for limit in ("statement_timeout", "lock_timeout"):
            schema_editor.execute(f"RESET {limit}")


def _knows_trigrams(schema_editor):
    """Check whether the server has pg_trgm: part of PostgreSQL's own contrib, and of its image."""
    if schema_editor.connection.vendor != "postgresql":
        return False
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'pg_trgm'")
        return cursor.fetchone() is not None


def _unindex(apps, schema_editor):
    entry = apps.get_model("audit", "Entry")
    for index in (_OBJECT, _ACTOR):
        _remove(schema_editor, entry, index)
    if schema_editor.connection.vendor == "postgresql":
        for name in _WORDS:
            schema_editor.execute(f"DROP STATISTICS IF EXISTS {name}_stats")
            schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")


def _drop_former(apps, schema_editor):
    _remove(schema_editor, apps.get_model("audit", "Entry"), _FORMER)


def _add_former(apps, schema_editor):
    _add(schema_editor, apps.get_model("audit", "Entry"), _FORMER)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("audit", "0006_linked_and_append_only")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(_index, _unindex)],
            state_operations=[
                migrations.AddIndex("entry", _OBJECT),
                migrations.AddIndex("entry", _ACTOR),
            ],
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(_drop_former, _add_former)],
            state_operations=[migrations.RemoveIndex("entry", "audit_object")],
        ),
    ]
