"""Partition counts, mark the days that a change makes out of date, seal reports."""

from pathlib import Path

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("engagement", "0001_initial"), ("core", "0002_triggers")]

    operations = [
        migrations.RunSQL(Path(__file__).with_name("dirty_days.sql").read_text()),
        migrations.RunSQL(Path(__file__).with_name("counts.sql").read_text()),
        migrations.RunSQL(Path(__file__).with_name("append_only.sql").read_text()),
    ]
