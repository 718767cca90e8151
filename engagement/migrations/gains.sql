-- What each count of a publication has more than the one before it.

-- Platforms report totals, at times of their own. A count without a measure repeats the last total
-- that was known, and gains nothing; one that was corrected gains less than nothing. The last total
-- known is that of the latest place: places stand before totals, so that the greatest is the latest.
CREATE VIEW engagement_gain AS
SELECT
    known.id,
    known.delivery_id,
    known.day,
    known.views - COALESCE(LAG(known.views) OVER before, 0) AS views,
    known.reach - COALESCE(LAG(known.reach) OVER before, 0) AS reach,
    known.reactions - COALESCE(LAG(known.reactions) OVER before, 0) AS reactions,
    known.comments - COALESCE(LAG(known.comments) OVER before, 0) AS comments,
    known.shares - COALESCE(LAG(known.shares) OVER before, 0) AS shares,
    known.saves - COALESCE(LAG(known.saves) OVER before, 0) AS saves,
    known.clicks - COALESCE(LAG(known.clicks) OVER before, 0) AS clicks,
    known.watch_seconds - COALESCE(LAG(known.watch_seconds) OVER before, 0) AS watch_seconds
FROM (
    SELECT
        placed.id,
        placed.delivery_id,
        placed.place,
        placed.day,
        COALESCE(
            placed.views,
            MAX(placed.place * 1000000000000000 + placed.views) OVER so_far % 1000000000000000
        ) AS views,
        COALESCE(
            placed.reach,
            MAX(placed.place * 1000000000000000 + placed.reach) OVER so_far % 1000000000000000
        ) AS reach,
        COALESCE(
            placed.reactions,
            MAX(placed.place * 1000000000000000 + placed.reactions) OVER so_far % 1000000000000000
        ) AS reactions,
        COALESCE(
            placed.comments,
            MAX(placed.place * 1000000000000000 + placed.comments) OVER so_far % 1000000000000000
        ) AS comments,
        COALESCE(
            placed.shares,
            MAX(placed.place * 1000000000000000 + placed.shares) OVER so_far % 1000000000000000
        ) AS shares,
        COALESCE(
            placed.saves,
            MAX(placed.place * 1000000000000000 + placed.saves) OVER so_far % 1000000000000000
        ) AS saves,
        COALESCE(
            placed.clicks,
            MAX(placed.place * 1000000000000000 + placed.clicks) OVER so_far % 1000000000000000
        ) AS clicks,
        COALESCE(
            placed.watch_seconds,
            MAX(placed.place * 1000000000000000 + placed.watch_seconds) OVER so_far % 1000000000000000
        ) AS watch_seconds
    FROM (
        SELECT
            count.id,
            count.delivery_id,
            (count.taken_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date AS day,
            ROW_NUMBER() OVER (
                PARTITION BY count.delivery_id ORDER BY count.taken_at, count.id
            ) AS place,
            count.views,
            count.reach,
            count.reactions,
            count.comments,
            count.shares,
            count.saves,
            count.clicks,
            count.watch_seconds
        FROM engagement_count AS count
    ) AS placed
    WINDOW so_far AS (
        PARTITION BY placed.delivery_id ORDER BY placed.place ROWS UNBOUNDED PRECEDING
    )
) AS known
WINDOW before AS (PARTITION BY known.delivery_id ORDER BY known.place);

-- The gains of some publications by day: of some days or, without them, of all.
CREATE FUNCTION sum_gains(of_deliveries bigint[], of_days date[]) RETURNS TABLE (
    delivery_id bigint, day date, views bigint, reach bigint, reactions bigint, comments bigint,
    shares bigint, saves bigint, clicks bigint, watch_seconds bigint
) LANGUAGE sql STABLE AS $$
SELECT
    gain.delivery_id,
    gain.day,
    SUM(gain.views)::bigint,
    SUM(gain.reach)::bigint,
    SUM(gain.reactions)::bigint,
    SUM(gain.comments)::bigint,
    SUM(gain.shares)::bigint,
    SUM(gain.saves)::bigint,
    SUM(gain.clicks)::bigint,
    SUM(gain.watch_seconds)::bigint
FROM engagement_gain AS gain
WHERE gain.delivery_id = ANY (of_deliveries) AND (of_days IS NULL OR gain.day = ANY (of_days))
GROUP BY gain.delivery_id, gain.day
$$;

-- The publications of a unit that were counted on some days or, without them, on any.
CREATE FUNCTION list_counted(of_unit bigint, of_days date[])
RETURNS TABLE (id bigint, post_id bigint, published_at timestamptz) LANGUAGE sql STABLE AS $$
SELECT delivery.id, delivery.post_id, delivery.published_at FROM publishing_delivery AS delivery
WHERE delivery.unit_id = of_unit AND EXISTS (
    SELECT FROM engagement_count AS count
    WHERE
        count.delivery_id = delivery.id
        AND count.taken_at >= COALESCE(
            of_days[1]::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh', '-infinity'
        )
        AND count.taken_at < COALESCE(
            (of_days[array_upper(of_days, 1)] + 1)::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh', 'infinity'
        )
        AND (
            of_days IS NULL
            OR (count.taken_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date = ANY (of_days)
        )
)
$$;

-- The rows of `engagement_unitgain` of a unit.
CREATE FUNCTION sum_unit_gains(of_unit bigint, of_days date[]) RETURNS TABLE (
    unit_id bigint, day date, views bigint, reach bigint, reactions bigint, comments bigint,
    shares bigint, saves bigint, clicks bigint, watch_seconds bigint
) LANGUAGE sql STABLE AS $$
SELECT
    of_unit,
    gained.day,
    SUM(gained.views)::bigint,
    SUM(gained.reach)::bigint,
    SUM(gained.reactions)::bigint,
    SUM(gained.comments)::bigint,
    SUM(gained.shares)::bigint,
    SUM(gained.saves)::bigint,
    SUM(gained.clicks)::bigint,
    SUM(gained.watch_seconds)::bigint
FROM (SELECT array_agg(id) AS deliveries FROM list_counted(of_unit, of_days)) AS counted
CROSS JOIN LATERAL sum_gains(counted.deliveries, of_days) AS gained
GROUP BY gained.day
$$;

-- The rows of `engagement_campaigngain` of a unit.
CREATE FUNCTION sum_campaign_gains(of_unit bigint, of_days date[]) RETURNS TABLE (
    campaign_id bigint, unit_id bigint, published_day date, day date, views bigint, reach bigint,
    reactions bigint, comments bigint, shares bigint, saves bigint, clicks bigint,
    watch_seconds bigint
) LANGUAGE sql STABLE AS $$
SELECT
    published.campaign_id,
    of_unit,
    published.day,
    gained.day,
    SUM(gained.views)::bigint,
    SUM(gained.reach)::bigint,
    SUM(gained.reactions)::bigint,
    SUM(gained.comments)::bigint,
    SUM(gained.shares)::bigint,
    SUM(gained.saves)::bigint,
    SUM(gained.clicks)::bigint,
    SUM(gained.watch_seconds)::bigint
FROM (
    SELECT array_agg(delivery.id) AS deliveries
    FROM list_counted(of_unit, of_days) AS delivery
    JOIN posts_post AS post ON post.id = delivery.post_id
    WHERE post.campaign_id IS NOT NULL AND delivery.published_at IS NOT NULL
) AS counted
CROSS JOIN LATERAL sum_gains(counted.deliveries, of_days) AS gained
JOIN engagement_publication AS published ON published.id = gained.delivery_id
GROUP BY published.campaign_id, published.day, gained.day
$$;

CREATE VIEW engagement_currentcampaigngain AS
SELECT
    summed.id, summed.campaign_id, summed.unit_id, summed.published_day, summed.day, summed.views,
    summed.reach, summed.reactions, summed.comments, summed.shares, summed.saves, summed.clicks,
    summed.watch_seconds
FROM engagement_campaigngain AS summed
WHERE NOT EXISTS (
    SELECT FROM engagement_changedday AS mark
    WHERE mark.kind = 'gained' AND mark.unit_id = summed.unit_id AND mark.day = summed.day
)
UNION ALL
SELECT
    NULL::bigint, live.campaign_id, marked.unit_id, live.published_day, live.day, live.views,
    live.reach, live.reactions, live.comments, live.shares, live.saves, live.clicks,
    live.watch_seconds
FROM engagement_markedunit AS marked
CROSS JOIN LATERAL sum_campaign_gains(marked.unit_id, marked.days) AS live
WHERE marked.kind = 'gained';
