import uuid

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import channels.states
import core.migration_operations


class Migration(migrations.Migration):
    replaces = [
        ("channels", "0001_initial"),
        ("channels", "0002_platform_error_numbers"),
        ("channels", "0003_engine_at_the_limit"),
        ("channels", "0004_more_platforms"),
        ("channels", "0005_life_of_a_page"),
        ("channels", "0006_warnings_once_a_day"),
        ("channels", "0007_foreign_posts"),
        ("channels", "0008_hook_events"),
        ("channels", "0009_names_known_so_far"),
        ("channels", "0010_platforms_of_the_registry"),
        ("channels", "0011_unit_that_decided"),
        ("channels", "0012_units_on_record"),
        ("channels", "0013_longer_platform_codes"),
        ("channels", "0014_no_words_of_platforms"),
        ("channels", "0015_confirmed_pages"),
        ("channels", "0016_known_pages_are_confirmed"),
        ("channels", "0017_grants_end_at_the_platform"),
        ("channels", "0018_records_outlive_units"),
        ("channels", "0019_name_the_position"),
        ("channels", "0020_name_the_lifecycle"),
        ("channels", "0021_name_when_it_was_reported"),
        ("channels", "0022_name_unrecognised_posts"),
        ("channels", "0023_name_the_checks"),
        ("channels", "0024_page_checks"),
        ("channels", "0025_page_changes"),
    ]

    initial = True

    dependencies = [
        ("units", "0001_squashed_0005_leader_phone"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        core.migration_operations.CreateModels(
            models=[
                migrations.CreateModel(
                    name="Channel",
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
                            "platform",
                            models.CharField(choices=channels.states.platforms, max_length=10),
                        ),
                        ("external_id", models.CharField(max_length=64)),
                        ("name", models.CharField(max_length=200, verbose_name="name")),
                        ("handle", models.CharField(blank=True, max_length=100)),
                        ("address", models.URLField(blank=True, max_length=300)),
                        (
                            "health",
                            models.CharField(
                                choices=[
                                    ("connected", "connected"),
                                    ("lost", "connect again"),
                                    ("by_hand", "posted by hand"),
                                    ("disconnected", "disconnected"),
                                ],
                                default="connected",
                                max_length=12,
                            ),
                        ),
                        ("health_code", models.CharField(blank=True, max_length=80)),
                        ("health_reason", models.CharField(blank=True, max_length=300)),
                        ("sealed", models.BinaryField(default=bytes)),
                        ("leaving_since", models.DateTimeField(null=True)),
                        ("grant_left", models.BooleanField(db_default=False, default=False)),
                        ("scopes", models.JSONField(default=list)),
                        ("expires_at", models.DateTimeField(null=True)),
                        ("refresh_at", models.DateTimeField(null=True)),
                        ("followers", models.PositiveIntegerField(null=True)),
                        ("checked_at", models.DateTimeField(null=True)),
                        ("refresh_failures", models.PositiveSmallIntegerField(default=0)),
                        ("warned_on", models.DateField(null=True)),
                        (
                            "lifecycle",
                            models.CharField(
                                choices=[
                                    ("active", "in use"),
                                    ("paused", "resting"),
                                    ("frozen", "to be confirmed"),
                                    ("taken_over", "in other hands"),
                                    ("retired", "closed"),
                                ],
                                db_column="life",
                                default="active",
                                max_length=10,
                            ),
                        ),
                        (
                            "lifecycle_reason",
                            models.CharField(blank=True, db_column="life_reason", max_length=500),
                        ),
                        (
                            "lifecycle_since",
                            models.DateTimeField(db_column="life_since", null=True),
                        ),
                        ("known_name", models.CharField(blank=True, max_length=200)),
                        ("known_handle", models.CharField(blank=True, max_length=100)),
                        ("watched_since", models.DateTimeField(default=django.utils.timezone.now)),
                        ("last_checked_at", models.DateTimeField(db_column="looked_at", null=True)),
                        (
                            "check_at",
                            models.DateTimeField(
                                db_column="look_at", default=django.utils.timezone.now
                            ),
                        ),
                        (
                            "subscribe_at",
                            models.DateTimeField(default=django.utils.timezone.now, null=True),
                        ),
                        ("connected_at", models.DateTimeField()),
                        ("confirmed_at", models.DateTimeField(null=True)),
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
                            "connected_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "successor",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="predecessors",
                                to="channels.channel",
                            ),
                        ),
                        (
                            "unit",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="channels",
                                to="units.unit",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["unit__path", "platform", "name"],
                        "indexes": [
                            models.Index(
                                condition=models.Q(("health", "connected")),
                                fields=["refresh_at"],
                                name="channel_refresh",
                            ),
                            models.Index(
                                condition=models.Q(("health", "connected")),
                                fields=["platform", "check_at"],
                                name="channel_look",
                            ),
                            models.Index(
                                condition=models.Q(("leaving_since__isnull", False)),
                                fields=["leaving_since"],
                                name="channel_leaving",
                            ),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("health", "disconnected"), _negated=True),
                                fields=("platform", "external_id"),
                                name="one_unit_a_page",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("confirmed_by__isnull", True),
                                    models.Q(
                                        ("confirmed_at__isnull", False),
                                        models.Q(
                                            ("confirmed_by", models.F("connected_by")),
                                            _negated=True,
                                        ),
                                    ),
                                    _connector="OR",
                                ),
                                name="two_people_bind_a_page",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ConnectAttempt",
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
                            "platform",
                            models.CharField(choices=channels.states.platforms, max_length=10),
                        ),
                        ("session_hash", models.CharField(max_length=64)),
                        ("state_hash", models.CharField(max_length=64, unique=True)),
                        ("sealed", models.BinaryField(default=bytes)),
                        ("created_at", models.DateTimeField()),
                        ("answered_at", models.DateTimeField(null=True)),
                        ("closed_at", models.DateTimeField(null=True)),
                        (
                            "unit",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="units.unit",
                            ),
                        ),
                        (
                            "user",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "abstract": False,
                    },
                ),
                migrations.CreateModel(
                    name="HookEvent",
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
                            "platform",
                            models.CharField(choices=channels.states.platforms, max_length=10),
                        ),
                        ("key", models.CharField(max_length=64)),
                        ("kind", models.CharField(max_length=10)),
                        ("page", models.CharField(max_length=64)),
                        ("object_id", models.CharField(blank=True, max_length=200)),
                        ("reported_at", models.DateTimeField(db_column="told_at", null=True)),
                        ("received_at", models.DateTimeField()),
                        ("handled_at", models.DateTimeField(null=True)),
                    ],
                    options={
                        "ordering": ["pk"],
                        "indexes": [
                            models.Index(
                                condition=models.Q(("handled_at__isnull", True)),
                                fields=["id"],
                                name="hook_event_open",
                            )
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("platform", "key"), name="one_row_a_hook_event"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="PageChange",
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
                        ("texts", models.JSONField()),
                        ("before", models.JSONField(default=dict)),
                        ("content_sha256", models.CharField(max_length=64)),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("proposed", "waits for approval"),
                                    ("approved", "approved, is being written"),
                                    ("writing", "being written"),
                                    ("written", "written"),
                                    ("refused", "not approved"),
                                    ("withdrawn", "withdrawn"),
                                    ("failed", "not written"),
                                ],
                                db_default="proposed",
                                default="proposed",
                                max_length=10,
                            ),
                        ),
                        ("proposed_at", models.DateTimeField()),
                        ("decided_at", models.DateTimeField(null=True)),
                        ("reason", models.CharField(blank=True, default="", max_length=500)),
                        ("due_at", models.DateTimeField(null=True)),
                        ("tries", models.PositiveSmallIntegerField(default=0)),
                        ("error_code", models.CharField(blank=True, default="", max_length=80)),
                        ("ended_at", models.DateTimeField(null=True)),
                        (
                            "channel",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="page_changes",
                                to="channels.channel",
                            ),
                        ),
                        (
                            "decided_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "proposed_by",
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
                                related_name="+",
                                to="units.unit",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-proposed_at", "-pk"],
                        "indexes": [
                            models.Index(
                                condition=models.Q(("state__in", ["approved", "writing"])),
                                fields=["due_at"],
                                name="page_change_due",
                            )
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(
                                    ("state__in", ["approved", "proposed", "writing"])
                                ),
                                fields=("channel", "unit"),
                                name="one_open_change_a_page",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("decided_by__isnull", True),
                                    models.Q(
                                        ("decided_by", models.F("proposed_by")), _negated=True
                                    ),
                                    _connector="OR",
                                ),
                                name="a_page_change_is_approved_by_another",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("state__in", ["approved", "writing", "written", "failed"]),
                                        _negated=True,
                                    ),
                                    models.Q(
                                        ("decided_at__isnull", False),
                                        ("decided_by__isnull", False),
                                        models.Q(("content_sha256", ""), _negated=True),
                                    ),
                                    _connector="OR",
                                ),
                                name="who_approved_a_page_change",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="PageCheck",
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
                        ("picture", models.BooleanField(null=True)),
                        ("cover", models.BooleanField(null=True)),
                        ("description", models.BooleanField(null=True)),
                        ("address", models.BooleanField(null=True)),
                        ("phone", models.BooleanField(null=True)),
                        ("hours", models.BooleanField(null=True)),
                        ("register", models.BooleanField(null=True)),
                        ("pinned", models.BooleanField(null=True)),
                        ("recent", models.BooleanField(null=True)),
                        ("verified", models.BooleanField(null=True)),
                        ("texts", models.JSONField(default=dict)),
                        ("told", models.JSONField(default=list)),
                        ("by_hand", models.JSONField(default=dict)),
                        ("last_post_at", models.DateTimeField(null=True)),
                        ("read_at", models.DateTimeField(null=True)),
                        ("due_at", models.DateTimeField(default=django.utils.timezone.now)),
                        (
                            "channel",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="page_check",
                                to="channels.channel",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [models.Index(fields=["due_at"], name="page_check_due")],
                    },
                ),
                migrations.CreateModel(
                    name="PlatformAllowance",
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
                            "platform",
                            models.CharField(choices=channels.states.platforms, max_length=10),
                        ),
                        ("allowed_at", models.DateTimeField(auto_now_add=True)),
                        ("reason", models.TextField()),
                        (
                            "allowed_by",
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
                                related_name="allowances",
                                to="units.unit",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("unit", "platform"), name="one_allowance_a_platform"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="UnrecognisedPost",
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
                        ("external_id", models.CharField(max_length=200)),
                        ("permalink", models.URLField(blank=True, max_length=500)),
                        ("published_at", models.DateTimeField()),
                        ("seen_at", models.DateTimeField()),
                        (
                            "verdict",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("", "to be looked at"),
                                    ("ours", "ours, posted by hand"),
                                    ("not_ours", "not ours"),
                                ],
                                default="",
                                max_length=10,
                            ),
                        ),
                        ("note", models.CharField(blank=True, max_length=500)),
                        (
                            "position",
                            models.CharField(blank=True, db_column="post_held", max_length=150),
                        ),
                        ("decided_at", models.DateTimeField(null=True)),
                        (
                            "channel",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="unrecognised_posts",
                                to="channels.channel",
                            ),
                        ),
                        (
                            "decided_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "decided_for",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="units.unit",
                            ),
                        ),
                    ],
                    options={
                        "db_table": "channels_foreignpost",
                        "ordering": ["-published_at", "-pk"],
                        "indexes": [
                            models.Index(
                                condition=models.Q(("verdict", "")),
                                fields=["channel"],
                                name="foreign_post_open",
                            )
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("channel", "external_id"), name="one_row_a_foreign_post"
                            )
                        ],
                    },
                ),
            ],
        ),
    ]
