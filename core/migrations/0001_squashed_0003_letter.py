from django.db import migrations, models

import core.migration_operations


class Migration(migrations.Migration):
    replaces = [("core", "0001_quota_use"), ("core", "0002_cache_entry"), ("core", "0003_letter")]

    initial = True

    dependencies = []

    operations = [
        core.migration_operations.CreateModels(
            models=[
                migrations.CreateModel(
                    name="CacheEntry",
                    fields=[
                        (
                            "cache_key",
                            models.CharField(max_length=255, primary_key=True, serialize=False),
                        ),
                        ("value", models.TextField()),
                        ("expires", models.DateTimeField(db_index=True)),
                    ],
                ),
                migrations.CreateModel(
                    name="Letter",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True,
                                primary_key=True,
                                serialize=False,
                                verbose_name="ID",
                            ),
                        ),
                        ("to", models.EmailField(blank=True, max_length=254)),
                        ("subject", models.CharField(blank=True, max_length=200)),
                        ("text", models.TextField(blank=True)),
                        ("written_at", models.DateTimeField(auto_now_add=True)),
                        ("try_at", models.DateTimeField()),
                        ("tries", models.PositiveSmallIntegerField(default=0)),
                        ("ended_at", models.DateTimeField(db_index=True, null=True)),
                        ("outcome", models.CharField(blank=True, max_length=10)),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                condition=models.Q(("ended_at", None)),
                                fields=["try_at"],
                                name="letter_waiting",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="QuotaUse",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True,
                                primary_key=True,
                                serialize=False,
                                verbose_name="ID",
                            ),
                        ),
                        ("key", models.CharField(max_length=200)),
                        ("ends_at", models.DateTimeField(db_index=True)),
                        ("used", models.PositiveIntegerField(default=0)),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("key", "ends_at"), name="one_count_a_window"
                            )
                        ],
                    },
                ),
            ],
        ),
    ]
