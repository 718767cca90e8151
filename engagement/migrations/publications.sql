-- What was published, with the figures that it has now: `engagement_publication` has a row for each
-- publication, `sum_…_days` add these rows up, and `engagement_current…` hold the sums of all days:
-- stored ones, and of days that changed since they were summed up, those of the moment.

-- Each publication as if it were a sum of one.
CREATE VIEW engagement_publication AS
SELECT
    delivery.id,
    delivery.post_id,
    delivery.unit_id,
    delivery.channel_id,
    delivery.platform,
    post.campaign_id,
    post.topic_id,
    adoption.kit_id,
    delivery.published_at,
    (delivery.published_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date AS day,
    1 AS publications,
    CASE WHEN delivery.state = 'recalled' THEN 1 ELSE 0 END AS withdrawn,
    CASE WHEN measured.source = 'hand' THEN 1 ELSE 0 END AS manual,
    COALESCE(measured.reach, measured.views) AS highest,
    measured.taken_at AS as_of,
    measured.views,
    measured.reach,
    measured.reactions,
    measured.comments,
    measured.shares,
    measured.saves,
    measured.clicks,
    measured.watch_seconds,
    num_nonnulls(measured.views) AS views_of,
    num_nonnulls(measured.reach) AS reach_of,
    num_nonnulls(measured.reactions) AS reactions_of,
    num_nonnulls(measured.comments) AS comments_of,
    num_nonnulls(measured.shares) AS shares_of,
    num_nonnulls(measured.saves) AS saves_of,
    num_nonnulls(measured.clicks) AS clicks_of,
    num_nonnulls(measured.watch_seconds) AS watch_seconds_of
FROM publishing_delivery AS delivery
JOIN posts_post AS post ON post.id = delivery.post_id
LEFT JOIN campaigns_adoption AS adoption ON adoption.id = post.adoption_id
LEFT JOIN engagement_measurement AS measured ON measured.delivery_id = delivery.id
WHERE delivery.published_at IS NOT NULL;

-- The rows of `engagement_postday` of a unit: of some days, in order, or, without them, of all. The
-- first and the last of these days are what its index looks for: after a rush each unit is asked.
CREATE FUNCTION sum_post_days(of_unit bigint, of_days date[]) RETURNS TABLE (
    post_id bigint, unit_id bigint, campaign_id bigint, topic_id bigint, kit_id bigint, day date,
    publications integer, withdrawn integer, manual integer, highest bigint, as_of timestamptz,
    views bigint, reach bigint, reactions bigint, comments bigint, shares bigint, saves bigint,
    clicks bigint, watch_seconds bigint, views_of integer, reach_of integer, reactions_of integer,
    comments_of integer, shares_of integer, saves_of integer, clicks_of integer,
    watch_seconds_of integer
) LANGUAGE sql STABLE AS $$
SELECT
    p.post_id,
    p.unit_id,
    p.campaign_id,
    p.topic_id,
    p.kit_id,
    p.day,
    SUM(p.publications)::integer,
    SUM(p.withdrawn)::integer,
    SUM(p.manual)::integer,
    MAX(p.highest),
    MAX(p.as_of),
    SUM(p.views)::bigint,
    SUM(p.reach)::bigint,
    SUM(p.reactions)::bigint,
    SUM(p.comments)::bigint,
    SUM(p.shares)::bigint,
    SUM(p.saves)::bigint,
    SUM(p.clicks)::bigint,
    SUM(p.watch_seconds)::bigint,
    SUM(p.views_of)::integer,
    SUM(p.reach_of)::integer,
    SUM(p.reactions_of)::integer,
    SUM(p.comments_of)::integer,
    SUM(p.shares_of)::integer,
    SUM(p.saves_of)::integer,
    SUM(p.clicks_of)::integer,
    SUM(p.watch_seconds_of)::integer
FROM engagement_publication AS p
WHERE
    p.unit_id = of_unit
    AND p.published_at >= COALESCE(
        of_days[1]::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh', '-infinity'
    )
    AND p.published_at < COALESCE(
        (of_days[array_upper(of_days, 1)] + 1)::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh', 'infinity'
    )
    AND (of_days IS NULL OR p.day = ANY (of_days))
GROUP BY p.post_id, p.unit_id, p.campaign_id, p.topic_id, p.kit_id, p.day
$$;

-- The same for `engagement_channelday`.
CREATE FUNCTION sum_channel_days(of_unit bigint, of_days date[]) RETURNS TABLE (
    channel_id bigint, unit_id bigint, platform varchar, campaign_id bigint, day date,
    publications integer, views bigint, reach bigint, reactions bigint, comments bigint,
    shares bigint, saves bigint, clicks bigint, watch_seconds bigint
) LANGUAGE sql STABLE AS $$
SELECT
    p.channel_id,
    p.unit_id,
    p.platform,
    p.campaign_id,
    p.day,
    SUM(p.publications)::integer,
    SUM(p.views)::bigint,
    SUM(p.reach)::bigint,
    SUM(p.reactions)::bigint,
    SUM(p.comments)::bigint,
    SUM(p.shares)::bigint,
    SUM(p.saves)::bigint,
    SUM(p.clicks)::bigint,
    SUM(p.watch_seconds)::bigint
FROM engagement_publication AS p
WHERE
    p.unit_id = of_unit
    AND p.campaign_id IS NOT NULL
    AND p.published_at >= COALESCE(
        of_days[1]::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh', '-infinity'
    )
    AND p.published_at < COALESCE(
        (of_days[array_upper(of_days, 1)] + 1)::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh', 'infinity'
    )
    AND (of_days IS NULL OR p.day = ANY (of_days))
GROUP BY p.channel_id, p.unit_id, p.platform, p.campaign_id, p.day
$$;

-- The same for `engagement_pageday`.
CREATE FUNCTION sum_page_days(of_unit bigint, of_days date[]) RETURNS TABLE (
    channel_id bigint, unit_id bigint, platform varchar, topic_id bigint, kit_id bigint, day date,
    publications integer, views bigint, reach bigint, reactions bigint, comments bigint,
    shares bigint, saves bigint, clicks bigint, watch_seconds bigint, views_of integer,
    reach_of integer, reactions_of integer
) LANGUAGE sql STABLE AS $$
SELECT
    p.channel_id,
    p.unit_id,
    p.platform,
    p.topic_id,
    p.kit_id,
    p.day,
    SUM(p.publications)::integer,
    SUM(p.views)::bigint,
    SUM(p.reach)::bigint,
    SUM(p.reactions)::bigint,
    SUM(p.comments)::bigint,
    SUM(p.shares)::bigint,
    SUM(p.saves)::bigint,
    SUM(p.clicks)::bigint,
    SUM(p.watch_seconds)::bigint,
    SUM(p.views_of)::integer,
    SUM(p.reach_of)::integer,
    SUM(p.reactions_of)::integer
FROM engagement_publication AS p
WHERE
    p.unit_id = of_unit
    AND p.published_at >= COALESCE(
        of_days[1]::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh', '-infinity'
    )
    AND p.published_at < COALESCE(
        (of_days[array_upper(of_days, 1)] + 1)::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh', 'infinity'
    )
    AND (of_days IS NULL OR p.day = ANY (of_days))
GROUP BY p.channel_id, p.unit_id, p.platform, p.topic_id, p.kit_id, p.day
$$;

-- The units that have days to be summed up. A view that reads them asks each unit's deliveries once.
CREATE VIEW engagement_markedunit AS
SELECT mark.unit_id, mark.kind, array_agg(DISTINCT mark.day) AS days
FROM engagement_changedday AS mark
GROUP BY mark.unit_id, mark.kind;

-- Both halves of each view below have the same types: else PostgreSQL would read all of them before
-- it looks for what is asked.
CREATE VIEW engagement_currentpostday AS
SELECT
    summed.id, summed.post_id, summed.unit_id, summed.campaign_id, summed.topic_id, summed.kit_id,
    summed.day, summed.publications, summed.withdrawn, summed.manual, summed.highest, summed.as_of,
    summed.views, summed.reach, summed.reactions, summed.comments, summed.shares, summed.saves,
    summed.clicks, summed.watch_seconds, summed.views_of, summed.reach_of, summed.reactions_of,
    summed.comments_of, summed.shares_of, summed.saves_of, summed.clicks_of,
    summed.watch_seconds_of
FROM engagement_postday AS summed
WHERE NOT EXISTS (
    SELECT FROM engagement_changedday AS mark
    WHERE mark.kind = 'published' AND mark.unit_id = summed.unit_id AND mark.day = summed.day
)
UNION ALL
SELECT
    NULL::bigint, live.post_id, marked.unit_id, live.campaign_id, live.topic_id, live.kit_id,
    live.day, live.publications, live.withdrawn, live.manual, live.highest, live.as_of,
    live.views, live.reach, live.reactions, live.comments, live.shares, live.saves,
    live.clicks, live.watch_seconds, live.views_of, live.reach_of, live.reactions_of,
    live.comments_of, live.shares_of, live.saves_of, live.clicks_of,
    live.watch_seconds_of
FROM engagement_markedunit AS marked
CROSS JOIN LATERAL sum_post_days(marked.unit_id, marked.days) AS live
WHERE marked.kind = 'published';

CREATE VIEW engagement_currentchannelday AS
SELECT
    summed.id, summed.channel_id, summed.unit_id, summed.platform, summed.campaign_id, summed.day,
    summed.publications, summed.views, summed.reach, summed.reactions, summed.comments,
    summed.shares, summed.saves, summed.clicks, summed.watch_seconds
FROM engagement_channelday AS summed
WHERE NOT EXISTS (
    SELECT FROM engagement_changedday AS mark
    WHERE mark.kind = 'published' AND mark.unit_id = summed.unit_id AND mark.day = summed.day
)
UNION ALL
SELECT
    NULL::bigint, live.channel_id, marked.unit_id, live.platform, live.campaign_id, live.day,
    live.publications, live.views, live.reach, live.reactions, live.comments,
    live.shares, live.saves, live.clicks, live.watch_seconds
FROM engagement_markedunit AS marked
CROSS JOIN LATERAL sum_channel_days(marked.unit_id, marked.days) AS live
WHERE marked.kind = 'published';

CREATE VIEW engagement_currentpageday AS
SELECT
    summed.id, summed.channel_id, summed.unit_id, summed.platform, summed.topic_id, summed.kit_id,
    summed.day, summed.publications, summed.views, summed.reach, summed.reactions,
    summed.comments, summed.shares, summed.saves, summed.clicks, summed.watch_seconds,
    summed.views_of, summed.reach_of, summed.reactions_of
FROM engagement_pageday AS summed
WHERE NOT EXISTS (
    SELECT FROM engagement_changedday AS mark
    WHERE mark.kind = 'published' AND mark.unit_id = summed.unit_id AND mark.day = summed.day
)
UNION ALL
SELECT
    NULL::bigint, live.channel_id, marked.unit_id, live.platform, live.topic_id, live.kit_id,
    live.day, live.publications, live.views, live.reach, live.reactions,
    live.comments, live.shares, live.saves, live.clicks, live.watch_seconds,
    live.views_of, live.reach_of, live.reactions_of
FROM engagement_markedunit AS marked
CROSS JOIN LATERAL sum_page_days(marked.unit_id, marked.days) AS live
WHERE marked.kind = 'published';
