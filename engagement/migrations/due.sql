-- What fell due and is concluded, and the posts that were begun. What is open is read from its rows,
-- as `aggregate_due_deliveries` says (engagement/rollups/sources.py): there the clock decides.

-- The rows of `engagement_dueday` of a unit: of some days or, without them, of all. Not counted is
-- what was cancelled, or stopped before anybody saw it.
CREATE FUNCTION sum_due_days(of_unit bigint, of_days date[]) RETURNS TABLE (
    unit_id bigint, day date, published integer, due integer, on_time integer, failed integer,
    last_post timestamptz
) LANGUAGE sql STABLE AS $$
SELECT
    concluded.unit_id,
    concluded.day,
    COUNT(concluded.published_at)::integer,
    COUNT(*) FILTER (WHERE concluded.is_counted)::integer,
    COUNT(*) FILTER (WHERE concluded.is_counted AND (
        concluded.published_at <= concluded.due_at + interval '60 seconds'
        -- How long a platform works on what it took in time is not up to the unit.
        OR (
            NOT concluded.is_manual
            AND concluded.committing_at <= concluded.due_at + interval '60 seconds'
            AND concluded.published_at IS NOT NULL
        )
        -- People are slower than the engine: they have until their deadline.
        OR (concluded.is_manual AND concluded.published_at <= concluded.not_after)
    ))::integer,
    COUNT(*) FILTER (WHERE concluded.state IN ('failed', 'expired'))::integer,
    MAX(concluded.published_at)
FROM (
    SELECT
        delivery.unit_id,
        (delivery.due_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date AS day,
        delivery.state,
        delivery.due_at,
        delivery.not_after,
        delivery.committing_at,
        delivery.published_at,
        delivery.state <> 'cancelled'
            AND NOT (delivery.state = 'recalled' AND delivery.published_at IS NULL) AS is_counted,
        delivery.receipt_source = 'posted' OR delivery.error_code = 'in_app' AS is_manual
    FROM publishing_delivery AS delivery
    WHERE
        delivery.unit_id = of_unit
        -- The days are in order. After a rush each unit has a mark, and its index names few rows.
        AND delivery.due_at >= COALESCE(
            of_days[1]::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh', '-infinity'
        )
        AND delivery.state IN ('published', 'recalled', 'failed', 'expired', 'cancelled')
) AS concluded
WHERE of_days IS NULL OR concluded.day = ANY (of_days)
GROUP BY concluded.unit_id, concluded.day
$$;

-- The rows of `engagement_writtenday` of a unit. Nobody wrote into a blank draft.
CREATE FUNCTION sum_written_days(of_unit bigint, of_days date[]) RETURNS TABLE (
    unit_id bigint, day date, posts integer
) LANGUAGE sql STABLE AS $$
SELECT written.unit_id, written.day, COUNT(*)::integer
FROM (
    SELECT post.unit_id, (post.created_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date AS day
    FROM posts_post AS post
    WHERE post.unit_id = of_unit AND NOT (
        post.state = 'draft' AND post.version = 1 AND post.title = '' AND post.body = ''
    )
) AS written
WHERE of_days IS NULL OR written.day = ANY (of_days)
GROUP BY written.unit_id, written.day
$$;

CREATE VIEW engagement_currentdueday AS
SELECT
    summed.id, summed.unit_id, summed.day, summed.published, summed.due, summed.on_time,
    summed.failed, summed.last_post
FROM engagement_dueday AS summed
WHERE NOT EXISTS (
    SELECT FROM engagement_changedday AS mark
    WHERE mark.kind = 'due' AND mark.unit_id = summed.unit_id AND mark.day = summed.day
)
UNION ALL
SELECT
    NULL::bigint, marked.unit_id, live.day, live.published, live.due, live.on_time,
    live.failed, live.last_post
FROM engagement_markedunit AS marked
CROSS JOIN LATERAL sum_due_days(marked.unit_id, marked.days) AS live
WHERE marked.kind = 'due';

CREATE VIEW engagement_currentwrittenday AS
SELECT summed.id, summed.unit_id, summed.day, summed.posts
FROM engagement_writtenday AS summed
WHERE NOT EXISTS (
    SELECT FROM engagement_changedday AS mark
    WHERE mark.kind = 'written' AND mark.unit_id = summed.unit_id AND mark.day = summed.day
)
UNION ALL
SELECT NULL::bigint, marked.unit_id, live.day, live.posts
FROM engagement_markedunit AS marked
CROSS JOIN LATERAL sum_written_days(marked.unit_id, marked.days) AS live
WHERE marked.kind = 'written';
