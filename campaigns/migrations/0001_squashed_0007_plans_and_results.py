import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import core.migration_operations


class Migration(migrations.Migration):
    replaces = [
        ("campaigns", "0001_initial"),
        ("campaigns", "0002_topics"),
        ("campaigns", "0003_engine_at_the_limit"),
        ("campaigns", "0004_topic_rules"),
        ("campaigns", "0005_more_that_topics_ask"),
        ("campaigns", "0006_kits"),
        ("campaigns", "0007_plans_and_results"),
    ]

    initial = True

    dependencies = [
        ("media", "0001_squashed_0010_child_shown_with_consent_note"),
        ("units", "0001_squashed_0005_leader_phone"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        core.migration_operations.CreateModels(
            models=[
                migrations.CreateModel(
                    name="Topic",
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
                        ("code", models.SlugField(max_length=30, unique=True)),
                        ("name_vi", models.CharField(max_length=80)),
                        ("name_en", models.CharField(max_length=80)),
                        ("position", models.PositiveSmallIntegerField(default=0)),
                    ],
                    options={
                        "ordering": ["position", "code"],
                    },
                ),
                migrations.CreateModel(
                    name="Campaign",
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
                        ("name", models.CharField(max_length=150, verbose_name="name")),
                        ("aim", models.TextField(blank=True, max_length=2000, verbose_name="aim")),
                        ("starts_on", models.DateField(verbose_name="starts on")),
                        ("ends_on", models.DateField(verbose_name="ends on")),
                        (
                            "spread_minutes",
                            models.PositiveSmallIntegerField(
                                default=0, verbose_name="spread over minutes"
                            ),
                        ),
                        (
                            "target_posts",
                            models.PositiveIntegerField(
                                blank=True, null=True, verbose_name="posts published"
                            ),
                        ),
                        (
                            "target_units",
                            models.PositiveIntegerField(
                                blank=True, null=True, verbose_name="units taking part"
                            ),
                        ),
                        (
                            "target_reach",
                            models.PositiveBigIntegerField(
                                blank=True, null=True, verbose_name="reach"
                            ),
                        ),
                        (
                            "target_clicks",
                            models.PositiveBigIntegerField(
                                blank=True, null=True, verbose_name="clicks"
                            ),
                        ),
                        ("closed_at", models.DateTimeField(editable=False, null=True)),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        ("search", models.CharField(editable=False, max_length=200)),
                        (
                            "created_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "helpers",
                            models.ManyToManyField(
                                blank=True,
                                related_name="helped_campaigns",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "owner",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "unit",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="campaigns",
                                to="units.unit",
                            ),
                        ),
                        (
                            "topics",
                            models.ManyToManyField(
                                blank=True, to="campaigns.topic", verbose_name="topics"
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-starts_on", "-pk"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("ends_on__gte", models.F("starts_on"))),
                                name="campaign_ends_after_start",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="CampaignResult",
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
                        ("content", models.JSONField()),
                        ("content_sha256", models.CharField(max_length=64)),
                        ("lessons", models.TextField(max_length=2000, verbose_name="lessons")),
                        ("position", models.CharField(max_length=150)),
                        ("closed_at", models.DateTimeField()),
                        (
                            "campaign",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="result",
                                to="campaigns.campaign",
                            ),
                        ),
                        (
                            "closed_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="Document",
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
                            "name",
                            models.CharField(max_length=200, verbose_name="name of the document"),
                        ),
                        (
                            "number",
                            models.CharField(blank=True, max_length=60, verbose_name="number"),
                        ),
                        ("link", models.URLField(blank=True, max_length=500, verbose_name="link")),
                        (
                            "text",
                            models.TextField(
                                blank=True, max_length=2000, verbose_name="what matters of it"
                            ),
                        ),
                        (
                            "campaign",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="documents",
                                to="campaigns.campaign",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["pk"],
                    },
                ),
                migrations.CreateModel(
                    name="Kit",
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
                            "announced_upto",
                            models.PositiveBigIntegerField(db_default=0, default=0, editable=False),
                        ),
                        ("announced_at", models.DateTimeField(editable=False, null=True)),
                        ("name", models.CharField(max_length=120, verbose_name="name of the kit")),
                        ("created_at", models.DateTimeField()),
                        ("withdrawn_at", models.DateTimeField(null=True)),
                        (
                            "withdraw_reason",
                            models.CharField(blank=True, default="", max_length=500),
                        ),
                        ("taken_down", models.BooleanField(default=False)),
                        ("search", models.CharField(editable=False, max_length=200)),
                        (
                            "campaign",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="kits",
                                to="campaigns.campaign",
                                verbose_name="campaign",
                            ),
                        ),
                        (
                            "created_by",
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
                                related_name="kits",
                                to="units.unit",
                            ),
                        ),
                        (
                            "withdrawn_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "current",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="campaigns.kitversion",
                            ),
                        ),
                        (
                            "topic",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="campaigns.topic",
                                verbose_name="topic",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-created_at", "-pk"],
                        "indexes": [
                            models.Index(fields=["unit", "-created_at"], name="kit_unit_created"),
                            models.Index(
                                condition=models.Q(
                                    ("current__isnull", False), ("withdrawn_at", None)
                                ),
                                fields=["unit"],
                                name="kit_open",
                            ),
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("withdrawn_at__isnull", True),
                                        ("withdrawn_by__isnull", True),
                                    ),
                                    models.Q(
                                        ("withdrawn_at__isnull", False),
                                        ("withdrawn_by__isnull", False),
                                        models.Q(("withdraw_reason", ""), _negated=True),
                                    ),
                                    _connector="OR",
                                ),
                                name="who_withdrew_a_kit_and_why",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="KitVersion",
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
                            "legal_basis",
                            models.CharField(
                                blank=True,
                                db_default="",
                                default="",
                                max_length=200,
                                verbose_name="legal basis",
                            ),
                        ),
                        (
                            "legal_from",
                            models.DateField(blank=True, null=True, verbose_name="in force from"),
                        ),
                        (
                            "legal_until",
                            models.DateField(blank=True, null=True, verbose_name="in force until"),
                        ),
                        (
                            "source",
                            models.CharField(
                                blank=True,
                                db_default="",
                                default="",
                                max_length=200,
                                verbose_name="source of the warning",
                            ),
                        ),
                        (
                            "announced_upto",
                            models.PositiveBigIntegerField(db_default=0, default=0, editable=False),
                        ),
                        ("announced_at", models.DateTimeField(editable=False, null=True)),
                        ("number", models.PositiveIntegerField()),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("draft", "draft"),
                                    ("in_review", "waits for approval"),
                                    ("returned", "returned"),
                                    ("approved", "approved"),
                                    ("issued", "issued"),
                                    ("replaced", "replaced by a newer version"),
                                ],
                                default="draft",
                                max_length=10,
                            ),
                        ),
                        (
                            "title",
                            models.CharField(blank=True, max_length=150, verbose_name="title"),
                        ),
                        (
                            "text",
                            models.TextField(
                                blank=True, max_length=10000, verbose_name="common text"
                            ),
                        ),
                        ("texts", models.JSONField(default=dict)),
                        ("slots", models.JSONField(default=list)),
                        (
                            "script",
                            models.TextField(
                                blank=True, max_length=5000, verbose_name="loudspeaker text"
                            ),
                        ),
                        ("link", models.URLField(blank=True, max_length=500, verbose_name="link")),
                        (
                            "window_from",
                            models.DateField(blank=True, null=True, verbose_name="first day"),
                        ),
                        (
                            "window_until",
                            models.DateField(blank=True, null=True, verbose_name="last day"),
                        ),
                        (
                            "best_from",
                            models.PositiveSmallIntegerField(
                                blank=True, null=True, verbose_name="best from (hour)"
                            ),
                        ),
                        (
                            "best_until",
                            models.PositiveSmallIntegerField(
                                blank=True, null=True, verbose_name="best until (hour)"
                            ),
                        ),
                        ("platforms", models.JSONField(default=list)),
                        (
                            "own_lines",
                            models.BooleanField(
                                default=False, verbose_name="units may add lines of their own"
                            ),
                        ),
                        (
                            "note",
                            models.TextField(
                                blank=True, max_length=1000, verbose_name="note for officers"
                            ),
                        ),
                        (
                            "changes",
                            models.TextField(
                                blank=True, max_length=1000, verbose_name="what is new"
                            ),
                        ),
                        ("all_below", models.BooleanField(default=False)),
                        ("for_levels", models.JSONField(default=list)),
                        ("for_kinds", models.JSONField(default=list)),
                        ("aimed_at", models.CharField(default="", editable=False, max_length=200)),
                        (
                            "by_provinces",
                            models.BooleanField(
                                default=False, verbose_name="by way of the provinces"
                            ),
                        ),
                        (
                            "spread_minutes",
                            models.PositiveSmallIntegerField(
                                default=0, verbose_name="spread over minutes"
                            ),
                        ),
                        ("content_sha256", models.CharField(blank=True, max_length=64)),
                        ("changed_at", models.DateTimeField()),
                        ("edition", models.PositiveIntegerField(default=1)),
                        ("submitted_at", models.DateTimeField(null=True)),
                        ("approved_at", models.DateTimeField(null=True)),
                        ("return_reason", models.CharField(blank=True, default="", max_length=500)),
                        ("issued_at", models.DateTimeField(null=True)),
                        (
                            "approved_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "author",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("for_units", models.ManyToManyField(related_name="+", to="units.unit")),
                        (
                            "kit",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="versions",
                                to="campaigns.kit",
                            ),
                        ),
                        (
                            "last_editor",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "writers",
                            models.ManyToManyField(related_name="+", to=settings.AUTH_USER_MODEL),
                        ),
                    ],
                    options={
                        "ordering": ["-number"],
                        "indexes": [
                            models.Index(
                                condition=models.Q(("announced_at", None), ("state", "issued")),
                                fields=["announced_at"],
                                name="kit_version_to_announce",
                            )
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("kit", "number"), name="kit_version_number_once"
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(
                                    ("state__in", ["approved", "draft", "in_review", "returned"])
                                ),
                                fields=("kit",),
                                name="one_open_version_a_kit",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("state", "issued")),
                                fields=("kit",),
                                name="one_issued_version_a_kit",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("approved_by__isnull", True),
                                    models.Q(
                                        models.Q(
                                            ("approved_by", models.F("author")), _negated=True
                                        ),
                                        models.Q(
                                            ("approved_by", models.F("last_editor")), _negated=True
                                        ),
                                    ),
                                    _connector="OR",
                                ),
                                name="a_kit_is_approved_by_another",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("state__in", ["approved", "issued", "replaced"]),
                                        _negated=True,
                                    ),
                                    models.Q(
                                        ("approved_at__isnull", False),
                                        ("approved_by__isnull", False),
                                        models.Q(("content_sha256", ""), _negated=True),
                                    ),
                                    _connector="OR",
                                ),
                                name="who_approved_a_kit_and_what",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("window_from__isnull", True),
                                    ("window_until__isnull", True),
                                    ("window_until__gte", models.F("window_from")),
                                    _connector="OR",
                                ),
                                name="a_kit_ends_after_its_start",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("best_from__isnull", True), ("best_until__isnull", True)
                                    ),
                                    models.Q(
                                        ("best_until__gt", models.F("best_from")),
                                        ("best_until__lte", 24),
                                    ),
                                    _connector="OR",
                                ),
                                name="best_hours_of_a_day",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="KitMedia",
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
                        ("position", models.PositiveSmallIntegerField()),
                        (
                            "alt_text",
                            models.CharField(blank=True, max_length=500, verbose_name="alt text"),
                        ),
                        (
                            "media",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="kits",
                                to="media.media",
                            ),
                        ),
                        (
                            "version",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="media",
                                to="campaigns.kitversion",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["position", "pk"],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("version", "media"), name="a_picture_once_a_kit"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Adoption",
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
                        ("opened_at", models.DateTimeField(null=True)),
                        ("adopted_at", models.DateTimeField(null=True)),
                        ("declined_at", models.DateTimeField(null=True)),
                        (
                            "reason",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("not_our_area", "does not happen in our area"),
                                    ("done_already", "we have published on this lately"),
                                    ("no_channel", "no channel that fits"),
                                    ("wrong_time", "the time does not suit"),
                                    ("other", "another reason"),
                                ],
                                default="",
                                max_length=15,
                            ),
                        ),
                        ("remark", models.CharField(blank=True, default="", max_length=200)),
                        ("values", models.JSONField(default=dict)),
                        ("reminded_at", models.DateTimeField(null=True)),
                        (
                            "by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "unit",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="adoptions",
                                to="units.unit",
                            ),
                        ),
                        (
                            "kit",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="adoptions",
                                to="campaigns.kit",
                            ),
                        ),
                        (
                            "version",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="adoptions",
                                to="campaigns.kitversion",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("kit", "unit"), name="one_adoption_a_unit"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("adopted_at__isnull", True),
                                    ("declined_at__isnull", True),
                                    _connector="OR",
                                ),
                                name="adopted_or_declined",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("declined_at__isnull", True),
                                    models.Q(("reason", ""), _negated=True),
                                    _connector="OR",
                                ),
                                name="a_unit_declines_for_a_reason",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Partner",
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
                            "kind",
                            models.CharField(
                                choices=[
                                    ("youth_union", "Youth Union"),
                                    ("womens_union", "Women's Union"),
                                    ("fatherland", "Fatherland Front"),
                                    ("veterans", "Veterans' association"),
                                    ("farmers", "Farmers' association"),
                                    ("school", "School"),
                                    ("agency", "Agency or public service"),
                                    ("company", "Company or cooperative"),
                                    ("other", "Other organisation"),
                                    ("person", "Person who agreed in writing"),
                                ],
                                max_length=15,
                                verbose_name="kind",
                            ),
                        ),
                        ("name", models.CharField(blank=True, max_length=120, verbose_name="name")),
                        (
                            "document_number",
                            models.CharField(max_length=80, verbose_name="number of the document"),
                        ),
                        (
                            "document_title",
                            models.CharField(
                                blank=True, max_length=200, verbose_name="title of the document"
                            ),
                        ),
                        ("document_date", models.DateField(verbose_name="date of the document")),
                        (
                            "filed_at",
                            models.CharField(
                                blank=True, max_length=200, verbose_name="where it is filed"
                            ),
                        ),
                        ("starts_on", models.DateField(verbose_name="from")),
                        ("ends_on", models.DateField(verbose_name="to")),
                        ("sealed", models.BinaryField(null=True)),
                        ("created_at", models.DateTimeField()),
                        ("warned_at", models.DateTimeField(null=True)),
                        ("ended_at", models.DateTimeField(null=True)),
                        ("end_reason", models.CharField(blank=True, max_length=500)),
                        ("search", models.CharField(editable=False, max_length=201)),
                        (
                            "created_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "ended_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "renews",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="renewals",
                                to="campaigns.partner",
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
                        "ordering": ["-created_at", "-pk"],
                        "indexes": [
                            models.Index(
                                fields=["unit", "-created_at", "-id"], name="partners_of_unit"
                            ),
                            models.Index(
                                condition=models.Q(("ended_at", None)),
                                fields=["ends_on"],
                                name="partner_agreement_ends",
                            ),
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("document_number__regex", "^\\s*$"), _negated=True
                                ),
                                name="partner_has_a_document",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("document_date__lte", models.F("starts_on")),
                                    ("ends_on__gte", models.F("starts_on")),
                                ),
                                name="partner_consents_before_and_until",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("kind", "person"), ("name", "")),
                                    models.Q(
                                        models.Q(("kind", "person"), _negated=True),
                                        models.Q(("name", ""), _negated=True),
                                    ),
                                    _connector="OR",
                                ),
                                name="only_organisations_bear_a_name",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("ended_at__isnull", True),
                                        ("ended_by__isnull", True),
                                        ("sealed__isnull", False),
                                    ),
                                    models.Q(
                                        ("document_title", ""),
                                        ("ended_at__isnull", False),
                                        ("filed_at", ""),
                                        ("sealed__isnull", True),
                                    ),
                                    _connector="OR",
                                ),
                                name="an_ended_partner_has_no_contact",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("ended_by__isnull", True),
                                    models.Q(("end_reason", ""), _negated=True),
                                    _connector="OR",
                                ),
                                name="a_partner_is_ended_for_a_reason",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="PartnerPlace",
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
                            "kind",
                            models.CharField(
                                choices=[
                                    ("page", "own page"),
                                    ("notice_board", "notice board"),
                                    ("loudspeaker", "loudspeaker"),
                                ],
                                max_length=15,
                            ),
                        ),
                        ("address", models.URLField(blank=True, max_length=300)),
                        (
                            "partner",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="places",
                                to="campaigns.partner",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["pk"],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("partner", "kind", "address"), name="a_place_once_a_partner"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("kind", "page"), models.Q(("address", ""), _negated=True)
                                    ),
                                    models.Q(
                                        models.Q(("kind", "page"), _negated=True), ("address", "")
                                    ),
                                    _connector="OR",
                                ),
                                name="a_partners_page_has_an_address",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Passing",
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
                            "announced_upto",
                            models.PositiveBigIntegerField(db_default=0, default=0, editable=False),
                        ),
                        ("announced_at", models.DateTimeField(editable=False, null=True)),
                        ("at", models.DateTimeField()),
                        ("note", models.CharField(blank=True, max_length=1000)),
                        (
                            "by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "kit",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="passings",
                                to="campaigns.kit",
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
                        "ordering": ["-at", "-pk"],
                        "indexes": [
                            models.Index(
                                condition=models.Q(("announced_at", None)),
                                fields=["announced_at"],
                                name="passing_to_announce",
                            )
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("kit", "unit"), name="passed_on_once_a_province"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Phase",
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
                        ("name", models.CharField(max_length=80, verbose_name="name of the phase")),
                        ("starts_on", models.DateField(verbose_name="first day")),
                        ("ends_on", models.DateField(verbose_name="last day")),
                        (
                            "campaign",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="phases",
                                to="campaigns.campaign",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["starts_on", "ends_on", "pk"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("ends_on__gte", models.F("starts_on"))),
                                name="phase_ends_after_start",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="PublicSummary",
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
                        ("deliveries", models.JSONField(default=list)),
                        ("shown_at", models.DateTimeField()),
                        ("revoked_at", models.DateTimeField(null=True)),
                        (
                            "campaign",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="public_summary",
                                to="campaigns.campaign",
                            ),
                        ),
                        (
                            "revoked_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "shown_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("revoked_at__isnull", True), ("revoked_by__isnull", True)
                                    ),
                                    models.Q(
                                        ("revoked_at__isnull", False), ("revoked_by__isnull", False)
                                    ),
                                    _connector="OR",
                                ),
                                name="who_revoked_a_summary_and_when",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="TopicRule",
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
                            "asks",
                            models.CharField(
                                choices=[
                                    ("second", "a second approval by the province"),
                                    ("legal", "a legal basis: the document and its days in force"),
                                    ("valid", "a time until which the post is valid"),
                                    ("source", "the source of its warning"),
                                ],
                                max_length=10,
                                verbose_name="what posts need",
                            ),
                        ),
                        ("valid_from", models.DateField(verbose_name="first day")),
                        (
                            "valid_to",
                            models.DateField(blank=True, null=True, verbose_name="last day"),
                        ),
                        ("reason", models.CharField(max_length=500)),
                        ("set_at", models.DateTimeField()),
                        ("ended_at", models.DateTimeField(null=True)),
                        (
                            "set_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "topic",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="rules",
                                to="campaigns.topic",
                                verbose_name="topic",
                            ),
                        ),
                        (
                            "unit",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="topic_rules",
                                to="units.unit",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["topic__position", "topic__code", "unit__path", "-valid_from"],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("ended_at", None), ("valid_to__isnull", True)),
                                fields=("topic", "unit", "asks"),
                                name="one_open_rule_a_topic",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("valid_to__isnull", True),
                                    ("valid_to__gte", models.F("valid_from")),
                                    _connector="OR",
                                ),
                                name="topic_rule_ends_after_start",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ChecklistItem",
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
                            "text",
                            models.CharField(max_length=200, verbose_name="what is to be done"),
                        ),
                        ("due_on", models.DateField(verbose_name="due by")),
                        ("done_at", models.DateTimeField(null=True)),
                        (
                            "campaign",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="checklist",
                                to="campaigns.campaign",
                            ),
                        ),
                        (
                            "done_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["due_on", "pk"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("done_at__isnull", True), ("done_by__isnull", True)),
                                    models.Q(
                                        ("done_at__isnull", False), ("done_by__isnull", False)
                                    ),
                                    _connector="OR",
                                ),
                                name="who_did_an_item_and_when",
                            )
                        ],
                    },
                ),
            ],
        ),
    ]
