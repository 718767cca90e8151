"""Mark the days of followers once a statement on PostgreSQL: a row's own trigger made of 650,000
numbers as many marks. On SQLite, which has no transition tables, each row marks as before.
"""

from django.db import migrations

from core.migration_operations import RunStatements

_TABLE = "engagement_followercount"
_ROW_BY_ROW = {
    "insert": ("", ["NEW"]),
    "update": ("WHEN ((OLD.followers, OLD.day) IS DISTINCT FROM (NEW.followers, NEW.day))", ["OLD", "NEW"]),
    "delete": ("", ["OLD"]),
}  # fmt: skip
_CHANGED = (
    "SELECT unnest(ARRAY[was.channel_id, became.channel_id]) AS channel_id, "
    "unnest(ARRAY[was.day, became.day]) AS day FROM was JOIN became ON became.id = was.id "
    "WHERE (was.followers, was.day) IS DISTINCT FROM (became.followers, became.day)"
)
_BY_STATEMENT = {
    "insert": ("NEW TABLE AS became", "SELECT channel_id, day FROM became"),
    "update": ("OLD TABLE AS was NEW TABLE AS became", _CHANGED),
    "delete": ("OLD TABLE AS was", "SELECT channel_id, day FROM was"),
}


def _function(name, body):
    return (
        f"CREATE OR REPLACE FUNCTION mark_follower_count_{name}() RETURNS trigger "
        f"LANGUAGE plpgsql AS $$\nBEGIN\n    {body}\n    RETURN NULL;\nEND $$"
    )


def _trigger(name, rest):
    yield f"DROP TRIGGER mark_follower_count_{name} ON {_TABLE}"
    yield (
        f"CREATE TRIGGER mark_follower_count_{name} AFTER {name.upper()} ON {_TABLE} {rest} "
        f"EXECUTE FUNCTION mark_follower_count_{name}()"
    )


def _by_statement():
    for name, (tables, rows) in _BY_STATEMENT.items():
        yield _function(
            name,
            "INSERT INTO engagement_changedday (kind, unit_id, day) "  # noqa: S608
            f"SELECT DISTINCT 'followed', page.unit_id, told.day FROM ({rows}) AS told "
            "JOIN channels_channel AS page ON page.id = told.channel_id;",
        )
        yield from _trigger(name, f"REFERENCING {tables} FOR EACH STATEMENT")


def _row_by_row():
    for name, (condition, rows) in _ROW_BY_ROW.items():
        marks = [
            "INSERT INTO engagement_changedday (kind, unit_id, day) "  # noqa: S608
            f"SELECT 'followed', unit_id, {row}.day FROM channels_channel WHERE id = {row}.channel_id;"
            for row in rows
        ]
        yield _function(name, "\n    ".join(marks))
        yield from _trigger(name, f"FOR EACH ROW {condition}")


class Migration(migrations.Migration):
    dependencies = [("engagement", "0023_reading_use_for_pages")]

    operations = [
        RunStatements({"postgresql": tuple(_by_statement())}, {"postgresql": tuple(_row_by_row())})
    ]
