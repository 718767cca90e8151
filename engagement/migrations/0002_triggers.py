"""Partition counts, mark the days that a change makes out of date, seal reports, and define the
figures of the moment (docs/adr/0084).
"""

from pathlib import Path

from django.db import migrations

_FILES = (
    *("dirty_days", "counts", "append_only"),
    *("publications", "gains", "due", "provinces", "unit_periods"),
)


class Migration(migrations.Migration):
    dependencies = [("engagement", "0001_initial"), ("core", "0002_triggers")]

    operations = [
        migrations.RunSQL(Path(__file__).with_name(f"{name}.sql").read_text()) for name in _FILES
    ]
