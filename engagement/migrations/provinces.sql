-- Sums by province and day, and those of the nation. A commune belongs to its province, and an
-- office is its own. A view of one table can be written through: by those alone who may write the
-- table, and not, as is usual, by the rights of its owner.
CREATE VIEW engagement_unitprovince WITH (security_invoker = true) AS
SELECT
    unit.id AS unit_id,
    CASE WHEN unit.level = 'commune' THEN unit.parent_id ELSE unit.id END AS province_id
FROM units_unit AS unit;

-- The rows of `engagement_platformday` of a province: of some days or, without them, of all. Added
-- up from the sums of its units, so that both always say the same. The days are in order: their ends
-- are what an index can look for, also where there are none.
CREATE FUNCTION sum_platform_days(of_province bigint, of_days date[]) RETURNS TABLE (
    province_id bigint, platform varchar, day date, publications integer, views bigint,
    reach bigint, reactions bigint, comments bigint, shares bigint, saves bigint, clicks bigint,
    watch_seconds bigint, views_of integer, reach_of integer, reactions_of integer
) LANGUAGE sql STABLE AS $$
SELECT
    of_province,
    page.platform,
    page.day,
    SUM(page.publications)::integer,
    SUM(page.views)::bigint,
    SUM(page.reach)::bigint,
    SUM(page.reactions)::bigint,
    SUM(page.comments)::bigint,
    SUM(page.shares)::bigint,
    SUM(page.saves)::bigint,
    SUM(page.clicks)::bigint,
    SUM(page.watch_seconds)::bigint,
    SUM(page.views_of)::integer,
    SUM(page.reach_of)::integer,
    SUM(page.reactions_of)::integer
FROM engagement_unitprovince AS place
JOIN engagement_pageday AS page ON page.unit_id = place.unit_id
WHERE
    place.province_id = of_province
    AND page.day >= COALESCE(of_days[1], '-infinity')
    AND page.day <= COALESCE(of_days[array_upper(of_days, 1)], 'infinity')
    AND (of_days IS NULL OR page.day = ANY (of_days))
GROUP BY page.platform, page.day
$$;

-- The same for `engagement_topicday`.
CREATE FUNCTION sum_topic_days(of_province bigint, of_days date[]) RETURNS TABLE (
    province_id bigint, topic_id bigint, day date, publications integer, views bigint,
    reach bigint, reactions bigint, comments bigint, shares bigint, saves bigint, clicks bigint,
    watch_seconds bigint
) LANGUAGE sql STABLE AS $$
SELECT
    of_province,
    page.topic_id,
    page.day,
    SUM(page.publications)::integer,
    SUM(page.views)::bigint,
    SUM(page.reach)::bigint,
    SUM(page.reactions)::bigint,
    SUM(page.comments)::bigint,
    SUM(page.shares)::bigint,
    SUM(page.saves)::bigint,
    SUM(page.clicks)::bigint,
    SUM(page.watch_seconds)::bigint
FROM engagement_unitprovince AS place
JOIN engagement_pageday AS page ON page.unit_id = place.unit_id
WHERE
    place.province_id = of_province
    AND page.day >= COALESCE(of_days[1], '-infinity')
    AND page.day <= COALESCE(of_days[array_upper(of_days, 1)], 'infinity')
    AND (of_days IS NULL OR page.day = ANY (of_days))
GROUP BY page.topic_id, page.day
$$;

-- The same for `engagement_provincedueday`.
CREATE FUNCTION sum_province_due_days(of_province bigint, of_days date[]) RETURNS TABLE (
    province_id bigint, day date, published integer, due integer, on_time integer, failed integer,
    last_post timestamptz
) LANGUAGE sql STABLE AS $$
SELECT
    of_province,
    fallen.day,
    SUM(fallen.published)::integer,
    SUM(fallen.due)::integer,
    SUM(fallen.on_time)::integer,
    SUM(fallen.failed)::integer,
    MAX(fallen.last_post)
