"""Sums of provinces and of the nation, and of units in the periods that dashboards open with. Changes
of followers, of a unit's pages and of its province mark, too.
"""

import django.db.models.deletion
import django.db.models.functions.comparison
from django.db import migrations, models

import channels.states
from core.migration_operations import RunStatements

_TODAY = {
    "postgresql": "(CURRENT_TIMESTAMP AT TIME ZONE 'Asia/Ho_Chi_Minh')::date",
    "sqlite": "date('now', '+7 hours')",
}
_DIFFERS = {"postgresql": "IS DISTINCT FROM", "sqlite": "IS NOT"}
_MEASURES = [
    "views",
    "reach",
    "reactions",
    "comments",
    "shares",
    "saves",
    "clicks",
    "watch_seconds",
]


def _mark(select):
    return f"INSERT INTO engagement_changedday (kind, unit_id, day) {select};"


def _triggers(vendor):
    """Yield (name, table, event, condition, statements)."""

    def told(row):
        return _mark(
            f"SELECT 'followed', unit_id, {row}.day FROM channels_channel WHERE id = {row}.channel_id"  # noqa: S608
        )

    def page(row):
        return _mark(f"SELECT 'followed', {row}.unit_id, {_TODAY[vendor]}")

    def published(unit):
        return _mark(
            f"SELECT DISTINCT 'published', {unit}, day FROM engagement_pageday WHERE unit_id = NEW.id AND {unit} IS NOT NULL"  # noqa: S608
        )

    counts, pages = "engagement_followercount", "channels_channel"
    yield "follower_count_insert", counts, "INSERT", "", [told("NEW")]
    changed = f"(OLD.followers, OLD.day) {_DIFFERS[vendor]} (NEW.followers, NEW.day)"
    yield "follower_count_update", counts, "UPDATE", changed, [told("OLD"), told("NEW")]
    yield "follower_count_delete", counts, "DELETE", "", [told("OLD")]
    yield "page_insert", pages, "INSERT", "", [page("NEW")]
    came = "OLD.unit_id <> NEW.unit_id OR (OLD.health = 'disconnected') <> (NEW.health = 'disconnected')"
    yield "page_update", pages, "UPDATE", came, [page("OLD"), page("NEW")]
    yield "page_delete", pages, "DELETE", "", [page("OLD")]
    moved = f"OLD.parent_id {_DIFFERS[vendor]} NEW.parent_id OR OLD.level <> NEW.level"
    units = [published("NEW.id"), published("OLD.parent_id"), published("NEW.parent_id")]
    yield "unit_moved", "units_unit", "UPDATE", moved, units


def _created(vendor):
    for name, table, event, condition, statements in _triggers(vendor):
        when = f"WHEN ({condition})" if condition else ""
        body = "\n    ".join(statements)
        if vendor == "postgresql":
            yield f"CREATE FUNCTION mark_{name}() RETURNS trigger LANGUAGE plpgsql AS $$\nBEGIN\n    {body}\n    RETURN NULL;\nEND $$"
            yield f"CREATE TRIGGER mark_{name} AFTER {event} ON {table} FOR EACH ROW {when} EXECUTE FUNCTION mark_{name}()"
        else:
            yield f"CREATE TRIGGER mark_{name} AFTER {event} ON {table} {when}\nBEGIN\n    {body}\nEND"


def _dropped(vendor):
    for name, table, *_rest in _triggers(vendor):
        if vendor == "postgresql":
            yield f"DROP TRIGGER mark_{name} ON {table}"
            yield f"DROP FUNCTION mark_{name}()"
        else:
            yield f"DROP TRIGGER mark_{name}"


