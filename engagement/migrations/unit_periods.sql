-- The rows of `engagement_unitperiod`: the pages of each unit, how many followers they had on the
-- last day, and what they published in the period for the unit that they belong to. A page whose
-- followers nobody told in the week before the last day is not known. Each unit has a row, also one
-- without a page.
CREATE FUNCTION sum_unit_periods(of_units bigint[], first_day date, last_day date) RETURNS TABLE (
    first date, last date, unit_id bigint, pages integer, known integer, followers bigint,
    publications integer, reach bigint, reactions bigint, known_publications integer,
    known_reach bigint, known_reactions bigint
) LANGUAGE sql STABLE AS $$
SELECT
    first_day,
    last_day,
    asked.unit_id,
    COUNT(channel.id)::integer,
    COUNT(newest.followers)::integer,
    SUM(newest.followers)::bigint,
    SUM(page.publications)::integer,
    SUM(page.reach)::bigint,
    SUM(page.reactions)::bigint,
    SUM(page.publications) FILTER (WHERE newest.followers IS NOT NULL)::integer,
    SUM(page.reach) FILTER (WHERE newest.followers IS NOT NULL)::bigint,
    SUM(page.reactions) FILTER (WHERE newest.followers IS NOT NULL)::bigint
FROM unnest(of_units) AS asked (unit_id)
LEFT JOIN channels_channel AS channel
    ON channel.unit_id = asked.unit_id AND channel.health <> 'disconnected'
LEFT JOIN LATERAL (
    SELECT told.followers FROM engagement_followercount AS told
    WHERE told.channel_id = channel.id AND told.day > last_day - 7 AND told.day <= last_day
    ORDER BY told.day DESC LIMIT 1
) AS newest ON true
LEFT JOIN (
    SELECT
        summed.channel_id,
        summed.unit_id,
        SUM(summed.publications) AS publications,
        SUM(summed.reach) AS reach,
        SUM(summed.reactions) AS reactions
    FROM engagement_pageday AS summed
    WHERE summed.unit_id = ANY (of_units) AND summed.day BETWEEN first_day AND last_day
    GROUP BY summed.channel_id, summed.unit_id
) AS page ON page.channel_id = channel.id AND page.unit_id = channel.unit_id
GROUP BY asked.unit_id
$$;

-- Units and their days, in order, as the functions `sum_…_days` take them; a unit without a day
-- stands for all of its days.
CREATE FUNCTION group_days(of_units bigint[], on_days date[]) RETURNS TABLE (
    place_id bigint, days date[]
) LANGUAGE sql STABLE AS $$
SELECT pair.place_id, array_agg(DISTINCT pair.day) FILTER (WHERE pair.day IS NOT NULL)
FROM unnest(of_units, on_days) AS pair (place_id, day)
GROUP BY pair.place_id
$$;
