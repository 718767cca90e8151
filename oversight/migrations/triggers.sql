CREATE TRIGGER oversight_matternote_append_only BEFORE UPDATE OR DELETE ON oversight_matternote
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER oversight_matternote_no_truncate BEFORE TRUNCATE ON oversight_matternote
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
