import uuid

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """Take over media and uploads from `posts`: the tables stay as they are, with every row."""

    initial = True
    dependencies = [
        ("posts", "0015_uploads_name_no_post"),
        ("units", "0003_records_outlive_units"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name="Media",
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
                        (
                            "public_id",
                            models.UUIDField(default=uuid.uuid4, editable=False, unique=True),
                        ),
                        (
                            "unit",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="media",
                                to="units.unit",
                            ),
                        ),
                        ("sha256", models.CharField(max_length=64)),
                        ("file", models.FileField(upload_to="media/")),
                        ("content_type", models.CharField(max_length=20)),
                        ("width", models.PositiveIntegerField()),
                        ("height", models.PositiveIntegerField()),
                        ("size", models.PositiveBigIntegerField()),
                        ("seconds", models.FloatField(default=0)),
                        ("fps", models.FloatField(default=0)),
                        ("codec", models.CharField(blank=True, max_length=20)),
                        ("poster_sha256", models.CharField(blank=True, max_length=64)),
                        (
                            "uploaded_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("uploaded_at", models.DateTimeField(auto_now_add=True)),
                        ("last_used_at", models.DateTimeField(default=django.utils.timezone.now)),
                    ],
                    options={
                        "db_table": "posts_media",
                        "ordering": ["-uploaded_at"],
                        "indexes": [
                            models.Index(fields=["sha256"], name="media_sha256"),
                            models.Index(
                                condition=models.Q(("poster_sha256", ""), _negated=True),
                                fields=["poster_sha256"],
                                name="media_poster",
                            ),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("unit", "sha256"), name="one_copy_a_unit"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Upload",
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
                        (
                            "public_id",
                            models.UUIDField(default=uuid.uuid4, editable=False, unique=True),
                        ),
                        (
                            "unit",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="units.unit",
                            ),
                        ),
                        ("purpose", models.CharField(max_length=20)),
                        ("purpose_id", models.UUIDField(null=True)),
                        (
                            "user",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("name", models.CharField(max_length=255)),
                        ("size", models.PositiveBigIntegerField()),
                        ("mark", models.CharField(blank=True, max_length=100)),
                        ("received", models.PositiveBigIntegerField(default=0)),
                        (
                            "media",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="media.media",
                            ),
                        ),
                        ("created_at", models.DateTimeField()),
                        ("touched_at", models.DateTimeField(db_index=True)),
                    ],
                    options={
                        "db_table": "posts_upload",
                        "indexes": [
                            models.Index(fields=["purpose", "purpose_id"], name="upload_purpose")
                        ],
                    },
                ),
            ]
        )
    ]
