import django.db.models.deletion
from django.db import migrations, models

from core.migration_operations import move_to_jobs


def describe_film(row):
    error = "broken" if row["state"] == "failed" else ""
    return {"kind": "film", "error": error} | {name: row[name] for name in COLUMNS}


def describe_scan(row):
    error = "broken" if row["state"] == "failed" else ""
    fields = {name: row[name] for name in (*COLUMNS, "priority")}
    return {"kind": "scan", "error": error, **fields}


COLUMNS = ("state", "attempts", "queued_at", "ended_at")


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
        ("media", "0001_squashed_0010_child_shown_with_consent_note"),
    ]

    operations = [
        migrations.AddField("filmedit", "job", make_job(null=True)),
        move_to_jobs("media.FilmEdit", columns=COLUMNS, describe=describe_film),
        migrations.AlterField("filmedit", "job", make_job()),
        migrations.RemoveIndex("filmedit", "film_edit_to_do"),
        *(
            migrations.RemoveField("filmedit", name)
            for name in (*COLUMNS, "progress", "leased_until")
        ),
        migrations.AddField("scan", "job", make_job(null=True)),
        move_to_jobs("media.Scan", columns=(*COLUMNS, "priority"), describe=describe_scan),
        migrations.AlterField("scan", "job", make_job()),
        migrations.RemoveConstraint("scan", "scan_progress"),
        migrations.RemoveConstraint("scan", "scan_runs_on_a_lease"),
        migrations.RemoveIndex("scan", "scan_to_do"),
        *(
            migrations.RemoveField("scan", name)
            for name in (*COLUMNS, "priority", "begun_at", "progress", "leased_until", "version")
        ),
    ]
