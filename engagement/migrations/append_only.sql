CREATE TRIGGER engagement_reportapproval_append_only BEFORE UPDATE OR DELETE ON engagement_reportapproval
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER engagement_reportapproval_no_truncate BEFORE TRUNCATE ON engagement_reportapproval
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER engagement_reportfigures_append_only BEFORE UPDATE OR DELETE ON engagement_reportfigures
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER engagement_reportfigures_no_truncate BEFORE TRUNCATE ON engagement_reportfigures
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER engagement_reportform_append_only BEFORE UPDATE OR DELETE ON engagement_reportform
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER engagement_reportform_no_truncate BEFORE TRUNCATE ON engagement_reportform
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
