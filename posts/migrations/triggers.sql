-- What the services promise holds in a shell session, too: revisions and decisions stay as they are,
-- the database notes which media a revision shows, and nobody approves their own words.

CREATE TRIGGER posts_revision_append_only BEFORE UPDATE OR DELETE ON posts_revision
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER posts_revision_no_truncate BEFORE TRUNCATE ON posts_revision
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER posts_review_append_only BEFORE UPDATE OR DELETE ON posts_review
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER posts_review_no_truncate BEFORE TRUNCATE ON posts_review
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER posts_signature_append_only BEFORE UPDATE OR DELETE ON posts_signature
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER posts_signature_no_truncate BEFORE TRUNCATE ON posts_signature
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER posts_signedlist_append_only BEFORE UPDATE OR DELETE ON posts_signedlist
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER posts_signedlist_no_truncate BEFORE TRUNCATE ON posts_signedlist
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER posts_revisionmedia_append_only BEFORE UPDATE OR DELETE ON posts_revisionmedia
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER posts_revisionmedia_no_truncate BEFORE TRUNCATE ON posts_revisionmedia
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Which media a revision shows: found as the engine finds them, by unit and hash of the bytes.
CREATE FUNCTION note_media_of_revision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO posts_revisionmedia (revision_id, media_id)
    SELECT DISTINCT NEW.id, m.id
    FROM jsonb_array_elements(
        CASE jsonb_typeof(NEW.content -> 'media') WHEN 'array' THEN NEW.content -> 'media' ELSE '[]' END
    ) AS entry
    JOIN posts_post p ON p.id = NEW.post_id
    JOIN media_media m ON m.unit_id = p.unit_id AND m.sha256 = entry ->> 'sha256';
    RETURN NULL;
END
$$;

CREATE TRIGGER posts_revision_note_media AFTER INSERT ON posts_revision
    FOR EACH ROW EXECUTE FUNCTION note_media_of_revision();

-- Four eyes at each step: the service asks the same (`posts.queries.edited_since_approval`).
CREATE FUNCTION refuse_own_approval() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.decision IN ('approved', 'first') AND EXISTS (
        SELECT 1 FROM posts_contribution c JOIN posts_revision r ON r.post_id = c.post_id
        WHERE r.id = NEW.revision_id AND c.user_id = NEW.by_id AND NOT EXISTS (
            SELECT 1 FROM posts_review v JOIN posts_revision w ON w.id = v.revision_id
            WHERE w.post_id = r.post_id AND v.decision = 'approved' AND v.decided_at >= c.edited_at
            AND NOT EXISTS (
                SELECT 1 FROM posts_review u
                WHERE u.revision_id = v.revision_id AND u.decision = 'undone'
            )
        )
    ) THEN
        RAISE EXCEPTION 'who edited a post since it was last approved may not approve it'
            USING ERRCODE = '23514';
    END IF;
    IF NEW.decision = 'approved' AND EXISTS (
        SELECT 1 FROM posts_review f
        WHERE f.revision_id = NEW.revision_id AND f.decision = 'first' AND f.by_id = NEW.by_id
    ) THEN
        RAISE EXCEPTION 'who gave the first approval may not give the second'
            USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER posts_review_four_eyes BEFORE INSERT ON posts_review
    FOR EACH ROW EXECUTE FUNCTION refuse_own_approval();

-- The words of each post beside its folded text (docs/adr/0059): of its first 200,000 characters
-- (`core.word_search.LONGEST_TEXT`), with no sign left that makes an address or a number with a point
-- of them. No field of the model, so that no save knows of it.
ALTER TABLE posts_post ADD COLUMN words tsvector;

CREATE FUNCTION note_words_of_post() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.words := to_tsvector(
        'simple',
        translate(left(NEW.search, 200000), '!"#$%&''()*+,-./:;<=>?@[\]^_`{|}~', repeat(' ', 32))
    );
    RETURN NEW;
END $$;

CREATE TRIGGER posts_post_note_words BEFORE INSERT OR UPDATE OF search ON posts_post
    FOR EACH ROW EXECUTE FUNCTION note_words_of_post();

CREATE INDEX post_words ON posts_post USING gin (words);
