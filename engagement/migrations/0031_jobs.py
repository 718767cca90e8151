import django.db.models.deletion
from django.db import migrations, models

from core.migration_operations import move_to_jobs


def describe_export(row):
    return {
        "kind": "export",
        "key": str(row["made_by"]),
        "state": row["state"],
        "attempts": row["attempt"],
        "error": row["failure"],
        "queued_at": row["asked_at"],
        "ended_at": row["ended_at"],
    }


def make_job(**fields):
    return models.OneToOneField(
        to="core.job",
        on_delete=django.db.models.deletion.PROTECT,
        related_name="%(class)s",
        **fields,
    )


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0004_jobs"),
        ("engagement", "0030_sign_reports"),
    ]

    operations = [
        migrations.AddField("export", "job", make_job(null=True)),
        move_to_jobs(
            "engagement.Export",
            columns=["made_by", "state", "attempt", "failure", "asked_at", "ended_at"],
            describe=describe_export,
        ),
        migrations.AlterField("export", "job", make_job()),
        migrations.RemoveConstraint("export", "one_export_a_person"),
        *(
            migrations.RemoveField("export", name)
            for name in ("state", "failure", "done", "attempt", "worked_at", "ended_at")
        ),
        # The parts of one attempt alone were ever stored.
        migrations.RemoveConstraint("exportpart", "one_part_a_number"),
        migrations.RemoveField("exportpart", "attempt"),
        migrations.AddConstraint(
            "exportpart",
            models.UniqueConstraint(fields=["export", "number"], name="one_part_a_number"),
        ),
    ]
