"""Create what append-only tables refuse changes by."""

from pathlib import Path

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("core", "0001_initial")]

    operations = [
        migrations.RunSQL(Path(__file__).with_name("triggers.sql").read_text()),
    ]
