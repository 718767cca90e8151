"""Keep counts in a partition a month, so that old months can be taken off; PostgreSQL only.

What is there already becomes the first partition as it stands: nothing is copied. Its rows are read
once, for the unique index with the month's key and for the bounds; 21 million took seven seconds.
"""

from django.db import migrations

from core.migration_operations import RunStatements

_TAKE_PLACE = """
DO $$
DECLARE
    ends timestamptz := (date_trunc('month', now() AT TIME ZONE 'Asia/Ho_Chi_Minh')
        + interval '1 month') AT TIME ZONE 'Asia/Ho_Chi_Minh';
    newest bigint;
BEGIN
    LOCK TABLE engagement_count IN ACCESS EXCLUSIVE MODE;
    SELECT COALESCE(MAX(id), 0) INTO newest FROM engagement_count;
    DROP TRIGGER mark_count_insert ON engagement_count;
    DROP TRIGGER mark_count_update ON engagement_count;
    DROP TRIGGER mark_count_delete ON engagement_count;
    ALTER TABLE engagement_count DROP CONSTRAINT engagement_count_pkey;
    ALTER TABLE engagement_count ALTER id DROP IDENTITY;
    ALTER TABLE engagement_count RENAME TO engagement_count_first;
    ALTER INDEX count_delivery_taken RENAME TO engagement_count_first_taken;
    ALTER INDEX engagement_count_delivery_id_b39306cb RENAME TO engagement_count_first_delivery;
    -- A partition may have no key of another shape, and a parent no identity before PostgreSQL 17.
    CREATE TABLE engagement_count (LIKE engagement_count_first INCLUDING CONSTRAINTS)
        PARTITION BY RANGE (taken_at);
    CREATE SEQUENCE engagement_count_id_seq OWNED BY engagement_count.id;
    PERFORM setval('engagement_count_id_seq', newest + 1, false);
    ALTER TABLE engagement_count ALTER id SET DEFAULT nextval('engagement_count_id_seq');
    ALTER TABLE engagement_count ADD CONSTRAINT engagement_count_pkey PRIMARY KEY (id, taken_at);
    CREATE INDEX count_delivery_taken ON engagement_count (delivery_id, taken_at DESC);
    CREATE INDEX engagement_count_delivery_id_b39306cb ON engagement_count (delivery_id);
    ALTER TABLE engagement_count
        ADD CONSTRAINT engagement_count_delivery_id_b39306cb_fk_publishing_delivery_id
        FOREIGN KEY (delivery_id) REFERENCES publishing_delivery (id)
        DEFERRABLE INITIALLY DEFERRED;
    EXECUTE format('ALTER TABLE engagement_count ATTACH PARTITION engagement_count_first '
        'FOR VALUES FROM (MINVALUE) TO (%L)', ends);
    CREATE TRIGGER mark_count_insert AFTER INSERT ON engagement_count
        FOR EACH ROW EXECUTE FUNCTION mark_count_insert();
    CREATE TRIGGER mark_count_update AFTER UPDATE ON engagement_count
        FOR EACH ROW EXECUTE FUNCTION mark_count_update();
    CREATE TRIGGER mark_count_delete AFTER DELETE ON engagement_count
        FOR EACH ROW EXECUTE FUNCTION mark_count_delete();
END $$
"""
# The owner's, for no role of ours makes tables. It goes on where the last month ends: also after
# the portal stood still for years there is no gap.
_MAKE_MONTHS = """
CREATE FUNCTION make_count_months() RETURNS integer LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '2s' AS $$
DECLARE
    this_month date := date_trunc('month', now() AT TIME ZONE 'Asia/Ho_Chi_Minh');
    month date;
    name text;
    made integer := 0;
BEGIN
    SELECT MAX(to_date(right(inhrelid::regclass::text, 7), 'YYYY_MM')) INTO month
        FROM pg_inherits WHERE inhparent = 'engagement_count'::regclass
        AND inhrelid::regclass::text <> 'engagement_count_first';
    month := COALESCE(month, this_month) + interval '1 month';
    WHILE month <= this_month + interval '12 months' LOOP
        name := 'engagement_count_' || to_char(month, 'YYYY_MM');
        EXECUTE format('CREATE TABLE %I (LIKE engagement_count INCLUDING CONSTRAINTS)', name);
        EXECUTE format('ALTER TABLE engagement_count ATTACH PARTITION %I '
            'FOR VALUES FROM (%L) TO (%L)', name,
            month::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh',
            (month + interval '1 month') AT TIME ZONE 'Asia/Ho_Chi_Minh');
        month := month + interval '1 month';
        made := made + 1;
    END LOOP;
    RETURN made;
END $$
"""
# As before, and the day's partition alone is looked through.
_THIN = """
CREATE OR REPLACE FUNCTION thin_counts(counted_on date) RETURNS bigint LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    starts timestamptz := counted_on::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh';
    ends timestamptz := starts + interval '1 day';
    removed bigint;
BEGIN
    IF ends > now() - interval '60 days' THEN
        RAISE EXCEPTION 'counts of %% are too young to be thinned', counted_on;
    END IF;
    -- Not as a setting that the function bears: only a superuser may make such a function.
    PERFORM set_config('portal.thinning', 'on', true);
    DELETE FROM engagement_count WHERE taken_at >= starts AND taken_at < ends AND id IN (
        SELECT id FROM (
            SELECT id, ROW_NUMBER() OVER later = 1 OR %s AS kept
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
END $$
"""
_MEASURES = (
    "views", "reach", "reactions", "comments", "shares", "saves", "clicks", "watch_seconds",
)  # fmt: skip
_KEPT = " OR ".join(
    f"(counts.{m} IS NOT NULL AND COUNT(counts.{m}) OVER later = 1)" for m in _MEASURES
)


class Migration(migrations.Migration):
    dependencies = [("engagement", "0026_highest_of_a_post")]

    operations = [
        RunStatements(
            {
                "postgresql": [
                    _TAKE_PLACE,
                    _MAKE_MONTHS,
                    "REVOKE ALL ON FUNCTION make_count_months() FROM PUBLIC",
                    "SELECT make_count_months()",
                    _THIN % _KEPT,
                ]
            },
            # Older code works with partitions, too.
            {"postgresql": ["DROP FUNCTION make_count_months()"]},
        )
    ]
