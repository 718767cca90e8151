import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import core.migration_operations


class Migration(migrations.Migration):
    replaces = [
        ("posts", "0001_initial"),
        ("posts", "0002_append_only"),
        ("posts", "0003_engine_at_the_limit"),
        ("posts", "0004_videos_and_formats"),
        ("posts", "0005_uploads"),
        ("posts", "0006_refuse_truncate"),
        ("posts", "0007_readings"),
        ("posts", "0008_signatures_and_contributions"),
        ("posts", "0009_four_eyes_and_signatures"),
        ("posts", "0010_approvals_signed_in_lists"),
        ("posts", "0011_media_in_use"),
        ("posts", "0012_note_what_revisions_show"),
        ("posts", "0013_uploads_name_unit_and_purpose"),
        ("posts", "0014_fill_unit_and_purpose_of_uploads"),
        ("posts", "0015_uploads_name_no_post"),
        ("posts", "0016_media_move_to_an_app_of_their_own"),
        ("posts", "0017_sheets_of_planned_posts"),
        ("posts", "0018_second_approval"),
        ("posts", "0019_four_eyes_at_each_step"),
        ("posts", "0020_library"),
        ("posts", "0021_discussion"),
        ("posts", "0022_threads_of_earlier_returns"),
        ("posts", "0023_archived_at"),
        ("posts", "0024_name_the_position"),
        ("posts", "0025_name_the_requested_time"),
        ("posts", "0026_switches_of_channels"),
        ("posts", "0027_grounds_of_posts_and_templates"),
        ("posts", "0028_titles_from_the_text"),
        ("posts", "0029_posts_without_an_approver"),
        ("posts", "0030_formats_as_before"),
        ("posts", "0031_leak_rules"),
        ("posts", "0032_descriptions_of_pictures"),
        ("posts", "0033_posts_that_came_of_a_kit"),
    ]

    initial = True

    dependencies = [
        ("campaigns", "0001_squashed_0007_plans_and_results"),
        ("channels", "0001_squashed_0025_page_changes"),
        ("media", "0001_squashed_0010_child_shown_with_consent_note"),
        ("units", "0001_squashed_0005_leader_phone"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        core.migration_operations.CreateModels(
            models=[
                migrations.CreateModel(
                    name="SignedList",
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
                        ("statement", models.TextField()),
                        ("method", models.CharField(max_length=10)),
                        ("assertion", models.JSONField(null=True)),
                        ("key_id", models.CharField(max_length=16)),
                        ("seal", models.CharField(max_length=64)),
                    ],
                ),
                migrations.CreateModel(
                    name="BulkImport",
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
                        ("file_name", models.CharField(max_length=200)),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("reading", "pictures are being read"),
                                    ("ready", "awaiting confirmation"),
                                    ("done", "drafts made"),
                                    ("submitting", "drafts are being submitted"),
                                ],
                                default="reading",
                                max_length=12,
                            ),
                        ),
                        ("rows", models.JSONField()),
                        ("files", models.JSONField(default=list)),
                        ("pictures", models.JSONField(default=dict)),
                        ("left_out", models.JSONField(default=list)),
                        ("total", models.PositiveSmallIntegerField(default=0)),
                        ("done", models.PositiveSmallIntegerField(default=0)),
                        ("worked_at", models.DateTimeField(null=True)),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        ("applied_at", models.DateTimeField(null=True)),
                        (
                            "made_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
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
                        "abstract": False,
                    },
                ),
                migrations.CreateModel(
                    name="FalseAlarm",
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
                    name="Post",
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
                            "state",
                            models.CharField(
                                choices=[
                                    ("draft", "draft"),
                                    ("in_review", "awaiting approval"),
                                    ("changes_requested", "returned for revision"),
                                    ("approved", "approved"),
                                    ("withdrawn", "withdrawn"),
                                    ("archived", "archived"),
                                ],
                                default="draft",
                                max_length=20,
                            ),
                        ),
                        (
                            "title",
                            models.CharField(blank=True, max_length=200, verbose_name="title"),
                        ),
                        ("title_from_text", models.BooleanField(db_default=False, default=False)),
                        (
                            "label",
                            models.CharField(
                                blank=True,
                                db_default="",
                                default="",
                                editable=False,
                                max_length=200,
                            ),
                        ),
                        ("body", models.TextField(blank=True, verbose_name="body")),
                        ("link", models.URLField(blank=True, max_length=500, verbose_name="link")),
                        ("urgent", models.BooleanField(default=False, verbose_name="urgent")),
                        (
                            "ai_made",
                            models.BooleanField(
                                default=False, verbose_name="made or changed by AI"
                            ),
                        ),
                        (
                            "valid_until",
                            models.DateTimeField(blank=True, null=True, verbose_name="valid until"),
                        ),
                        (
                            "requested_time",
                            models.DateTimeField(
                                blank=True,
                                db_column="wanted_at",
                                null=True,
                                verbose_name="wanted time of publication",
                            ),
                        ),
                        ("version", models.PositiveIntegerField(default=1)),
                        ("second_asked_at", models.DateTimeField(null=True)),
                        ("second_due_at", models.DateTimeField(null=True)),
                        (
                            "second_reminders",
                            models.PositiveSmallIntegerField(db_default=0, default=0),
                        ),
                        ("without_approver_since", models.DateTimeField(null=True)),
                        ("submitted_at", models.DateTimeField(null=True)),
                        ("archived_at", models.DateTimeField(null=True)),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        ("changed_at", models.DateTimeField()),
                        ("search", models.TextField(default="", editable=False)),
                        (
                            "adoption",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="posts",
                                related_query_name="post",
                                to="campaigns.adoption",
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
                        (
                            "campaign",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="posts",
                                to="campaigns.campaign",
                                verbose_name="campaign",
                            ),
                        ),
                        (
                            "corrects",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="corrections",
                                to="posts.post",
                            ),
                        ),
                        (
                            "duplicate_of",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to="posts.post",
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
                            "topic",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                to="campaigns.topic",
                                verbose_name="topic",
                            ),
                        ),
                        (
                            "unit",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="posts",
                                to="units.unit",
                            ),
                        ),
                        (
                            "approved_revision",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="posts.revision",
                            ),
                        ),
                        (
                            "current_revision",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="posts.revision",
                            ),
                        ),
                        (
                            "endorsed_revision",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="posts.revision",
                            ),
                        ),
                        (
                            "template",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="posts",
                                to="posts.template",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-changed_at", "-pk"],
                        "indexes": [
                            models.Index(fields=["-changed_at", "-id"], name="post_changed"),
                            models.Index(fields=["unit", "-changed_at"], name="post_unit_changed"),
                            models.Index(
                                fields=["unit", "state", "-changed_at"], name="post_unit_state"
                            ),
                            models.Index(fields=["campaign", "state"], name="post_campaign_state"),
                            models.Index(
                                condition=models.Q(("without_approver_since__isnull", False)),
                                fields=["unit"],
                                name="post_without_approver",
                            ),
                            models.Index(
                                condition=models.Q(("endorsed_revision__isnull", False)),
                                fields=["second_due_at"],
                                name="post_second_approval",
                            ),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("adoption__isnull", False)),
                                fields=("adoption",),
                                name="one_post_an_adoption",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("approved_revision__isnull", True),
                                    models.Q(
                                        ("approved_revision", models.F("current_revision")),
                                        ("state", "approved"),
                                    ),
                                    _connector="OR",
                                ),
                                name="only_the_current_revision_is_approved",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("endorsed_revision__isnull", True),
                                    models.Q(
                                        ("endorsed_revision", models.F("current_revision")),
                                        ("second_asked_at__isnull", False),
                                        ("second_due_at__isnull", False),
                                        ("state", "in_review"),
                                    ),
                                    _connector="OR",
                                ),
                                name="only_what_is_in_review_waits_for_a_second_approval",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ImportedPost",
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
                        ("row", models.PositiveSmallIntegerField()),
                        ("sha256", models.CharField(db_index=True, max_length=64)),
                        (
                            "bulk_import",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="made",
                                to="posts.bulkimport",
                            ),
                        ),
                        (
                            "post",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="imported",
                                to="posts.post",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["row"],
                    },
                ),
                migrations.CreateModel(
                    name="Revision",
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
                        ("number", models.PositiveIntegerField()),
                        ("content", models.JSONField()),
                        ("content_sha256", models.CharField(max_length=64)),
                        ("created_at", models.DateTimeField()),
                        (
                            "author",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "editor",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "post",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="revisions",
                                to="posts.post",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-number"],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("post", "number"), name="revision_number_once"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Review",
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
                            "decision",
                            models.CharField(
                                choices=[
                                    ("first", "approved by the unit"),
                                    ("approved", "approved"),
                                    ("returned", "returned"),
                                    ("undone", "approval taken back"),
                                ],
                                max_length=10,
                            ),
                        ),
                        ("position", models.CharField(db_column="post_held", max_length=150)),
                        ("reason", models.TextField(blank=True)),
                        ("passed", models.JSONField(db_default=[], default=list)),
                        ("content_sha256", models.CharField(max_length=64)),
                        ("decided_at", models.DateTimeField()),
                        (
                            "author",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "editor",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "revision",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="reviews",
                                to="posts.revision",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-decided_at"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("decision__in", ["approved", "first"]), _negated=True
                                    ),
                                    models.Q(
                                        models.Q(("by", models.F("author")), _negated=True),
                                        models.Q(("by", models.F("editor")), _negated=True),
                                    ),
                                    _connector="OR",
                                ),
                                name="approver_is_not_author_nor_editor",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("decision", "returned"), ("reason", ""), _negated=True
                                ),
                                name="a_return_has_a_reason",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("decision", "approved")),
                                fields=("revision",),
                                name="one_approval_a_revision",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("decision", "first")),
                                fields=("revision",),
                                name="one_first_approval_a_revision",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Reading",
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
                        ("opened_at", models.DateTimeField()),
                        ("spent_at", models.DateTimeField(null=True)),
                        (
                            "user",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "revision",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="readings",
                                to="posts.revision",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("revision", "user"), name="one_reading_a_person"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="LeakCheck",
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
                    name="RevisionMedia",
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
                            "media",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="revisions",
                                to="media.media",
                            ),
                        ),
                        (
                            "revision",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="shown",
                                to="posts.revision",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("revision", "media"), name="a_picture_once_a_revision"
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
                                        ("confirmed_at__isnull", True),
                                        ("confirmed_by__isnull", True),
                                    ),
                                    models.Q(
                                        ("confirmed_at__isnull", False),
                                        models.Q(
                                            ("confirmed_by", models.F("set_by")), _negated=True
                                        ),
                                    ),
                                    _connector="OR",
                                ),
                                name="rule_switched_by_two_people",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Signature",
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
                        ("statement", models.TextField()),
                        ("method", models.CharField(max_length=10)),
                        ("assertion", models.JSONField(null=True)),
                        ("key_id", models.CharField(max_length=16)),
                        ("seal", models.CharField(max_length=64)),
                        (
                            "review",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="signature",
                                to="posts.review",
                            ),
                        ),
                        (
                            "listed",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="signatures",
                                to="posts.signedlist",
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="Snippet",
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
                        ("code", models.SlugField(blank=True, editable=False, max_length=40)),
                        ("version", models.PositiveIntegerField(default=1)),
                        ("changed_at", models.DateTimeField()),
                        ("archived_at", models.DateTimeField(null=True)),
                        ("search", models.TextField(default="", editable=False)),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("signature", "Signature with telephone numbers"),
                                    ("hashtags", "Hashtags"),
                                    ("paragraph", "Paragraph"),
                                ],
                                max_length=10,
                                verbose_name="kind",
                            ),
                        ),
                        ("name", models.CharField(max_length=80, verbose_name="name")),
                        ("text", models.TextField(max_length=1000, verbose_name="text")),
                        (
                            "changed_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "topic",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="campaigns.topic",
                                verbose_name="topic",
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
                        "ordering": [
                            "kind",
                            models.OrderBy(models.F("topic"), nulls_first=True),
                            "name",
                            "pk",
                        ],
                        "indexes": [
                            models.Index(fields=["unit", "archived_at"], name="snippet_unit")
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("code", ""), _negated=True),
                                fields=("code",),
                                name="one_snippet_a_code",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Template",
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
                        ("code", models.SlugField(blank=True, editable=False, max_length=40)),
                        ("version", models.PositiveIntegerField(default=1)),
                        ("changed_at", models.DateTimeField()),
                        ("archived_at", models.DateTimeField(null=True)),
                        ("search", models.TextField(default="", editable=False)),
                        ("title", models.CharField(max_length=150, verbose_name="title")),
                        ("text", models.TextField(max_length=10000, verbose_name="text")),
                        (
                            "hashtags",
                            models.CharField(blank=True, max_length=200, verbose_name="hashtags"),
                        ),
                        ("months", models.PositiveSmallIntegerField(default=0)),
                        ("texts", models.JSONField(default=dict)),
                        ("variables", models.JSONField(default=list)),
                        ("uses", models.PositiveIntegerField(default=0)),
                        (
                            "changed_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
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
                        "ordering": ["-changed_at", "-pk"],
                        "indexes": [
                            models.Index(fields=["unit", "archived_at"], name="template_unit")
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("code", ""), _negated=True),
                                fields=("code",),
                                name="one_template_a_code",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Thread",
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
                        ("quote", models.CharField(blank=True, max_length=500)),
                        ("place", models.CharField(blank=True, max_length=40)),
                        ("occurrence", models.PositiveIntegerField(default=0)),
                        ("picture", models.UUIDField(null=True)),
                        ("begun_at", models.DateTimeField()),
                        ("resolved_at", models.DateTimeField(null=True)),
                        (
                            "resolved_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "review",
                            models.OneToOneField(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="thread",
                                to="posts.review",
                            ),
                        ),
                        (
                            "revision",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="threads",
                                to="posts.revision",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-begun_at", "-pk"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("resolved_at__isnull", True), ("resolved_by__isnull", True)
                                    ),
                                    models.Q(
                                        ("resolved_at__isnull", False),
                                        ("resolved_by__isnull", False),
                                    ),
                                    _connector="OR",
                                ),
                                name="who_resolved_a_thread_and_when",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Comment",
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
                        ("position", models.CharField(db_column="post_held", max_length=150)),
                        ("text", models.TextField(blank=True, max_length=2000)),
                        ("proposal", models.TextField(blank=True, max_length=2000)),
                        ("written_at", models.DateTimeField()),
                        ("taken_at", models.DateTimeField(null=True)),
                        (
                            "author",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "taken_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "thread",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="comments",
                                to="posts.thread",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["written_at", "pk"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("proposal", ""), ("text", ""), _negated=True),
                                name="a_comment_says_something",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("taken_at__isnull", True),
                                    models.Q(("proposal", ""), _negated=True),
                                    _connector="OR",
                                ),
                                name="only_a_proposal_is_taken",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="AllowedItem",
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
                                    ("phone", "public telephone number"),
                                    ("account", "account for donations and payments"),
                                    ("host", "website"),
                                ],
                                max_length=10,
                                verbose_name="kind",
                            ),
                        ),
                        (
                            "value",
                            models.CharField(max_length=100, verbose_name="number or address"),
                        ),
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
                                        ("confirmed_at__isnull", True),
                                        ("confirmed_by__isnull", True),
                                    ),
                                    models.Q(
                                        ("confirmed_at__isnull", False),
                                        models.Q(
                                            ("confirmed_by", models.F("entered_by")), _negated=True
                                        ),
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
                                auto_created=True,
                                primary_key=True,
                                serialize=False,
                                verbose_name="ID",
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
                                fields=("unit", "rule", "day", "outcome"),
                                name="one_leak_count_a_day",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Editing",
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
                        ("seen_at", models.DateTimeField()),
                        (
                            "user",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "post",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="editings",
                                to="posts.post",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("post", "user"), name="one_editing_a_person"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Contribution",
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
                        ("edited_at", models.DateTimeField()),
                        (
                            "user",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "post",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="contributions",
                                to="posts.post",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("post", "user"), name="one_contribution_a_person"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="PostChannel",
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
                        ("text", models.TextField(blank=True)),
                        ("format", models.CharField(blank=True, max_length=20)),
                        ("format_as_before", models.BooleanField(db_default=False, default=False)),
                        ("options", models.JSONField(default=dict)),
                        ("is_on", models.BooleanField(db_default=True, default=True)),
                        ("by_hand", models.BooleanField(db_default=False, default=False)),
                        (
                            "channel",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="channels.channel",
                            ),
                        ),
                        (
                            "post",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="targets",
                                to="posts.post",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["channel__platform", "channel__name"],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("post", "channel"), name="one_target_a_channel"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="PostMedia",
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
                        ("captions", models.TextField(blank=True, verbose_name="captions")),
                        (
                            "media",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="uses",
                                to="media.media",
                            ),
                        ),
                        (
                            "post",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="pictures",
                                to="posts.post",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["position", "pk"],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("post", "media"), name="a_picture_once_a_post"
                            )
                        ],
                    },
                ),
            ],
        ),
    ]
