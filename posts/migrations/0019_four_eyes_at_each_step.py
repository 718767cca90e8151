"""Keep four eyes at each step: who edited gives no first approval either, and who gave the first
gives no second.
"""

from django.db import migrations

_OLD = "NEW.decision = 'approved'"
_NEW = "NEW.decision IN ('approved', 'first')"
# As 0009 has it.
_EDITED = """
    SELECT 1 FROM posts_contribution c JOIN posts_revision r ON r.post_id = c.post_id
    WHERE r.id = NEW.revision_id AND c.user_id = NEW.by_id AND NOT EXISTS (
        SELECT 1 FROM posts_review v JOIN posts_revision w ON w.id = v.revision_id
        WHERE w.post_id = r.post_id AND v.decision = 'approved' AND v.decided_at >= c.edited_at
        AND NOT EXISTS (SELECT 1 FROM posts_review u WHERE u.revision_id = v.revision_id AND u.decision = 'undone')
    )
"""
_BOTH = """
    SELECT 1 FROM posts_review f
    WHERE f.revision_id = NEW.revision_id AND f.decision = 'first' AND f.by_id = NEW.by_id
"""
_EDITOR_WORDS = "who edited a post since it was last approved may not approve it"
_BOTH_WORDS = "who gave the first approval may not give the second"


def _function(decided, more=""):
    return f"""
CREATE OR REPLACE FUNCTION refuse_own_approval() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF {decided} AND EXISTS ({_EDITED}) THEN
        RAISE EXCEPTION '{_EDITOR_WORDS}' USING ERRCODE = '23514';
    END IF;
    {more}
    RETURN NEW;
END $$;
"""


_MORE = f"""
    IF NEW.decision = 'approved' AND EXISTS ({_BOTH}) THEN
        RAISE EXCEPTION '{_BOTH_WORDS}' USING ERRCODE = '23514';
    END IF;
"""


def _trigger(name, decided, found, words):
    return f"""
CREATE TRIGGER {name} BEFORE INSERT ON posts_review WHEN {decided} AND EXISTS ({found})
BEGIN SELECT RAISE(ABORT, '{words}'); END
"""


def keep(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(_function(_NEW, _MORE), params=None)
        return
    first = _trigger("posts_review_four_eyes", _NEW, _EDITED, _EDITOR_WORDS)
    second = _trigger("posts_review_second_eyes", _OLD, _BOTH, _BOTH_WORDS)
    for statement in ("DROP TRIGGER IF EXISTS posts_review_four_eyes", first, second):
        schema_editor.execute(statement, params=None)


def forget(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(_function(_OLD), params=None)
        return
    old = _trigger("posts_review_four_eyes", _OLD, _EDITED, _EDITOR_WORDS)
    for statement in (
        "DROP TRIGGER posts_review_second_eyes",
        "DROP TRIGGER posts_review_four_eyes",
        old,
    ):
        schema_editor.execute(statement, params=None)


class Migration(migrations.Migration):
    dependencies = [("posts", "0018_second_approval")]
    operations = [migrations.RunPython(keep, forget)]
