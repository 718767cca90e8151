"""Mark the days whose summaries a change makes out of date, in the transaction of the change: by
triggers, so that no writer can forget it.

Marks are appended, and never compared with others: writers wait for nobody.
"""

from django.db import migrations

from core.migration_operations import RunStatements

_MEASURES = (
    "views",
    "reach",
    "reactions",
    "comments",
    "shares",
    "saves",
    "clicks",
    "watch_seconds",
)
_CONCLUDED = "('cancelled', 'expired', 'failed', 'published', 'recalled')"
_OF_DELIVERIES = (
    "state", "due_at", "not_after", "published_at", "committing_at", "receipt_source", "error_code",
    "unit_id", "post_id", "channel_id", "platform",
)  # fmt: skip
_COUNTED = "SELECT {kind}, delivery.unit_id, {day} FROM engagement_count AS counted JOIN publishing_delivery AS delivery ON delivery.id = counted.delivery_id WHERE "


class Dialect:
    def __init__(self, vendor):
        self.is_postgres = vendor == "postgresql"

    def day(self, moment):
        if self.is_postgres:
            return f"({moment} AT TIME ZONE 'Asia/Ho_Chi_Minh')::date"
        return f"date({moment}, '+7 hours')"

    def differ(self, columns):
        old, new = (", ".join(f"{row}.{column}" for column in columns) for row in ("OLD", "NEW"))
        return f"({old}) {'IS DISTINCT FROM' if self.is_postgres else 'IS NOT'} ({new})"


def _mark(select):
    return f"INSERT INTO engagement_changedday (kind, unit_id, day) {select};"


def _triggers(dialect):
    """Yield (name, table, event, condition, statements)."""
    day = dialect.day

    def row_marks(row):
        return [
            _mark(
                f"SELECT 'due', {row}.unit_id, {day(f'{row}.due_at')} WHERE {row}.state IN {_CONCLUDED}"
            ),
            _mark(
                f"SELECT 'published', {row}.unit_id, {day(f'{row}.published_at')} WHERE {row}.published_at IS NOT NULL"
            ),
        ]

    counted = _COUNTED.format(kind="'gained'", day=day("counted.taken_at"))
    moved = dialect.differ(["published_at", "unit_id", "post_id"])
    of_counts = [
        _mark(f"{counted} counted.delivery_id = NEW.id AND {moved}"),
        _mark(
            f"SELECT 'gained', OLD.unit_id, {day('counted.taken_at')} FROM engagement_count AS counted WHERE counted.delivery_id = NEW.id AND OLD.unit_id <> NEW.unit_id"  # noqa: S608
        ),
    ]
    matters = f"(OLD.state IN {_CONCLUDED} OR NEW.state IN {_CONCLUDED} OR OLD.published_at IS NOT NULL OR NEW.published_at IS NOT NULL) AND {dialect.differ(_OF_DELIVERIES)}"
    concluded = f"NEW.state IN {_CONCLUDED} OR NEW.published_at IS NOT NULL"
    yield "delivery_insert", "publishing_delivery", "INSERT", concluded, row_marks("NEW")
    yield (
        "delivery_update",
        "publishing_delivery",
        "UPDATE",
        matters,
        [*row_marks("OLD"), *row_marks("NEW"), *of_counts],
    )
    yield "delivery_delete", "publishing_delivery", "DELETE", "", row_marks("OLD")

    def written(row):
        return _mark(f"SELECT 'written', {row}.unit_id, {day(f'{row}.created_at')}")

    def blank(row):
        return f"({row}.state = 'draft' AND {row}.version = 1 AND {row}.title = '' AND {row}.body = '')"

    became = f"{blank('OLD')} <> {blank('NEW')} OR {dialect.differ(['unit_id', 'created_at'])}"
    yield "post_insert", "posts_post", "INSERT", "", [written("NEW")]
    yield "post_update", "posts_post", "UPDATE", became, [written("OLD"), written("NEW")]
    yield "post_delete", "posts_post", "DELETE", "", [written("OLD")]
    assigned = [
        _mark(
            f"SELECT 'published', unit_id, {day('published_at')} FROM publishing_delivery WHERE post_id = NEW.id AND published_at IS NOT NULL"  # noqa: S608
        ),
        _mark(f"{counted} delivery.post_id = NEW.id"),
    ]
    yield (
        "post_assigned",
        "posts_post",
        "UPDATE",
        dialect.differ(["campaign_id", "topic_id", "adoption_id"]),
        assigned,
    )

    def of_its_delivery(row):
        return _mark(
            f"SELECT 'published', unit_id, {day('published_at')} FROM publishing_delivery WHERE id = {row}.delivery_id AND published_at IS NOT NULL"  # noqa: S608
        )

    measured = dialect.differ(["taken_at", "source", *_MEASURES])
    yield "measurement_insert", "engagement_measurement", "INSERT", "", [of_its_delivery("NEW")]
    yield (
        "measurement_update",
        "engagement_measurement",
        "UPDATE",
        measured,
        [of_its_delivery("NEW")],
    )
    yield "measurement_delete", "engagement_measurement", "DELETE", "", [of_its_delivery("OLD")]

    def from_then_on(row):
        # The gain of a later count, too: it is over this one.
        own = f"SELECT 'gained', unit_id, {day(f'{row}.taken_at')} FROM publishing_delivery WHERE id = {row}.delivery_id"  # noqa: S608
        later = f"{counted} counted.delivery_id = {row}.delivery_id AND counted.taken_at > {row}.taken_at"
        return [_mark(own), _mark(later)]

    yield "count_insert", "engagement_count", "INSERT", "", from_then_on("NEW")
    yield (
        "count_update",
        "engagement_count",
        "UPDATE",
        "",
        [*from_then_on("OLD"), *from_then_on("NEW")],
    )
    yield "count_delete", "engagement_count", "DELETE", "", from_then_on("OLD")


def _created(dialect):
    for name, table, event, condition, statements in _triggers(dialect):
        when = f"WHEN ({condition})" if condition else ""
        body = "\n    ".join(statements)
        if dialect.is_postgres:
            yield f"CREATE FUNCTION mark_{name}() RETURNS trigger LANGUAGE plpgsql AS $$\nBEGIN\n    {body}\n    RETURN NULL;\nEND $$"
            yield f"CREATE TRIGGER mark_{name} AFTER {event} ON {table} FOR EACH ROW {when} EXECUTE FUNCTION mark_{name}()"
        else:
            yield f"CREATE TRIGGER mark_{name} AFTER {event} ON {table} {when}\nBEGIN\n    {body}\nEND"


def _dropped(dialect):
    for name, table, *_rest in _triggers(dialect):
        if dialect.is_postgres:
            yield f"DROP TRIGGER mark_{name} ON {table}"
            yield f"DROP FUNCTION mark_{name}()"
        else:
            yield f"DROP TRIGGER mark_{name}"


_DIALECTS = {vendor: Dialect(vendor) for vendor in ("postgresql", "sqlite")}


class Migration(migrations.Migration):
    replaces = [("engagement", "0010_examples")]
    dependencies = [
        ("engagement", "0001_squashed_0009_mark_changed_days"),
        ("posts", "0034_append_only_and_four_eyes"),
        ("publishing", "0001_squashed_0046_index_the_due_time"),
    ]

    operations = [
        RunStatements(
            {vendor: tuple(_created(dialect)) for vendor, dialect in _DIALECTS.items()},
            {vendor: tuple(_dropped(dialect)) for vendor, dialect in _DIALECTS.items()},
        )
    ]
