import django.db.models.deletion
from django.db import migrations, models

from core.migration_operations import move_to_jobs


def describe_film(row):
    error = "broken" if row["state"] == "failed" else ""
    return {"kind": "film", "error": error} | {name: row[name] for name in COLUMNS}


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
    ]
