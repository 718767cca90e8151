"""Let counts be thinned: by a function of the owner's, for no role of ours deletes counts.

It removes only what no day's sum needs, of days older than two months, whoever calls it. The
trigger that marks the day of a deleted count keeps still meanwhile: no sum changes. Both are
functions, so that no table is locked.
"""

from django.db import migrations, models

_MEASURES = (
    "views", "reach", "reactions", "comments", "shares", "saves", "clicks", "watch_seconds",
)  # fmt: skip
_KEPT = " OR ".join(
    f"(counts.{m} IS NOT NULL AND COUNT(counts.{m}) OVER later = 1)" for m in _MEASURES
)
_THIN = f"""
CREATE FUNCTION thin_counts(counted_on date) RETURNS bigint LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    starts timestamptz := counted_on::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh';
    ends timestamptz := starts + interval '1 day';
    removed bigint;
BEGIN
    IF ends > now() - interval '60 days' THEN
        RAISE EXCEPTION 'counts of % are too young to be thinned', counted_on;
    END IF;
    -- Not as a setting that the function bears: only a superuser may make such a function.
    PERFORM set_config('portal.thinning', 'on', true);
    DELETE FROM engagement_count WHERE id IN (
        SELECT id FROM (
            SELECT id, ROW_NUMBER() OVER later = 1 OR {_KEPT} AS kept
            FROM engagement_count AS counts
            WHERE taken_at >= starts AND taken_at < ends AND delivery_id IN (
                SELECT delivery.id FROM publishing_delivery AS delivery
                WHERE delivery.due_at >= starts - interval '64 days' AND delivery.due_at < ends
            )
            WINDOW later AS (PARTITION BY delivery_id ORDER BY taken_at DESC, id DESC)
        ) AS days WHERE NOT kept
    );
    GET DIAGNOSTICS removed = ROW_COUNT;
    PERFORM set_config('portal.thinning', '', true);
    RETURN removed;
END $$;
REVOKE ALL ON FUNCTION thin_counts(date) FROM PUBLIC;
"""  # noqa: S608
_DAY = "(%s AT TIME ZONE 'Asia/Ho_Chi_Minh')::date"
_MARKS = f"""
    INSERT INTO engagement_changedday (kind, unit_id, day)
        SELECT 'gained', unit_id, {_DAY % "OLD.taken_at"} FROM publishing_delivery
        WHERE id = OLD.delivery_id;
    INSERT INTO engagement_changedday (kind, unit_id, day)
        SELECT 'gained', delivery.unit_id, {_DAY % "counted.taken_at"}
        FROM engagement_count AS counted
        JOIN publishing_delivery AS delivery ON delivery.id = counted.delivery_id
        WHERE counted.delivery_id = OLD.delivery_id AND counted.taken_at > OLD.taken_at;
"""  # noqa: S608
_MARK = """
CREATE OR REPLACE FUNCTION mark_count_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    %s%s
    RETURN NULL;
END $$;
"""
_UNLESS_THINNED = """
    IF current_setting('portal.thinning', true) = 'on' THEN
        RETURN NULL;
    END IF;
"""


def _make(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(_THIN, params=None)
        schema_editor.execute(_MARK % (_UNLESS_THINNED, _MARKS), params=None)


def _drop(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP FUNCTION thin_counts(date)", params=None)
        schema_editor.execute(_MARK % ("", _MARKS), params=None)


class Migration(migrations.Migration):
    dependencies = [
        ("engagement", "0012_page_days"),
    ]

    operations = [
        migrations.CreateModel(
            name="Thinned",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("until", models.DateField()),
            ],
        ),
        migrations.RunPython(_make, _drop),
    ]
