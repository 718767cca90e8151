import django.db.models.deletion
from django.db import migrations, models

from core.migration_operations import move_to_jobs


def describe_sheet(row):
    if row["state"] not in ("reading", "submitting"):
        return None
    return {"kind": "sheet", "state": "waiting", "queued_at": row["created_at"]}


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0004_jobs"),
        ("posts", "0040_index_ends_of_approvals"),
    ]

    operations = [
        migrations.AddField(
            "bulkimport",
            "job",
            models.OneToOneField(
                to="core.job",
                on_delete=django.db.models.deletion.PROTECT,
                related_name="bulk_import",
                null=True,
            ),
        ),
        move_to_jobs("posts.BulkImport", columns=["state", "created_at"], describe=describe_sheet),
        migrations.RemoveField("bulkimport", "worked_at"),
    ]
