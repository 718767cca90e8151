"""Sums of what fell due, and of posts that were begun, by province and day. A unit that moves to
another province marks its days there and here, too.
"""

import django.db.models.deletion
from django.db import migrations, models

from core.migration_operations import RunStatements

_DIFFERS = {"postgresql": "IS DISTINCT FROM", "sqlite": "IS NOT"}
_KINDS = {"due": "engagement_dueday", "written": "engagement_writtenday"}
_PROVINCE = "CASE WHEN unit.level = 'commune' THEN unit.parent_id ELSE unit.id END"


def _created(vendor):
    moved = f"OLD.parent_id {_DIFFERS[vendor]} NEW.parent_id OR OLD.level <> NEW.level"
    body = "\n    ".join(
        f"INSERT INTO engagement_changedday (kind, unit_id, day) SELECT DISTINCT '{kind}', {unit}, day FROM {table} WHERE unit_id = NEW.id AND {unit} IS NOT NULL;"  # noqa: S608
        for kind, table in _KINDS.items()
        for unit in ("NEW.id", "OLD.parent_id", "NEW.parent_id")
    )
    event = "TRIGGER mark_unit_moved_due AFTER UPDATE ON units_unit"
    if vendor == "postgresql":
        yield f"CREATE FUNCTION mark_unit_moved_due() RETURNS trigger LANGUAGE plpgsql AS $$\nBEGIN\n    {body}\n    RETURN NULL;\nEND $$"
        yield f"CREATE {event} FOR EACH ROW WHEN ({moved}) EXECUTE FUNCTION mark_unit_moved_due()"
    else:
        yield f"CREATE {event} WHEN {moved}\nBEGIN\n    {body}\nEND"


def _dropped(vendor):
    if vendor == "postgresql":
        yield "DROP TRIGGER mark_unit_moved_due ON units_unit"
        yield "DROP FUNCTION mark_unit_moved_due()"
    else:
        yield "DROP TRIGGER mark_unit_moved_due"


def _added_up():
    """Yield what adds up the summaries that there are."""
    for table, names in (
        ("dueday", ["published", "due", "on_time", "failed"]),
        ("writtenday", ["posts"]),
    ):
        sums = [f"SUM({name})" for name in names]
        if table == "dueday":
            names, sums = [*names, "last_post"], [*sums, "MAX(last_post)"]
        yield f"INSERT INTO engagement_province{table} (province_id, day, {', '.join(names)}) SELECT {_PROVINCE}, day, {', '.join(sums)} FROM engagement_{table} JOIN units_unit AS unit ON unit.id = unit_id GROUP BY 1, 2"  # noqa: S608


_VENDORS = ("postgresql", "sqlite")


def _province():
    return models.ForeignKey(
        db_constraint=False,
        db_index=False,
        on_delete=django.db.models.deletion.DO_NOTHING,
        related_name="+",
        to="units.unit",
    )


class Migration(migrations.Migration):
    dependencies = [
        ("engagement", "0024_mark_followers_by_statement"),
        ("units", "0001_squashed_0005_leader_phone"),
    ]

    operations = [
        migrations.CreateModel(
            name="ProvinceDueDay",
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
                ("province", _province()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("day", "province"), name="province_due_day_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ProvinceWrittenDay",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField()),
                ("posts", models.PositiveIntegerField()),
                ("province", _province()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("day", "province"), name="province_written_day_once"
                    )
                ],
            },
        ),
        RunStatements(
            {vendor: (*_created(vendor), *_added_up()) for vendor in _VENDORS},
            {vendor: tuple(_dropped(vendor)) for vendor in _VENDORS},
        ),
    ]
