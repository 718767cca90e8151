from django.db import migrations, models

import audit.chain

# Entries from before there was a chain stay without a link, and no new one may.
_POSTGRES = "ALTER TABLE audit_entry ADD CONSTRAINT audit_entry_linked CHECK (stream IS NOT NULL AND position IS NOT NULL) NOT VALID"
_SQLITE = """CREATE TRIGGER audit_entry_linked BEFORE INSERT ON audit_entry WHEN NEW.stream IS NULL OR NEW.position IS NULL
BEGIN SELECT RAISE(ABORT, 'audit_entry_linked: use audit.services'); END"""

# Adding the constraint above made the table anew there, and its triggers went with the old one.
_SQLITE_AGAIN = "CREATE TRIGGER audit_entry_no_{0} BEFORE {0} ON audit_entry BEGIN SELECT RAISE(ABORT, 'audit_entry is append-only'); END"


def require_link(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(_POSTGRES, params=None)
        return
    for statement in (_SQLITE, _SQLITE_AGAIN.format("UPDATE"), _SQLITE_AGAIN.format("DELETE")):
        schema_editor.execute(statement, params=None)


def require_no_link(apps, schema_editor):
    postgresql = schema_editor.connection.vendor == "postgresql"
    schema_editor.execute(
        "ALTER TABLE audit_entry DROP CONSTRAINT audit_entry_linked"
        if postgresql
        else "DROP TRIGGER audit_entry_linked"
    )


class Migration(migrations.Migration):
    dependencies = [("audit", "0003_refuse_truncate")]

    operations = [
        migrations.CreateModel(
            name="Stream",
            fields=[
                ("number", models.SmallIntegerField(primary_key=True, serialize=False)),
                ("length", models.BigIntegerField(default=0)),
                ("head", models.CharField(default=audit.chain.START, max_length=64)),
            ],
        ),
        migrations.AddField("entry", "stream", models.SmallIntegerField(editable=False, null=True)),
        migrations.AddField("entry", "position", models.BigIntegerField(editable=False, null=True)),
        migrations.AddField(
            "entry",
            "previous",
            models.CharField(blank=True, default="", editable=False, max_length=64),
            preserve_default=False,
        ),
        migrations.AddConstraint(
            "entry",
            models.UniqueConstraint(
                fields=("stream", "position"), name="audit_one_entry_a_position"
            ),
        ),
        migrations.RunPython(require_link, require_no_link),
    ]
