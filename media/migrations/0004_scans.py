import uuid

import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("media", "0003_library"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Scan",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "waits to be checked"),
                            ("running", "is being checked"),
                            ("done", "checked"),
                            ("failed", "could not be checked"),
                        ],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("progress", models.PositiveSmallIntegerField(default=0)),
                ("lacking", models.JSONField(default=list)),
                ("eye_at", models.DateTimeField(null=True)),
                (
                    "priority",
                    models.PositiveSmallIntegerField(
                        choices=[(0, "Normal"), (1, "Backlog")], default=0
                    ),
                ),
                ("queued_at", models.DateTimeField()),
                ("begun_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("leased_until", models.DateTimeField(null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("version", models.PositiveIntegerField(default=1)),
                ("rules", models.CharField(blank=True, default="", max_length=16)),
                (
                    "eye_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "media",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="scan",
                        to="media.media",
                    ),
                ),
            ],
            options={
                "db_table": "media_scan",
            },
        ),
        migrations.CreateModel(
            name="Box",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("face", "Face"),
                            ("text", "Text"),
                            ("stamp", "Red stamp"),
                            ("code", "Code"),
                        ],
                        max_length=10,
                    ),
                ),
                ("rule", models.CharField(max_length=40)),
                (
                    "severity",
                    models.CharField(
                        choices=[
                            ("hard", "must be taken out"),
                            ("soft", "needs a reason to be shown"),
                            ("warn", "to be looked at"),
                            ("info", "for your information"),
                        ],
                        max_length=10,
                    ),
                ),
                ("x", models.PositiveSmallIntegerField()),
                ("y", models.PositiveSmallIntegerField()),
                ("width", models.PositiveSmallIntegerField()),
                ("height", models.PositiveSmallIntegerField()),
                ("from_second", models.FloatField(null=True)),
                ("to_second", models.FloatField(null=True)),
                ("host", models.CharField(blank=True, default="", max_length=253)),
                (
                    "shown_as",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("consent", "the person agreed"),
                            ("guardian", "a parent or guardian of the child agreed"),
                            ("staff", "officer of the unit"),
                            ("public", "somebody who acts in public"),
                            ("reason", "another reason"),
                        ],
                        default="",
                        max_length=10,
                    ),
                ),
                ("shown_note", models.CharField(blank=True, default="", max_length=200)),
                ("shown_at", models.DateTimeField(null=True)),
                (
                    "shown_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "scan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="boxes",
                        to="media.scan",
                    ),
                ),
            ],
            options={
                "db_table": "media_box",
                "ordering": ["from_second", "y", "x", "pk"],
            },
        ),
        migrations.AddIndex(
            model_name="scan",
            index=models.Index(
                condition=models.Q(("state__in", ["waiting", "running"])),
                fields=["priority", "queued_at"],
                name="scan_to_do",
            ),
        ),
        migrations.AddConstraint(
            model_name="scan",
            constraint=models.CheckConstraint(
                condition=models.Q(("progress__lte", 100)), name="scan_progress"
            ),
        ),
        migrations.AddConstraint(
            model_name="scan",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "running"), _negated=True),
                    ("leased_until__isnull", False),
                    _connector="OR",
                ),
                name="scan_runs_on_a_lease",
            ),
        ),
        migrations.AddConstraint(
            model_name="box",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "x__lte",
                        django.db.models.expressions.CombinedExpression(
                            models.Value(10000), "-", models.F("width")
                        ),
                    ),
                    (
                        "y__lte",
                        django.db.models.expressions.CombinedExpression(
                            models.Value(10000), "-", models.F("height")
                        ),
                    ),
                ),
                name="box_within_the_picture",
            ),
        ),
        migrations.AddConstraint(
            model_name="box",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("rule", "secret_mark"), _negated=True),
                    ("shown_as", ""),
                    _connector="OR",
                ),
                name="secret_mark_never_shown",
            ),
        ),
        migrations.AddConstraint(
            model_name="box",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("shown_as", ""),
                    models.Q(("shown_at__isnull", False), ("shown_by__isnull", False)),
                    _connector="OR",
                ),
                name="shown_by_somebody",
            ),
        ),
    ]
