import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from core.append_only import with_triggers_aside


class Migration(migrations.Migration):
    dependencies = [
        ("posts", "0030_formats_as_before"),
        ("units", "0004_facts"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        *with_triggers_aside(
            [
                migrations.AddField(
                    "post",
                    "label",
                    models.CharField(
                        blank=True, db_default="", default="", editable=False, max_length=200
                    ),
                ),
                migrations.AddField(
                    "review", "passed", models.JSONField(db_default=[], default=list)
                ),
            ]
        ),
        migrations.CreateModel(
            name="FalseAlarm",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("rule", models.CharField(max_length=40)),
                (
                    "severity",
                    models.CharField(
                        choices=[
                            ("hard", "cannot pass"),
                            ("soft", "passes by the approver, with a reason"),
                            ("warn", "passes by the author's tick"),
                            ("info", "is shown only"),
                        ],
                        max_length=4,
                    ),
                ),
                ("shape", models.CharField(max_length=120)),
                ("reported_at", models.DateTimeField()),
                ("seen_at", models.DateTimeField(null=True)),
                (
                    "unit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="units.unit",
                    ),
                ),
            ],
            options={
                "ordering": ["-reported_at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="LeakCheck",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("rules", models.CharField(max_length=16)),
                ("holds_back", models.BooleanField()),
                ("checked_at", models.DateTimeField()),
                (
                    "revision",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="leak_check",
                        to="posts.revision",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="AllowedItem",
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
                            ("phone", "public telephone number"),
                            ("account", "account for donations and payments"),
                            ("host", "website"),
                        ],
                        max_length=10,
                        verbose_name="kind",
                    ),
                ),
                ("value", models.CharField(max_length=100, verbose_name="number or address")),
                ("label", models.CharField(max_length=100, verbose_name="whose it is")),
                ("entered_at", models.DateTimeField()),
                ("confirmed_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "confirmed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "entered_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "unit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="allowed_items",
                        to="units.unit",
                    ),
                ),
            ],
            options={
                "ordering": ["kind", "label", "pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at", None)),
                        fields=("unit", "kind", "value"),
                        name="one_open_allowed_item",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("confirmed_at__isnull", True), ("confirmed_by__isnull", True)
                            ),
                            models.Q(
                                ("confirmed_at__isnull", False),
                                models.Q(("confirmed_by", models.F("entered_by")), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="allowed_by_two_people",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="LeakCount",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("rule", models.CharField(max_length=40)),
                ("day", models.DateField()),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("held", "held back"),
                            ("passed", "passed by the approver"),
                            ("ticked", "checked by the author"),
                        ],
                        max_length=6,
                    ),
                ),
                ("n", models.PositiveIntegerField(default=0)),
                (
                    "unit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="units.unit",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("unit", "rule", "day", "outcome"), name="one_leak_count_a_day"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="RuleSwitch",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("rule", models.CharField(max_length=40, verbose_name="rule")),
                (
                    "severity",
                    models.CharField(
                        choices=[
                            ("hard", "cannot pass"),
                            ("soft", "passes by the approver, with a reason"),
                            ("warn", "passes by the author's tick"),
                            ("info", "is shown only"),
                        ],
                        max_length=4,
                        verbose_name="from then on, it",
                    ),
                ),
                ("valid_from", models.DateField(verbose_name="first day")),
                ("reason", models.CharField(max_length=500, verbose_name="reason")),
                ("set_at", models.DateTimeField()),
                ("confirmed_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "confirmed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "set_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-valid_from", "-pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("confirmed_at__isnull", True), ("confirmed_by__isnull", True)
                            ),
                            models.Q(
                                ("confirmed_at__isnull", False),
                                models.Q(("confirmed_by", models.F("set_by")), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="rule_switched_by_two_people",
                    )
                ],
            },
        ),
    ]
