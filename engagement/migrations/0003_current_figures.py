"""Views of figures of the moment, and the functions that make the rows of sums."""

from pathlib import Path

from django.db import migrations, models

import channels.states


class Migration(migrations.Migration):
    dependencies = [("engagement", "0002_triggers")]

    operations = [
        migrations.CreateModel(
            name="CurrentCampaignGain",
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
                ("published_day", models.DateField()),
                ("day", models.DateField()),
            ],
            options={
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="CurrentChannelDay",
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
            ],
            options={
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="CurrentDueDay",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField()),
                ("published", models.PositiveIntegerField()),
                ("due", models.PositiveIntegerField()),
                ("on_time", models.PositiveIntegerField()),
                ("failed", models.PositiveIntegerField()),
                ("last_post", models.DateTimeField(null=True)),
            ],
            options={
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="CurrentNationPlatformDay",
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
            options={
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="CurrentNationTopicDay",
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
                ("day", models.DateField()),
                ("publications", models.PositiveIntegerField()),
            ],
            options={
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="CurrentPageDay",
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
            options={
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="CurrentPlatformDay",
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
            options={
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="CurrentPostDay",
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
                ("day", models.DateField()),
                ("publications", models.PositiveIntegerField()),
                ("withdrawn", models.PositiveIntegerField()),
                ("manual", models.PositiveIntegerField()),
                ("highest", models.BigIntegerField(null=True)),
                ("as_of", models.DateTimeField(null=True)),
                ("views_of", models.PositiveIntegerField()),
                ("reach_of", models.PositiveIntegerField()),
                ("reactions_of", models.PositiveIntegerField()),
                ("comments_of", models.PositiveIntegerField()),
                ("shares_of", models.PositiveIntegerField()),
                ("saves_of", models.PositiveIntegerField()),
                ("clicks_of", models.PositiveIntegerField()),
                ("watch_seconds_of", models.PositiveIntegerField()),
            ],
            options={
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="CurrentProvinceDueDay",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField()),
                ("published", models.PositiveIntegerField()),
                ("due", models.PositiveIntegerField()),
                ("on_time", models.PositiveIntegerField()),
                ("failed", models.PositiveIntegerField()),
                ("last_post", models.DateTimeField(null=True)),
            ],
            options={
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="CurrentProvinceWrittenDay",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField()),
                ("posts", models.PositiveIntegerField()),
            ],
            options={
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="CurrentTopicDay",
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
                ("day", models.DateField()),
                ("publications", models.PositiveIntegerField()),
            ],
            options={
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="CurrentWrittenDay",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField()),
                ("posts", models.PositiveIntegerField()),
            ],
            options={
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="Gain",
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
                ("day", models.DateField()),
            ],
            options={
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="Publication",
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
                ("day", models.DateField()),
                ("publications", models.PositiveIntegerField()),
                ("withdrawn", models.PositiveIntegerField()),
                ("manual", models.PositiveIntegerField()),
                ("highest", models.BigIntegerField(null=True)),
                ("as_of", models.DateTimeField(null=True)),
                ("views_of", models.PositiveIntegerField()),
                ("reach_of", models.PositiveIntegerField()),
                ("reactions_of", models.PositiveIntegerField()),
                ("comments_of", models.PositiveIntegerField()),
                ("shares_of", models.PositiveIntegerField()),
                ("saves_of", models.PositiveIntegerField()),
                ("clicks_of", models.PositiveIntegerField()),
                ("watch_seconds_of", models.PositiveIntegerField()),
                ("platform", models.CharField(choices=channels.states.platforms, max_length=10)),
            ],
            options={
                "managed": False,
            },
        ),
        *(
            migrations.RunSQL(Path(__file__).with_name(f"{name}.sql").read_text())
            for name in ("publications", "gains", "due", "provinces", "unit_periods")
        ),
    ]
