"""Keep what the services promise in a shell session, too: revisions and decisions stay as they are,
the database notes which media a revision shows, and nobody approves their own words.
"""

from django.db import migrations

from core.append_only import append_only, refuse_truncate
from core.migration_operations import RunStatements

_APPEND_ONLY = (
    "posts_revision",
    "posts_review",
    "posts_signature",
    "posts_signedlist",
    "posts_revisionmedia",
)

# --- Which media a revision shows: found as the engine finds them, by unit and hash of the bytes -----

_POSTGRES_MEDIA = """
CREATE FUNCTION note_media_of_revision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO posts_revisionmedia (revision_id, media_id)
    SELECT DISTINCT NEW.id, m.id
    FROM jsonb_array_elements(
        CASE jsonb_typeof(NEW.content -> 'media') WHEN 'array' THEN NEW.content -> 'media' ELSE '[]' END
    ) AS entry
    JOIN posts_post p ON p.id = NEW.post_id
    JOIN posts_media m ON m.unit_id = p.unit_id AND m.sha256 = entry ->> 'sha256';
    RETURN NULL;
END $$;
CREATE TRIGGER posts_revision_note_media AFTER INSERT ON posts_revision
    FOR EACH ROW EXECUTE FUNCTION note_media_of_revision();
"""
_SQLITE_MEDIA = """
CREATE TRIGGER posts_revision_note_media AFTER INSERT ON posts_revision
BEGIN
    INSERT INTO posts_revisionmedia (revision_id, media_id)
    SELECT DISTINCT r.id, m.id FROM posts_revision r
    JOIN json_each(r.content, '$.media') AS entry
    JOIN posts_post p ON p.id = r.post_id
    JOIN posts_media m ON m.unit_id = p.unit_id AND m.sha256 = json_extract(entry.value, '$.sha256')
    WHERE r.id = NEW.id;
END
"""

# --- Four eyes at each step: the service asks the same (`posts.queries.edited_since_approval`) -------

_DECIDED = "NEW.decision IN ('approved', 'first')"
_EDITED = """
    SELECT 1 FROM posts_contribution c JOIN posts_revision r ON r.post_id = c.post_id
    WHERE r.id = NEW.revision_id AND c.user_id = NEW.by_id AND NOT EXISTS (
        SELECT 1 FROM posts_review v JOIN posts_revision w ON w.id = v.revision_id
        WHERE w.post_id = r.post_id AND v.decision = 'approved' AND v.decided_at >= c.edited_at
        AND NOT EXISTS (SELECT 1 FROM posts_review u WHERE u.revision_id = v.revision_id AND u.decision = 'undone')
    )
"""
_EDITED_WORDS = "who edited a post since it was last approved may not approve it"
_BOTH = """
    SELECT 1 FROM posts_review f
    WHERE f.revision_id = NEW.revision_id AND f.decision = 'first' AND f.by_id = NEW.by_id
"""
_BOTH_WORDS = "who gave the first approval may not give the second"
_POSTGRES_EYES = f"""
CREATE FUNCTION refuse_own_approval() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF {_DECIDED} AND EXISTS ({_EDITED}) THEN
        RAISE EXCEPTION '{_EDITED_WORDS}' USING ERRCODE = '23514';
    END IF;
    IF NEW.decision = 'approved' AND EXISTS ({_BOTH}) THEN
        RAISE EXCEPTION '{_BOTH_WORDS}' USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER posts_review_four_eyes BEFORE INSERT ON posts_review
    FOR EACH ROW EXECUTE FUNCTION refuse_own_approval();
"""
_SQLITE_EYES = (
    f"""
CREATE TRIGGER posts_review_four_eyes BEFORE INSERT ON posts_review WHEN {_DECIDED} AND EXISTS ({_EDITED})
BEGIN SELECT RAISE(ABORT, '{_EDITED_WORDS}'); END
""",
    f"""
CREATE TRIGGER posts_review_second_eyes BEFORE INSERT ON posts_review WHEN NEW.decision = 'approved' AND EXISTS ({_BOTH})
BEGIN SELECT RAISE(ABORT, '{_BOTH_WORDS}'); END
""",
)


_TRIGGERS = RunStatements(
    {
        "postgresql": (_POSTGRES_MEDIA, _POSTGRES_EYES),
        "sqlite": (_SQLITE_MEDIA, *_SQLITE_EYES),
    },
    {
        "postgresql": (
            "DROP TRIGGER posts_review_four_eyes ON posts_review",
            "DROP FUNCTION refuse_own_approval()",
            "DROP TRIGGER posts_revision_note_media ON posts_revision",
            "DROP FUNCTION note_media_of_revision()",
        ),
        "sqlite": (
            "DROP TRIGGER posts_review_second_eyes",
            "DROP TRIGGER posts_review_four_eyes",
            "DROP TRIGGER posts_revision_note_media",
        ),
    },
)


class Migration(migrations.Migration):
    replaces = [("posts", "0034_index_the_order_of_the_list")]
    dependencies = [("posts", "0001_squashed_0033_posts_that_came_of_a_kit")]
    operations = [
        _TRIGGERS,
        *(append_only(table) for table in _APPEND_ONLY),
        *(refuse_truncate(table) for table in _APPEND_ONLY),
    ]
