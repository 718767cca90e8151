"""Sums by channel, topic and kit, and an index to ask for the followers of a day. What was published
before is marked once, and summed up by the next runs of the task; pages are right meanwhile.
"""

import django.db.models.deletion
import django.db.models.functions.comparison
from django.db import migrations, models

import channels.states


def mark_what_there_is(apps, schema_editor):
    day = (
        "(published_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date"
        if schema_editor.connection.vendor == "postgresql"
        else "date(published_at, '+7 hours')"
    )
    schema_editor.execute(
        f"INSERT INTO engagement_changedday (kind, unit_id, day) SELECT DISTINCT 'published', unit_id, {day} FROM publishing_delivery WHERE published_at IS NOT NULL",  # noqa: S608
        params=None,
    )


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0008_topics_and_append_only_results"),
        ("channels", "0001_squashed_0025_page_changes"),
        ("engagement", "0011_exports"),
        ("units", "0001_squashed_0005_leader_phone"),
    ]

    operations = [
        migrations.CreateModel(
            name="PageDay",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("views", models.BigIntegerField(null=True)),
                ("reach", models.BigIntegerField(null=True)),
                ("reactions", models.BigIntegerField(null=True)),
                ("comments", models.BigIntegerField(null=True)),
                ("shares", models.BigIntegerField(null=True)),
                ("saves", models.BigIntegerField(null=True)),
                ("clicks", models.BigIntegerField(null=True)),
                ("watch_seconds", models.BigIntegerField(null=True)),
                ("platform", models.CharField(choices=channels.states.platforms, max_length=10)),
                ("day", models.DateField()),
                ("publications", models.PositiveIntegerField()),
                ("views_of", models.PositiveIntegerField()),
                ("reach_of", models.PositiveIntegerField()),
                ("reactions_of", models.PositiveIntegerField()),
            ],
        ),
        migrations.AddIndex(
            model_name="followercount",
            index=models.Index(fields=["day"], name="follower_count_day"),
        ),
        migrations.AddField(
            model_name="pageday",
            name="channel",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="channels.channel",
            ),
        ),
        migrations.AddField(
            model_name="pageday",
            name="kit",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="campaigns.kit",
            ),
        ),
        migrations.AddField(
            model_name="pageday",
            name="topic",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="campaigns.topic",
            ),
        ),
        migrations.AddField(
            model_name="pageday",
            name="unit",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="units.unit",
            ),
        ),
        migrations.AddIndex(
            model_name="pageday",
            index=models.Index(fields=["unit", "day"], name="page_day_unit"),
        ),
        migrations.AddIndex(
            model_name="pageday",
            index=models.Index(fields=["day"], name="page_day"),
        ),
        migrations.AddIndex(
            model_name="pageday",
            index=models.Index(fields=["topic", "day"], name="page_day_topic"),
        ),
        migrations.AddIndex(
            model_name="pageday",
            index=models.Index(
                condition=models.Q(("kit__isnull", False)),
                fields=["kit", "day"],
                name="page_day_kit",
            ),
        ),
        migrations.AddConstraint(
            model_name="pageday",
            constraint=models.UniqueConstraint(
                models.F("channel"),
                models.F("unit"),
                models.F("day"),
                django.db.models.functions.comparison.Coalesce("topic", 0),
                django.db.models.functions.comparison.Coalesce("kit", 0),
                name="page_day_once",
            ),
        ),
        migrations.RunPython(mark_what_there_is, migrations.RunPython.noop),
    ]
