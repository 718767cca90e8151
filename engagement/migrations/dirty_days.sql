-- Which days' sums a change makes out of date, marked in the transaction of the change, so that no
-- writer can forget it. Marks are appended and never compared with others: writers wait for nobody.
-- A day is one of Viet Nam. ADR 45 says who works them off.

-- --- Counts of a post: of their day, and of each later one, whose gain is over this one

CREATE FUNCTION mark_count_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO engagement_changedday (kind, unit_id, day)
        SELECT 'gained', unit_id, (NEW.taken_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date
        FROM publishing_delivery
        WHERE id = NEW.delivery_id;
    INSERT INTO engagement_changedday (kind, unit_id, day)
        SELECT 'gained', delivery.unit_id, (counted.taken_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date
        FROM engagement_count AS counted
        JOIN publishing_delivery AS delivery ON delivery.id = counted.delivery_id
        WHERE counted.delivery_id = NEW.delivery_id AND counted.taken_at > NEW.taken_at;
    RETURN NULL;
END
$$;

CREATE FUNCTION mark_count_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO engagement_changedday (kind, unit_id, day)
        SELECT 'gained', unit_id, (OLD.taken_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date
        FROM publishing_delivery
        WHERE id = OLD.delivery_id;
    INSERT INTO engagement_changedday (kind, unit_id, day)
        SELECT 'gained', delivery.unit_id, (counted.taken_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date
        FROM engagement_count AS counted
        JOIN publishing_delivery AS delivery ON delivery.id = counted.delivery_id
        WHERE counted.delivery_id = OLD.delivery_id AND counted.taken_at > OLD.taken_at;
    INSERT INTO engagement_changedday (kind, unit_id, day)
        SELECT 'gained', unit_id, (NEW.taken_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date
        FROM publishing_delivery
        WHERE id = NEW.delivery_id;
    INSERT INTO engagement_changedday (kind, unit_id, day)
        SELECT 'gained', delivery.unit_id, (counted.taken_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date
        FROM engagement_count AS counted
        JOIN publishing_delivery AS delivery ON delivery.id = counted.delivery_id
        WHERE counted.delivery_id = NEW.delivery_id AND counted.taken_at > NEW.taken_at;
    RETURN NULL;
END
$$;

CREATE FUNCTION mark_count_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('portal.downsampling', true) = 'on' THEN
        RETURN NULL;
    END IF;
    INSERT INTO engagement_changedday (kind, unit_id, day)
        SELECT 'gained', unit_id, (OLD.taken_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date
        FROM publishing_delivery
        WHERE id = OLD.delivery_id;
    INSERT INTO engagement_changedday (kind, unit_id, day)
        SELECT 'gained', delivery.unit_id, (counted.taken_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date
        FROM engagement_count AS counted
        JOIN publishing_delivery AS delivery ON delivery.id = counted.delivery_id
        WHERE counted.delivery_id = OLD.delivery_id AND counted.taken_at > OLD.taken_at;
    RETURN NULL;
END
$$;

-- --- Deliveries: as due once they have ended, as published

CREATE FUNCTION mark_delivery_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO engagement_changedday (kind, unit_id, day)
        SELECT 'due', NEW.unit_id, (NEW.due_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date
        WHERE NEW.state IN ('cancelled', 'expired', 'failed', 'published', 'recalled');
    INSERT INTO engagement_changedday (kind, unit_id, day)
        SELECT 'published', NEW.unit_id, (NEW.published_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date
        WHERE NEW.published_at IS NOT NULL;
    RETURN NULL;
END
$$;

CREATE FUNCTION mark_delivery_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO engagement_changedday (kind, unit_id, day)
        SELECT 'due', OLD.unit_id, (OLD.due_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date
        WHERE OLD.state IN ('cancelled', 'expired', 'failed', 'published', 'recalled');
    INSERT INTO engagement_changedday (kind, unit_id, day)
        SELECT 'published', OLD.unit_id, (OLD.published_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date
        WHERE OLD.published_at IS NOT NULL;
    INSERT INTO engagement_changedday (kind, unit_id, day)
        SELECT 'due', NEW.unit_id, (NEW.due_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date
        WHERE NEW.state IN ('cancelled', 'expired', 'failed', 'published', 'recalled');
    INSERT INTO engagement_changedday (kind, unit_id, day)
        SELECT 'published', NEW.unit_id, (NEW.published_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date
        WHERE NEW.published_at IS NOT NULL;
    INSERT INTO engagement_changedday (kind, unit_id, day)
        SELECT 'gained', delivery.unit_id, (counted.taken_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date
        FROM engagement_count AS counted
        JOIN publishing_delivery AS delivery ON delivery.id = counted.delivery_id
        WHERE counted.delivery_id = NEW.id AND (OLD.published_at, OLD.unit_id, OLD.post_id)
            IS DISTINCT FROM (NEW.published_at, NEW.unit_id, NEW.post_id);
    INSERT INTO engagement_changedday (kind, unit_id, day)
        SELECT 'gained', OLD.unit_id, (counted.taken_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date
        FROM engagement_count AS counted
        WHERE counted.delivery_id = NEW.id AND OLD.unit_id <> NEW.unit_id;
    RETURN NULL;
END
$$;

CREATE FUNCTION mark_delivery_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO engagement_changedday (kind, unit_id, day)
        SELECT 'due', OLD.unit_id, (OLD.due_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date
        WHERE OLD.state IN ('cancelled', 'expired', 'failed', 'published', 'recalled');
    INSERT INTO engagement_changedday (kind, unit_id, day)
        SELECT 'published', OLD.unit_id, (OLD.published_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date
        WHERE OLD.published_at IS NOT NULL;
    RETURN NULL;
END
$$;

CREATE TRIGGER mark_delivery_insert AFTER INSERT ON publishing_delivery
    FOR EACH ROW
    WHEN (
        NEW.state IN ('cancelled', 'expired', 'failed', 'published', 'recalled')
        OR NEW.published_at IS NOT NULL
    )
    EXECUTE FUNCTION mark_delivery_insert();

CREATE TRIGGER mark_delivery_update AFTER UPDATE ON publishing_delivery
    FOR EACH ROW
    WHEN (
        (OLD.state IN ('cancelled', 'expired', 'failed', 'published', 'recalled')
        OR NEW.state IN ('cancelled', 'expired', 'failed', 'published', 'recalled')
        OR OLD.published_at IS NOT NULL OR NEW.published_at IS NOT NULL)
        AND (OLD.state IS DISTINCT FROM NEW.state
        OR OLD.due_at IS DISTINCT FROM NEW.due_at
        OR OLD.not_after IS DISTINCT FROM NEW.not_after
        OR OLD.published_at IS DISTINCT FROM NEW.published_at
        OR OLD.committing_at IS DISTINCT FROM NEW.committing_at
        OR OLD.receipt_source IS DISTINCT FROM NEW.receipt_source
        OR OLD.error_code IS DISTINCT FROM NEW.error_code
        OR OLD.unit_id IS DISTINCT FROM NEW.unit_id
        OR OLD.post_id IS DISTINCT FROM NEW.post_id
        OR OLD.channel_id IS DISTINCT FROM NEW.channel_id
        OR OLD.platform IS DISTINCT FROM NEW.platform)
    )
    EXECUTE FUNCTION mark_delivery_update();

CREATE TRIGGER mark_delivery_delete AFTER DELETE ON publishing_delivery
    FOR EACH ROW EXECUTE FUNCTION mark_delivery_delete();

-- --- The newest numbers of a delivery

CREATE FUNCTION mark_measurement_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO engagement_changedday (kind, unit_id, day)
        SELECT 'published', unit_id, (published_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date
        FROM publishing_delivery
        WHERE id = NEW.delivery_id AND published_at IS NOT NULL;
    RETURN NULL;
END
$$;

CREATE FUNCTION mark_measurement_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO engagement_changedday (kind, unit_id, day)
        SELECT 'published', unit_id, (published_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date
        FROM publishing_delivery
        WHERE id = NEW.delivery_id AND published_at IS NOT NULL;
    RETURN NULL;
END
$$;

CREATE FUNCTION mark_measurement_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO engagement_changedday (kind, unit_id, day)
        SELECT 'published', unit_id, (published_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date
        FROM publishing_delivery
        WHERE id = OLD.delivery_id AND published_at IS NOT NULL;
    RETURN NULL;
END
$$;

CREATE TRIGGER mark_measurement_insert AFTER INSERT ON engagement_measurement
    FOR EACH ROW EXECUTE FUNCTION mark_measurement_insert();

CREATE TRIGGER mark_measurement_update AFTER UPDATE ON engagement_measurement
    FOR EACH ROW
    WHEN (
        OLD.taken_at IS DISTINCT FROM NEW.taken_at
        OR OLD.source IS DISTINCT FROM NEW.source
        OR OLD.views IS DISTINCT FROM NEW.views
        OR OLD.reach IS DISTINCT FROM NEW.reach
        OR OLD.reactions IS DISTINCT FROM NEW.reactions
        OR OLD.comments IS DISTINCT FROM NEW.comments
        OR OLD.shares IS DISTINCT FROM NEW.shares
        OR OLD.saves IS DISTINCT FROM NEW.saves
        OR OLD.clicks IS DISTINCT FROM NEW.clicks
        OR OLD.watch_seconds IS DISTINCT FROM NEW.watch_seconds
    )
    EXECUTE FUNCTION mark_measurement_update();

CREATE TRIGGER mark_measurement_delete AFTER DELETE ON engagement_measurement
    FOR EACH ROW EXECUTE FUNCTION mark_measurement_delete();

-- --- Posts: as written on the day they were begun, once they hold anything

CREATE FUNCTION mark_post_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO engagement_changedday (kind, unit_id, day)
        SELECT 'written', NEW.unit_id, (NEW.created_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date;
    RETURN NULL;
END
$$;

CREATE FUNCTION mark_post_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO engagement_changedday (kind, unit_id, day)
        SELECT 'written', OLD.unit_id, (OLD.created_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date;
    INSERT INTO engagement_changedday (kind, unit_id, day)
        SELECT 'written', NEW.unit_id, (NEW.created_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date;
    RETURN NULL;
END
$$;

CREATE FUNCTION mark_post_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO engagement_changedday (kind, unit_id, day)
        SELECT 'written', OLD.unit_id, (OLD.created_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date;
    RETURN NULL;
END
$$;

CREATE TRIGGER mark_post_insert AFTER INSERT ON posts_post
    FOR EACH ROW EXECUTE FUNCTION mark_post_insert();

CREATE TRIGGER mark_post_update AFTER UPDATE ON posts_post
    FOR EACH ROW
    WHEN (
        (OLD.state = 'draft' AND OLD.version = 1 AND OLD.title = '' AND OLD.body = '')
            <> (NEW.state = 'draft' AND NEW.version = 1 AND NEW.title = '' AND NEW.body = '')
        OR OLD.unit_id IS DISTINCT FROM NEW.unit_id
        OR OLD.created_at IS DISTINCT FROM NEW.created_at
    )
    EXECUTE FUNCTION mark_post_update();

CREATE TRIGGER mark_post_delete AFTER DELETE ON posts_post
    FOR EACH ROW EXECUTE FUNCTION mark_post_delete();

CREATE FUNCTION mark_post_assigned() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO engagement_changedday (kind, unit_id, day)
        SELECT 'published', unit_id, (published_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date
        FROM publishing_delivery
        WHERE post_id = NEW.id AND published_at IS NOT NULL;
    INSERT INTO engagement_changedday (kind, unit_id, day)
        SELECT 'gained', delivery.unit_id, (counted.taken_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date
        FROM engagement_count AS counted
        JOIN publishing_delivery AS delivery ON delivery.id = counted.delivery_id
        WHERE delivery.post_id = NEW.id;
    RETURN NULL;
END
$$;

CREATE TRIGGER mark_post_assigned AFTER UPDATE ON posts_post
    FOR EACH ROW
    WHEN (
        OLD.campaign_id IS DISTINCT FROM NEW.campaign_id
        OR OLD.topic_id IS DISTINCT FROM NEW.topic_id
        OR OLD.adoption_id IS DISTINCT FROM NEW.adoption_id
    )
    EXECUTE FUNCTION mark_post_assigned();

-- --- Followers, once a statement: a row's own trigger made of 650,000 numbers as many marks

CREATE FUNCTION mark_follower_count_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO engagement_changedday (kind, unit_id, day)
        SELECT DISTINCT 'followed', page.unit_id, told.day FROM (SELECT channel_id, day
        FROM became) AS told
        JOIN channels_channel AS page ON page.id = told.channel_id;
    RETURN NULL;
END
$$;

CREATE FUNCTION mark_follower_count_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO engagement_changedday (kind, unit_id, day)
        SELECT DISTINCT 'followed', page.unit_id, told.day
        FROM (
            SELECT unnest(ARRAY[was.channel_id, became.channel_id]) AS channel_id,
                unnest(ARRAY[was.day, became.day]) AS day
            FROM was JOIN became ON became.id = was.id
            WHERE (was.followers, was.day) IS DISTINCT FROM (became.followers, became.day)
        ) AS told
        JOIN channels_channel AS page ON page.id = told.channel_id;
    RETURN NULL;
END
$$;

CREATE FUNCTION mark_follower_count_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO engagement_changedday (kind, unit_id, day)
        SELECT DISTINCT 'followed', page.unit_id, told.day FROM (SELECT channel_id, day
        FROM was) AS told
        JOIN channels_channel AS page ON page.id = told.channel_id;
    RETURN NULL;
END
$$;

CREATE TRIGGER mark_follower_count_insert AFTER INSERT ON engagement_followercount
    REFERENCING NEW TABLE AS became
    FOR EACH STATEMENT EXECUTE FUNCTION mark_follower_count_insert();

CREATE TRIGGER mark_follower_count_update AFTER UPDATE ON engagement_followercount
    REFERENCING OLD TABLE AS was NEW TABLE AS became
    FOR EACH STATEMENT EXECUTE FUNCTION mark_follower_count_update();

CREATE TRIGGER mark_follower_count_delete AFTER DELETE ON engagement_followercount
    REFERENCING OLD TABLE AS was
    FOR EACH STATEMENT EXECUTE FUNCTION mark_follower_count_delete();

-- --- Pages, which count from today on as they are today

CREATE FUNCTION mark_page_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO engagement_changedday (kind, unit_id, day)
        SELECT 'followed', NEW.unit_id, (CURRENT_TIMESTAMP AT TIME ZONE 'Asia/Ho_Chi_Minh')::date;
    RETURN NULL;
END
$$;

CREATE FUNCTION mark_page_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO engagement_changedday (kind, unit_id, day)
        SELECT 'followed', OLD.unit_id, (CURRENT_TIMESTAMP AT TIME ZONE 'Asia/Ho_Chi_Minh')::date;
    INSERT INTO engagement_changedday (kind, unit_id, day)
        SELECT 'followed', NEW.unit_id, (CURRENT_TIMESTAMP AT TIME ZONE 'Asia/Ho_Chi_Minh')::date;
    RETURN NULL;
END
$$;

CREATE FUNCTION mark_page_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO engagement_changedday (kind, unit_id, day)
        SELECT 'followed', OLD.unit_id, (CURRENT_TIMESTAMP AT TIME ZONE 'Asia/Ho_Chi_Minh')::date;
    RETURN NULL;
END
$$;

CREATE TRIGGER mark_page_insert AFTER INSERT ON channels_channel
    FOR EACH ROW EXECUTE FUNCTION mark_page_insert();

CREATE TRIGGER mark_page_update AFTER UPDATE ON channels_channel
    FOR EACH ROW
    WHEN (
        OLD.unit_id <> NEW.unit_id
        OR (OLD.health = 'disconnected') <> (NEW.health = 'disconnected')
    )
    EXECUTE FUNCTION mark_page_update();

CREATE TRIGGER mark_page_delete AFTER DELETE ON channels_channel
    FOR EACH ROW EXECUTE FUNCTION mark_page_delete();

-- --- A unit that comes to another province

CREATE FUNCTION mark_unit_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO engagement_changedday (kind, unit_id, day)
        SELECT DISTINCT 'published', NEW.id, day
        FROM engagement_pageday
        WHERE unit_id = NEW.id AND NEW.id IS NOT NULL;
    INSERT INTO engagement_changedday (kind, unit_id, day)
        SELECT DISTINCT 'published', OLD.parent_id, day
        FROM engagement_pageday
        WHERE unit_id = NEW.id AND OLD.parent_id IS NOT NULL;
    INSERT INTO engagement_changedday (kind, unit_id, day)
        SELECT DISTINCT 'published', NEW.parent_id, day
        FROM engagement_pageday
        WHERE unit_id = NEW.id AND NEW.parent_id IS NOT NULL;
    RETURN NULL;
END
$$;

CREATE TRIGGER mark_unit_moved AFTER UPDATE ON units_unit
    FOR EACH ROW
    WHEN (OLD.parent_id IS DISTINCT FROM NEW.parent_id OR OLD.level <> NEW.level)
    EXECUTE FUNCTION mark_unit_moved();

CREATE FUNCTION mark_unit_moved_due() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO engagement_changedday (kind, unit_id, day)
        SELECT DISTINCT 'due', NEW.id, day
        FROM engagement_dueday
        WHERE unit_id = NEW.id AND NEW.id IS NOT NULL;
    INSERT INTO engagement_changedday (kind, unit_id, day)
        SELECT DISTINCT 'due', OLD.parent_id, day
        FROM engagement_dueday
        WHERE unit_id = NEW.id AND OLD.parent_id IS NOT NULL;
    INSERT INTO engagement_changedday (kind, unit_id, day)
        SELECT DISTINCT 'due', NEW.parent_id, day
        FROM engagement_dueday
        WHERE unit_id = NEW.id AND NEW.parent_id IS NOT NULL;
    INSERT INTO engagement_changedday (kind, unit_id, day)
        SELECT DISTINCT 'written', NEW.id, day
        FROM engagement_writtenday
        WHERE unit_id = NEW.id AND NEW.id IS NOT NULL;
    INSERT INTO engagement_changedday (kind, unit_id, day)
        SELECT DISTINCT 'written', OLD.parent_id, day
        FROM engagement_writtenday
        WHERE unit_id = NEW.id AND OLD.parent_id IS NOT NULL;
    INSERT INTO engagement_changedday (kind, unit_id, day)
        SELECT DISTINCT 'written', NEW.parent_id, day
        FROM engagement_writtenday
        WHERE unit_id = NEW.id AND NEW.parent_id IS NOT NULL;
    RETURN NULL;
END
$$;

CREATE TRIGGER mark_unit_moved_due AFTER UPDATE ON units_unit
    FOR EACH ROW
    WHEN (OLD.parent_id IS DISTINCT FROM NEW.parent_id OR OLD.level <> NEW.level)
    EXECUTE FUNCTION mark_unit_moved_due();
