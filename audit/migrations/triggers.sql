-- The record is append-only, and found by words.

CREATE TRIGGER audit_entry_append_only BEFORE UPDATE OR DELETE ON audit_entry
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_entry_no_truncate BEFORE TRUNCATE ON audit_entry
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- pg_trgm is part of PostgreSQL's own contrib, and of its image.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_available_extensions WHERE name = 'pg_trgm') THEN
        RETURN;
    END IF;
    CREATE EXTENSION IF NOT EXISTS pg_trgm;
    CREATE INDEX audit_label_words ON audit_entry
        USING gin (upper(object_label::text) gin_trgm_ops) WHERE object_label <> '';
    CREATE INDEX audit_name_words ON audit_entry
        USING gin (upper(actor_name::text) gin_trgm_ops) WHERE actor_name <> '';
    -- Without them the planner takes a word that all labels have for a rare one: 2.6 s instead of
    -- 30 ms.
    CREATE STATISTICS audit_label_words_stats ON (upper(object_label::text)) FROM audit_entry;
    CREATE STATISTICS audit_name_words_stats ON (upper(actor_name::text)) FROM audit_entry;
END $$;

-- Each entry is linked to the one before it (docs/adr/0018).
ALTER TABLE audit_entry
    ADD CONSTRAINT audit_entry_linked CHECK (stream IS NOT NULL AND position IS NOT NULL);