FROM engagement_unitprovince AS place
JOIN engagement_dueday AS fallen ON fallen.unit_id = place.unit_id
WHERE
    place.province_id = of_province
    AND fallen.day >= COALESCE(of_days[1], '-infinity')
    AND fallen.day <= COALESCE(of_days[array_upper(of_days, 1)], 'infinity')
    AND (of_days IS NULL OR fallen.day = ANY (of_days))
GROUP BY fallen.day
$$;

-- The same for `engagement_provincewrittenday`.
CREATE FUNCTION sum_province_written_days(of_province bigint, of_days date[]) RETURNS TABLE (
    province_id bigint, day date, posts integer
) LANGUAGE sql STABLE AS $$
SELECT of_province, written.day, SUM(written.posts)::integer
FROM engagement_unitprovince AS place
JOIN engagement_writtenday AS written ON written.unit_id = place.unit_id
WHERE
    place.province_id = of_province
    AND written.day >= COALESCE(of_days[1], '-infinity')
    AND written.day <= COALESCE(of_days[array_upper(of_days, 1)], 'infinity')
    AND (of_days IS NULL OR written.day = ANY (of_days))
GROUP BY written.day
$$;

-- The rows of the nation, which have no province, added up from those of its provinces.
CREATE FUNCTION sum_nation_platform_days(of_days date[]) RETURNS TABLE (
    province_id bigint, platform varchar, day date, publications integer, views bigint,
    reach bigint, reactions bigint, comments bigint, shares bigint, saves bigint, clicks bigint,
    watch_seconds bigint, views_of integer, reach_of integer, reactions_of integer
) LANGUAGE sql STABLE AS $$
SELECT
    NULL::bigint,
    summed.platform,
    summed.day,
    SUM(summed.publications)::integer,
    SUM(summed.views)::bigint,
    SUM(summed.reach)::bigint,
    SUM(summed.reactions)::bigint,
    SUM(summed.comments)::bigint,
    SUM(summed.shares)::bigint,
    SUM(summed.saves)::bigint,
    SUM(summed.clicks)::bigint,
    SUM(summed.watch_seconds)::bigint,
    SUM(summed.views_of)::integer,
    SUM(summed.reach_of)::integer,
    SUM(summed.reactions_of)::integer
FROM engagement_platformday AS summed
WHERE
    summed.province_id IS NOT NULL
    AND summed.day >= COALESCE(of_days[1], '-infinity')
    AND summed.day <= COALESCE(of_days[array_upper(of_days, 1)], 'infinity')
    AND (of_days IS NULL OR summed.day = ANY (of_days))
GROUP BY summed.platform, summed.day
$$;

CREATE FUNCTION sum_nation_topic_days(of_days date[]) RETURNS TABLE (
    province_id bigint, topic_id bigint, day date, publications integer, views bigint,
    reach bigint, reactions bigint, comments bigint, shares bigint, saves bigint, clicks bigint,
    watch_seconds bigint
) LANGUAGE sql STABLE AS $$
SELECT
    NULL::bigint,
    summed.topic_id,
    summed.day,
    SUM(summed.publications)::integer,
    SUM(summed.views)::bigint,
    SUM(summed.reach)::bigint,
    SUM(summed.reactions)::bigint,
    SUM(summed.comments)::bigint,
    SUM(summed.shares)::bigint,
    SUM(summed.saves)::bigint,
    SUM(summed.clicks)::bigint,
    SUM(summed.watch_seconds)::bigint
FROM engagement_topicday AS summed
WHERE
    summed.province_id IS NOT NULL
    AND summed.day >= COALESCE(of_days[1], '-infinity')
    AND summed.day <= COALESCE(of_days[array_upper(of_days, 1)], 'infinity')
    AND (of_days IS NULL OR summed.day = ANY (of_days))
GROUP BY summed.topic_id, summed.day
$$;

-- Figures of the moment. Of a province's day that has marks, those of its units that have none are
-- read from their own sums, and the others' as they are now.
CREATE VIEW engagement_markedprovince AS
SELECT DISTINCT place.province_id, mark.kind, mark.day
FROM engagement_changedday AS mark
JOIN engagement_unitprovince AS place ON place.unit_id = mark.unit_id;

