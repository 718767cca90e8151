"""Keep each entry as it was written, and linked to the one before it."""

from django.db import migrations

from core.append_only import append_only, refuse_truncate
from core.migration_operations import RunStatements

_POSTGRES = "ALTER TABLE audit_entry ADD CONSTRAINT audit_entry_linked CHECK (stream IS NOT NULL AND position IS NOT NULL)"
_SQLITE = """CREATE TRIGGER audit_entry_linked BEFORE INSERT ON audit_entry WHEN NEW.stream IS NULL OR NEW.position IS NULL
BEGIN SELECT RAISE(ABORT, 'audit_entry_linked: use audit.services'); END"""


class Migration(migrations.Migration):
    replaces = [("audit", "0006_name_the_position")]
    dependencies = [("audit", "0001_squashed_0005_seal_earlier_entries")]
    operations = [
        append_only("audit_entry"),
        refuse_truncate("audit_entry"),
        RunStatements(
            {"postgresql": [_POSTGRES], "sqlite": [_SQLITE]},
            {
                "postgresql": ["ALTER TABLE audit_entry DROP CONSTRAINT audit_entry_linked"],
                "sqlite": ["DROP TRIGGER audit_entry_linked"],
            },
        ),
    ]
