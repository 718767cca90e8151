"""Seal the record and index its words."""

from pathlib import Path

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial"), ("core", "0002_triggers")]

    operations = [
        migrations.RunSQL(Path(__file__).with_name("triggers.sql").read_text()),
    ]
