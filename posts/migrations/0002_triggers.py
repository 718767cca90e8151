"""Seal decisions, refuse one's own approval, keep the words of posts."""

from pathlib import Path

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("posts", "0001_initial"), ("media", "0001_initial"), ("core", "0002_triggers")]

    operations = [
        migrations.RunSQL(Path(__file__).with_name("triggers.sql").read_text()),
    ]
