import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import channels.states
import core.migration_operations


class Migration(migrations.Migration):
    replaces = [
        ("engagement", "0001_initial"),
        ("engagement", "0002_initial"),
        ("engagement", "0003_who_says_the_figures"),
        ("engagement", "0004_more_figures_and_the_reply_desk"),
        ("engagement", "0005_spent_tickets"),
        ("engagement", "0006_records_outlive_units"),
        ("engagement", "0007_name_the_reply_allowance"),
        ("engagement", "0008_daily_summaries"),
        ("engagement", "0009_mark_changed_days"),
    ]

    initial = True

    dependencies = [
        ("campaigns", "0001_squashed_0007_plans_and_results"),
        ("channels", "0001_squashed_0025_page_changes"),
        ("posts", "0001_squashed_0033_posts_that_came_of_a_kit"),
        ("publishing", "0001_squashed_0046_index_the_due_time"),
        ("units", "0001_squashed_0005_leader_phone"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        core.migration_operations.CreateModels(
            models=[
                migrations.CreateModel(
                    name="CommentCount",
                    fields=[
                        (
                            "delivery",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                primary_key=True,
                                related_name="comment_count",
                                serialize=False,
                                to="publishing.delivery",
                            ),
                        ),
                        ("answered", models.PositiveIntegerField()),
                        ("unanswered", models.PositiveIntegerField()),
                        ("hidden", models.PositiveIntegerField()),
                        ("taken_at", models.DateTimeField()),
                    ],
                ),
                migrations.CreateModel(
                    name="SpentTicket",
                    fields=[
                        ("key", models.CharField(max_length=16, primary_key=True, serialize=False)),
                        ("spent_at", models.DateTimeField(db_index=True)),
                    ],
                ),
                migrations.CreateModel(
                    name="ChangedDay",
                    fields=[
                        ("id", models.BigAutoField(primary_key=True, serialize=False)),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("due", "Due"),
                                    ("written", "Written"),
                                    ("published", "Published"),
                                    ("gained", "Gained"),
                                ],
                                max_length=10,
                            ),
                        ),
                        ("day", models.DateField()),
                        (
                            "unit",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="units.unit",
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="Example",
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
                        ("name", models.CharField(max_length=120, verbose_name="name")),
                        ("why_heard", models.CharField(max_length=200)),
                        ("why_clear", models.CharField(max_length=200)),
                        ("advice", models.CharField(max_length=200)),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("proposed", "proposed, waits for the province"),
                                    ("province", "accepted by the province"),
                                    ("nation", "accepted by the ministry"),
                                    ("returned", "returned to the unit"),
                                    ("withdrawn", "withdrawn"),
                                ],
                                db_index=True,
                                default="proposed",
                                max_length=10,
                            ),
                        ),
                        ("proposed_at", models.DateTimeField()),
                        ("province_at", models.DateTimeField(null=True)),
                        ("nation_at", models.DateTimeField(null=True)),
                        ("ended_at", models.DateTimeField(null=True)),
                        ("reason", models.CharField(blank=True, default="", max_length=500)),
                        ("platforms", models.CharField(max_length=120)),
                        ("figures", models.JSONField()),
                        ("followers", models.PositiveBigIntegerField(null=True)),
                        ("as_of", models.DateTimeField(null=True)),
                        ("relative", models.FloatField(null=True)),
                        ("reused", models.PositiveIntegerField(default=0)),
                        ("search", models.TextField(default="", editable=False)),
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
                            "nation_by",
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
                            "province_by",
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
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="campaigns.topic",
                            ),
                        ),
                        (
                            "unit",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="examples",
                                to="units.unit",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-proposed_at", "-pk"],
                        "indexes": [
                            models.Index(
                                fields=["unit", "-proposed_at"], name="example_unit_proposed"
                            )
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("province_by__isnull", True),
                                        models.Q(
                                            ("province_by", models.F("proposed_by")), _negated=True
                                        ),
                                        _connector="OR",
                                    ),
                                    models.Q(
                                        ("nation_by__isnull", True),
                                        models.Q(
                                            models.Q(
                                                ("nation_by", models.F("proposed_by")),
                                                _negated=True,
                                            ),
                                            models.Q(
                                                ("province_by__isnull", True),
                                                models.Q(
                                                    ("nation_by", models.F("province_by")),
                                                    _negated=True,
                                                ),
                                                _connector="OR",
                                            ),
                                        ),
                                        _connector="OR",
                                    ),
                                ),
                                name="nobody_accepts_an_example_twice",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("state__in", ["returned", "withdrawn"]), _negated=True
                                    ),
                                    models.Q(
                                        ("ended_at__isnull", False),
                                        ("ended_by__isnull", False),
                                        models.Q(("reason", ""), _negated=True),
                                    ),
                                    _connector="OR",
                                ),
                                name="an_example_ends_for_a_reason",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        models.Q(("state", "province"), _negated=True),
                                        ("province_by__isnull", False),
                                        _connector="OR",
                                    ),
                                    models.Q(
                                        models.Q(("state", "nation"), _negated=True),
                                        ("nation_by__isnull", False),
                                        _connector="OR",
                                    ),
                                ),
                                name="who_accepted_an_example",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ExamplePost",
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
                            "example",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="posts",
                                to="engagement.example",
                            ),
                        ),
                        (
                            "post",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="posts.post",
                            ),
                        ),
                        (
                            "revision",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="posts.revision",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["position", "pk"],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("example", "post"), name="a_post_once_an_example"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ExampleUse",
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
                        ("at", models.DateTimeField()),
                        ("noticed_at", models.DateTimeField(null=True)),
                        (
                            "by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "example",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="uses",
                                to="engagement.example",
                            ),
                        ),
                        (
                            "post",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to="posts.post",
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
                        "indexes": [models.Index(fields=["example", "-at"], name="example_use_at")],
                    },
                ),
                migrations.CreateModel(
                    name="FollowerCount",
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
                        ("day", models.DateField()),
                        ("followers", models.PositiveBigIntegerField()),
                        (
                            "channel",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="follower_counts",
                                to="channels.channel",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["day"],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("channel", "day"), name="one_follower_count_a_day"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Measurement",
                    fields=[
                        (
                            "delivery",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                primary_key=True,
                                related_name="measurement",
                                serialize=False,
                                to="publishing.delivery",
                            ),
                        ),
                        ("next_at", models.DateTimeField(null=True)),
                        ("taken_at", models.DateTimeField(null=True)),
                        (
                            "source",
                            models.CharField(
                                choices=[
                                    ("platform", "told by the platform"),
                                    ("hand", "entered by hand"),
                                ],
                                default="platform",
                                max_length=10,
                            ),
                        ),
                        ("failures", models.PositiveSmallIntegerField(default=0)),
                        ("views", models.PositiveBigIntegerField(null=True)),
                        ("reach", models.PositiveBigIntegerField(null=True)),
                        ("reactions", models.PositiveBigIntegerField(null=True)),
                        ("comments", models.PositiveBigIntegerField(null=True)),
                        ("shares", models.PositiveBigIntegerField(null=True)),
                        ("saves", models.PositiveBigIntegerField(null=True)),
                        ("clicks", models.PositiveBigIntegerField(null=True)),
                        ("watch_seconds", models.PositiveBigIntegerField(null=True)),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                condition=models.Q(("next_at__isnull", False)),
                                fields=["next_at"],
                                name="measurement_due",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="PostDay",
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
                        ("as_of", models.DateTimeField(null=True)),
                        ("views_of", models.PositiveIntegerField()),
                        ("reach_of", models.PositiveIntegerField()),
                        ("reactions_of", models.PositiveIntegerField()),
                        ("comments_of", models.PositiveIntegerField()),
                        ("shares_of", models.PositiveIntegerField()),
                        ("saves_of", models.PositiveIntegerField()),
                        ("clicks_of", models.PositiveIntegerField()),
                        ("watch_seconds_of", models.PositiveIntegerField()),
                        (
                            "campaign",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="campaigns.campaign",
                            ),
                        ),
                        (
                            "kit",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="campaigns.kit",
                            ),
                        ),
                        (
                            "post",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="posts.post",
                            ),
                        ),
                        (
                            "topic",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="campaigns.topic",
                            ),
                        ),
                        (
                            "unit",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="units.unit",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["unit", "day"], name="post_day_unit"),
                            models.Index(
                                condition=models.Q(("campaign__isnull", False)),
                                fields=["campaign", "day"],
                                name="post_day_campaign",
                            ),
                            models.Index(fields=["topic", "day"], name="post_day_topic"),
                            models.Index(
                                condition=models.Q(("kit__isnull", False)),
                                fields=["kit", "day"],
                                name="post_day_kit",
                            ),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("post", "unit", "day"), name="post_day_once"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ReplyAllowance",
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
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="reply_allowance",
                                to="units.unit",
                            ),
                        ),
                    ],
                    options={
                        "db_table": "engagement_deskallowance",
                    },
                ),
                migrations.CreateModel(
                    name="UnitGain",
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
                        ("views", models.BigIntegerField(null=True)),
                        ("reach", models.BigIntegerField(null=True)),
                        ("reactions", models.BigIntegerField(null=True)),
                        ("comments", models.BigIntegerField(null=True)),
                        ("shares", models.BigIntegerField(null=True)),
                        ("saves", models.BigIntegerField(null=True)),
                        ("clicks", models.BigIntegerField(null=True)),
                        ("watch_seconds", models.BigIntegerField(null=True)),
                        ("day", models.DateField()),
                        (
                            "unit",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="units.unit",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [models.Index(fields=["day"], name="unit_gain_day")],
                        "constraints": [
                            models.UniqueConstraint(fields=("unit", "day"), name="unit_gain_once")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="WrittenDay",
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
                        ("day", models.DateField()),
                        ("posts", models.PositiveIntegerField()),
                        (
                            "unit",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="units.unit",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [models.Index(fields=["day"], name="written_day")],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("unit", "day"), name="written_day_of_a_unit_once"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="CampaignGain",
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
                        (
                            "campaign",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="campaigns.campaign",
                            ),
                        ),
                        (
                            "unit",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="units.unit",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["unit", "day"], name="campaign_gain_unit")
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("campaign", "unit", "published_day", "day"),
                                name="campaign_gain_once",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ChannelDay",
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
                        ("views", models.BigIntegerField(null=True)),
                        ("reach", models.BigIntegerField(null=True)),
                        ("reactions", models.BigIntegerField(null=True)),
                        ("comments", models.BigIntegerField(null=True)),
                        ("shares", models.BigIntegerField(null=True)),
                        ("saves", models.BigIntegerField(null=True)),
                        ("clicks", models.BigIntegerField(null=True)),
                        ("watch_seconds", models.BigIntegerField(null=True)),
                        (
                            "platform",
                            models.CharField(choices=channels.states.platforms, max_length=10),
                        ),
                        ("day", models.DateField()),
                        ("publications", models.PositiveIntegerField()),
                        (
                            "campaign",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="campaigns.campaign",
                            ),
                        ),
                        (
                            "channel",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="channels.channel",
                            ),
                        ),
                        (
                            "unit",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="units.unit",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["campaign", "day"], name="channel_day_campaign"),
                            models.Index(fields=["unit", "day"], name="channel_day_unit"),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("campaign", "channel", "unit", "day"),
                                name="channel_day_once",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Count",
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
                        ("taken_at", models.DateTimeField()),
                        (
                            "source",
                            models.CharField(
                                choices=[
                                    ("platform", "told by the platform"),
                                    ("hand", "entered by hand"),
                                ],
                                default="platform",
                                max_length=10,
                            ),
                        ),
                        ("views", models.PositiveBigIntegerField(null=True)),
                        ("reach", models.PositiveBigIntegerField(null=True)),
                        ("reactions", models.PositiveBigIntegerField(null=True)),
                        ("comments", models.PositiveBigIntegerField(null=True)),
                        ("shares", models.PositiveBigIntegerField(null=True)),
                        ("saves", models.PositiveBigIntegerField(null=True)),
                        ("clicks", models.PositiveBigIntegerField(null=True)),
                        ("watch_seconds", models.PositiveBigIntegerField(null=True)),
                        (
                            "delivery",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="counts",
                                to="publishing.delivery",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["taken_at"],
                        "indexes": [
                            models.Index(
                                fields=["delivery", "-taken_at"], name="count_delivery_taken"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="DueDay",
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
                        ("day", models.DateField()),
                        ("published", models.PositiveIntegerField()),
                        ("due", models.PositiveIntegerField()),
                        ("on_time", models.PositiveIntegerField()),
                        ("failed", models.PositiveIntegerField()),
                        ("last_post", models.DateTimeField(null=True)),
                        (
                            "unit",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="units.unit",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [models.Index(fields=["day"], name="due_day")],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("unit", "day"), name="due_day_of_a_unit_once"
                            )
                        ],
                    },
                ),
            ],
        ),
    ]
