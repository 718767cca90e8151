import django.db.models.deletion
from django.db import migrations, models

from core.migration_operations import move_to_jobs


def describe_letter(row):
    states = {"sent": "done", "given_up": "failed"}
    return {
        "kind": "letter",
        "state": states.get(row["outcome"], "waiting"),
        "error": "broken" if row["outcome"] == "given_up" else "",
        "queued_at": row["written_at"],
        "run_at": row["try_at"],
        "ended_at": row["ended_at"],
        "attempts": row["tries"],
    }


def make_job(**fields):
    return models.OneToOneField(
        to="core.job",
        on_delete=django.db.models.deletion.PROTECT,
        related_name="%(class)s",
        **fields,
    )


class Migration(migrations.Migration):
    dependencies = [("core", "0004_jobs")]

    operations = [
        migrations.AddField("letter", "job", make_job(null=True)),
        move_to_jobs(
            "core.Letter",
            columns=["outcome", "written_at", "try_at", "ended_at", "tries"],
            describe=describe_letter,
        ),
        migrations.AlterField("letter", "job", make_job()),
        migrations.RemoveIndex("letter", "letter_waiting"),
        *(
            migrations.RemoveField("letter", name)
            for name in ("try_at", "tries", "ended_at", "outcome")
        ),
    ]
