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


def describe_report_file(row):
    return {
        "kind": "report_file",
        "state": row["state"],
        "attempts": row["attempts"],
        "error": "broken" if row["state"] == "failed" else "",
        "queued_at": row["queued_at"],
        "ended_at": row["made_at"],
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
        migrations.AddField("reportfile", "job", make_job(null=True)),
        move_to_jobs(
            "engagement.ReportFile",
            columns=["state", "attempts", "queued_at", "made_at"],
            describe=describe_report_file,
        ),
        migrations.AlterField("reportfile", "job", make_job()),
        migrations.RemoveConstraint("reportfile", "a_file_that_is_ready_has_bytes"),
        migrations.AddConstraint(
            "reportfile",
            models.CheckConstraint(
                condition=models.Q(made_at__isnull=True) | models.Q(data__isnull=False),
                name="a_file_that_is_ready_has_bytes",
            ),
        ),
        migrations.RemoveIndex("reportfile", "report_file_to_make"),
        *(
            migrations.RemoveField("reportfile", name)
            for name in ("state", "attempts", "leased_until", "queued_at")
        ),
    ]