CREATE VIEW engagement_currentplatformday AS
SELECT
    summed.id, summed.province_id, summed.platform, summed.day, summed.publications, summed.views,
    summed.reach, summed.reactions, summed.comments, summed.shares, summed.saves, summed.clicks,
    summed.watch_seconds, summed.views_of, summed.reach_of, summed.reactions_of
FROM engagement_platformday AS summed
WHERE summed.province_id IS NOT NULL AND NOT EXISTS (
    SELECT FROM engagement_markedprovince AS marked
    WHERE
        marked.kind = 'published'
        AND marked.province_id = summed.province_id
        AND marked.day = summed.day
)
UNION ALL
SELECT
    NULL::bigint, place.province_id, page.platform, page.day, page.publications, page.views,
    page.reach, page.reactions, page.comments, page.shares, page.saves, page.clicks,
    page.watch_seconds, page.views_of, page.reach_of, page.reactions_of
FROM engagement_markedprovince AS marked
JOIN engagement_unitprovince AS place ON place.province_id = marked.province_id
JOIN engagement_pageday AS page ON page.unit_id = place.unit_id AND page.day = marked.day
WHERE marked.kind = 'published' AND NOT EXISTS (
    SELECT FROM engagement_changedday AS mark
    WHERE mark.kind = 'published' AND mark.unit_id = page.unit_id AND mark.day = page.day
)
UNION ALL
SELECT
    NULL::bigint, place.province_id, live.platform, live.day, live.publications, live.views,
    live.reach, live.reactions, live.comments, live.shares, live.saves, live.clicks,
    live.watch_seconds, live.views_of, live.reach_of, live.reactions_of
FROM engagement_markedunit AS marked
JOIN engagement_unitprovince AS place ON place.unit_id = marked.unit_id
CROSS JOIN LATERAL sum_page_days(marked.unit_id, marked.days) AS live
WHERE marked.kind = 'published';

CREATE VIEW engagement_currenttopicday AS
SELECT
    summed.id, summed.province_id, summed.topic_id, summed.day, summed.publications, summed.views,
    summed.reach, summed.reactions, summed.comments, summed.shares, summed.saves, summed.clicks,
    summed.watch_seconds
FROM engagement_topicday AS summed
WHERE summed.province_id IS NOT NULL AND NOT EXISTS (
    SELECT FROM engagement_markedprovince AS marked
    WHERE
        marked.kind = 'published'
        AND marked.province_id = summed.province_id
        AND marked.day = summed.day
)
UNION ALL
SELECT
    NULL::bigint, place.province_id, page.topic_id, page.day, page.publications, page.views,
    page.reach, page.reactions, page.comments, page.shares, page.saves, page.clicks,
    page.watch_seconds
FROM engagement_markedprovince AS marked
JOIN engagement_unitprovince AS place ON place.province_id = marked.province_id
JOIN engagement_pageday AS page ON page.unit_id = place.unit_id AND page.day = marked.day
WHERE marked.kind = 'published' AND NOT EXISTS (
    SELECT FROM engagement_changedday AS mark
    WHERE mark.kind = 'published' AND mark.unit_id = page.unit_id AND mark.day = page.day
)
UNION ALL
SELECT
    NULL::bigint, place.province_id, live.topic_id, live.day, live.publications, live.views,
    live.reach, live.reactions, live.comments, live.shares, live.saves, live.clicks,
    live.watch_seconds
FROM engagement_markedunit AS marked
JOIN engagement_unitprovince AS place ON place.unit_id = marked.unit_id
CROSS JOIN LATERAL sum_page_days(marked.unit_id, marked.days) AS live
WHERE marked.kind = 'published';

-- The nation's row of a day without marks, else the rows of its provinces.
CREATE VIEW engagement_currentnationplatformday AS
SELECT
    summed.id, summed.platform, summed.day, summed.publications, summed.views, summed.reach,
    summed.reactions, summed.comments, summed.shares, summed.saves, summed.clicks,
    summed.watch_seconds, summed.views_of, summed.reach_of, summed.reactions_of