def _added_up():
    """Yield what adds up the summaries that there are: they say what the new ones are to say."""
    province = "CASE WHEN unit.level = 'commune' THEN unit.parent_id ELSE unit.id END"
    for table, key, more in (
        ("platformday", "platform", ["views_of", "reach_of", "reactions_of"]),
        ("topicday", "topic_id", []),
    ):
        names = ["publications", *_MEASURES, *more]
        into = f"INSERT INTO engagement_{table} (province_id, {key}, day, {', '.join(names)}) "
        sums = ", ".join(f"SUM({name})" for name in names)
        yield f"{into} SELECT {province}, {key}, day, {sums} FROM engagement_pageday JOIN units_unit AS unit ON unit.id = unit_id GROUP BY 1, 2, 3"  # noqa: S608
        yield f"{into} SELECT CAST(NULL AS bigint), {key}, day, {sums} FROM engagement_{table} GROUP BY 2, 3"  # noqa: S608


_VENDORS = ("postgresql", "sqlite")


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0010_approvals_of_kits_are_sealed"),
        ("engagement", "0017_report_files_watched"),
        ("posts", "0034_append_only_and_four_eyes"),
        ("units", "0001_squashed_0005_leader_phone"),
    ]

    operations = [
        migrations.CreateModel(
            name="PlatformDay",
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
        migrations.CreateModel(
            name="TopicDay",
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
        ),
        migrations.CreateModel(
            name="UnitPeriod",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("first", models.DateField()),
                ("last", models.DateField()),
                ("pages", models.PositiveIntegerField()),
                ("known", models.PositiveIntegerField()),
                ("followers", models.BigIntegerField(null=True)),
                ("publications", models.PositiveIntegerField(null=True)),
                ("reach", models.BigIntegerField(null=True)),
                ("reactions", models.BigIntegerField(null=True)),
                ("known_publications", models.PositiveIntegerField(null=True)),
                ("known_reach", models.BigIntegerField(null=True)),
                ("known_reactions", models.BigIntegerField(null=True)),
            ],
        ),
        migrations.AlterField(
            model_name="changedday",
            name="kind",
            field=models.CharField(
                choices=[
                    ("due", "Due"),
                    ("written", "Written"),
                    ("published", "Published"),
                    ("gained", "Gained"),
                    ("followed", "Followed"),
                ],
                max_length=10,
            ),
        ),
        migrations.AddIndex(
            model_name="postday",
            index=models.Index(
                condition=models.Q(("reach__gt", 0)),
                fields=["day", "-reach"],
                name="post_day_reach",
            ),
        ),
        migrations.AddField(
            model_name="platformday",
            name="province",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="units.unit",
            ),
        ),
        migrations.AddField(
            model_name="topicday",
            name="province",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="units.unit",
            ),
        ),
        migrations.AddField(
            model_name="topicday",
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
            model_name="unitperiod",
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
            model_name="platformday",
            index=models.Index(fields=["province", "day"], name="platform_day_province"),
        ),
        migrations.AddIndex(
            model_name="platformday",
            index=models.Index(fields=["day"], name="platform_day"),
        ),
        migrations.AddConstraint(
            model_name="platformday",
            constraint=models.UniqueConstraint(
                django.db.models.functions.comparison.Coalesce("province", 0),
                models.F("platform"),
                models.F("day"),
                name="platform_day_once",
            ),
        ),
        migrations.AddIndex(
            model_name="topicday",
            index=models.Index(fields=["province", "day"], name="topic_day_province"),
        ),
        migrations.AddIndex(
            model_name="topicday",
            index=models.Index(fields=["day"], name="topic_day"),
        ),
        migrations.AddConstraint(
            model_name="topicday",
            constraint=models.UniqueConstraint(
                django.db.models.functions.comparison.Coalesce("province", 0),
                django.db.models.functions.comparison.Coalesce("topic", 0),
                models.F("day"),
                name="topic_day_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="unitperiod",
            constraint=models.UniqueConstraint(
                fields=("first", "last", "unit"), name="unit_period_once"
            ),
        ),
        RunStatements(
            {vendor: (*_created(vendor), *_added_up()) for vendor in _VENDORS},
            {vendor: tuple(_dropped(vendor)) for vendor in _VENDORS},
        ),
    ]
