import django.db.models.deletion
from django.db import migrations, models

from core.migration_operations import move_to_jobs


def describe_change(row):
    if row["state"] not in ("approved", "writing"):
        return None
    return {
        "kind": "page_change",
        "state": "waiting",
        "queued_at": row["decided_at"],
        "run_at": row["due_at"] or row["decided_at"],
    }


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0004_jobs"),
        ("channels", "0002_package_ends_at"),
    ]

    operations = [
        migrations.AddField(
            "pagechange",
            "job",
            models.OneToOneField(
                to="core.job",
                on_delete=django.db.models.deletion.PROTECT,
                related_name="page_change",
                null=True,
            ),
        ),
        move_to_jobs(
            "channels.PageChange",
            columns=["state", "decided_at", "due_at"],
            describe=describe_change,
        ),
        migrations.RemoveIndex("pagechange", "page_change_due"),
        migrations.RemoveField("pagechange", "due_at"),
        migrations.RemoveField("pagechange", "tries"),
    ]