FROM engagement_platformday AS summed
WHERE summed.province_id IS NULL AND NOT EXISTS (
    SELECT FROM engagement_changedday AS mark
    WHERE mark.kind = 'published' AND mark.day = summed.day
)
UNION ALL
SELECT
    NULL::bigint, now.platform, now.day, now.publications, now.views, now.reach,
    now.reactions, now.comments, now.shares, now.saves, now.clicks,
    now.watch_seconds, now.views_of, now.reach_of, now.reactions_of
FROM engagement_currentplatformday AS now
WHERE EXISTS (
    SELECT FROM engagement_changedday AS mark WHERE mark.kind = 'published' AND mark.day = now.day
);

CREATE VIEW engagement_currentnationtopicday AS
SELECT
    summed.id, summed.topic_id, summed.day, summed.publications, summed.views, summed.reach,
    summed.reactions, summed.comments, summed.shares, summed.saves, summed.clicks,
    summed.watch_seconds
FROM engagement_topicday AS summed
WHERE summed.province_id IS NULL AND NOT EXISTS (
    SELECT FROM engagement_changedday AS mark
    WHERE mark.kind = 'published' AND mark.day = summed.day
)
UNION ALL
SELECT
    NULL::bigint, now.topic_id, now.day, now.publications, now.views, now.reach,
    now.reactions, now.comments, now.shares, now.saves, now.clicks, now.watch_seconds
FROM engagement_currenttopicday AS now
WHERE EXISTS (
    SELECT FROM engagement_changedday AS mark WHERE mark.kind = 'published' AND mark.day = now.day
);

CREATE VIEW engagement_currentprovincedueday AS
SELECT
    summed.id, summed.province_id, summed.day, summed.published, summed.due, summed.on_time,
    summed.failed, summed.last_post
FROM engagement_provincedueday AS summed
WHERE NOT EXISTS (
    SELECT FROM engagement_markedprovince AS marked
    WHERE
        marked.kind = 'due'
        AND marked.province_id = summed.province_id
        AND marked.day = summed.day
)
UNION ALL
SELECT
    NULL::bigint, place.province_id, fallen.day, fallen.published, fallen.due, fallen.on_time,
    fallen.failed, fallen.last_post
FROM engagement_markedprovince AS marked
JOIN engagement_unitprovince AS place ON place.province_id = marked.province_id
JOIN engagement_dueday AS fallen ON fallen.unit_id = place.unit_id AND fallen.day = marked.day
WHERE marked.kind = 'due' AND NOT EXISTS (
    SELECT FROM engagement_changedday AS mark
    WHERE mark.kind = 'due' AND mark.unit_id = fallen.unit_id AND mark.day = fallen.day
)
UNION ALL
SELECT
    NULL::bigint, place.province_id, live.day, live.published, live.due, live.on_time,
    live.failed, live.last_post
FROM engagement_markedunit AS marked
JOIN engagement_unitprovince AS place ON place.unit_id = marked.unit_id
CROSS JOIN LATERAL sum_due_days(marked.unit_id, marked.days) AS live
WHERE marked.kind = 'due';

CREATE VIEW engagement_currentprovincewrittenday AS
SELECT summed.id, summed.province_id, summed.day, summed.posts
FROM engagement_provincewrittenday AS summed
WHERE NOT EXISTS (
    SELECT FROM engagement_markedprovince AS marked
    WHERE
        marked.kind = 'written'
        AND marked.province_id = summed.province_id
        AND marked.day = summed.day
)
UNION ALL
SELECT NULL::bigint, place.province_id, written.day, written.posts
FROM engagement_markedprovince AS marked
JOIN engagement_unitprovince AS place ON place.province_id = marked.province_id
JOIN engagement_writtenday AS written
    ON written.unit_id = place.unit_id AND written.day = marked.day
WHERE marked.kind = 'written' AND NOT EXISTS (
    SELECT FROM engagement_changedday AS mark
    WHERE mark.kind = 'written' AND mark.unit_id = written.unit_id AND mark.day = written.day
)
UNION ALL
SELECT NULL::bigint, place.province_id, live.day, live.posts
FROM engagement_markedunit AS marked
JOIN engagement_unitprovince AS place ON place.unit_id = marked.unit_id
CROSS JOIN LATERAL sum_written_days(marked.unit_id, marked.days) AS live
WHERE marked.kind = 'written';
