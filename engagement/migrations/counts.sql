-- Counts lie in a partition a month, so that old months can be taken off (docs/adr/0068). The table
-- that the model made becomes the first of them: what was counted until this month ends.

DO $$
DECLARE
    ends timestamptz := (date_trunc('month', now() AT TIME ZONE 'Asia/Ho_Chi_Minh')
        + interval '1 month') AT TIME ZONE 'Asia/Ho_Chi_Minh';
BEGIN
    ALTER TABLE engagement_count DROP CONSTRAINT engagement_count_pkey;
    ALTER TABLE engagement_count ALTER id DROP IDENTITY;
    ALTER TABLE engagement_count RENAME TO engagement_count_first;
    ALTER INDEX count_delivery_taken RENAME TO engagement_count_first_taken;
    ALTER INDEX engagement_count_delivery_id_b39306cb RENAME TO engagement_count_first_delivery;
    -- A partition may have no key of another shape, and a parent no identity before PostgreSQL 17.
    CREATE TABLE engagement_count (LIKE engagement_count_first INCLUDING CONSTRAINTS)
        PARTITION BY RANGE (taken_at);
    CREATE SEQUENCE engagement_count_id_seq OWNED BY engagement_count.id;
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
END $$;

CREATE TRIGGER mark_count_insert AFTER INSERT ON engagement_count
    FOR EACH ROW EXECUTE FUNCTION mark_count_insert();
CREATE TRIGGER mark_count_update AFTER UPDATE ON engagement_count
    FOR EACH ROW EXECUTE FUNCTION mark_count_update();
CREATE TRIGGER mark_count_delete AFTER DELETE ON engagement_count
    FOR EACH ROW EXECUTE FUNCTION mark_count_delete();

-- The owner's, for no role of ours makes tables. It goes on where the last month ends: also after the
-- portal stood still for years there is no gap.
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
END
$$;

REVOKE ALL ON FUNCTION make_count_months() FROM PUBLIC;
SELECT make_count_months();

-- The owner's, for no role of ours deletes counts. It removes only what no day's sum needs, of days
-- older than two months, whoever calls it, and the trigger marks no day meanwhile (docs/adr/0054).
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
    PERFORM set_config('portal.downsampling', 'on', true);
    DELETE FROM engagement_count WHERE taken_at >= starts AND taken_at < ends AND id IN (
        SELECT id FROM (
            SELECT id, ROW_NUMBER() OVER later = 1
                OR (counts.views IS NOT NULL AND COUNT(counts.views) OVER later = 1)
                OR (counts.reach IS NOT NULL AND COUNT(counts.reach) OVER later = 1)
                OR (counts.reactions IS NOT NULL AND COUNT(counts.reactions) OVER later = 1)
                OR (counts.comments IS NOT NULL AND COUNT(counts.comments) OVER later = 1)
                OR (counts.shares IS NOT NULL AND COUNT(counts.shares) OVER later = 1)
                OR (counts.saves IS NOT NULL AND COUNT(counts.saves) OVER later = 1)
                OR (counts.clicks IS NOT NULL AND COUNT(counts.clicks) OVER later = 1)
                OR (counts.watch_seconds IS NOT NULL AND COUNT(counts.watch_seconds) OVER later = 1) AS kept
            FROM engagement_count AS counts
            WHERE taken_at >= starts AND taken_at < ends AND delivery_id IN (
                SELECT delivery.id FROM publishing_delivery AS delivery
                WHERE delivery.due_at >= starts - interval '64 days' AND delivery.due_at < ends
            )
            WINDOW later AS (PARTITION BY delivery_id ORDER BY taken_at DESC, id DESC)
        ) AS days WHERE NOT kept
    );
    GET DIAGNOSTICS removed = ROW_COUNT;
    PERFORM set_config('portal.downsampling', '', true);
    RETURN removed;
END
$$;

REVOKE ALL ON FUNCTION thin_counts(date) FROM PUBLIC;
