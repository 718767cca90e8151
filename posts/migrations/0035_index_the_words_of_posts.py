"""Keep the words of each post beside its folded text, and index them (docs/adr/0059).

PostgreSQL alone. The column comes without a rewrite, a trigger fills it from then on, rows that
were before it are filled five thousand at a time, and the index is built beside what writes
(CONCURRENTLY). A migration that was killed is begun anew: each statement may run twice.
"""

from django.db import migrations

from core.migration_operations import RunStatements
from core.word_search import vector

_NOTE = f"""
CREATE OR REPLACE FUNCTION note_words_of_post() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.words := {vector("NEW.search")};
    RETURN NEW;
END $$
"""
_TRIGGER = """
CREATE OR REPLACE TRIGGER posts_post_note_words BEFORE INSERT OR UPDATE OF search ON posts_post
    FOR EACH ROW EXECUTE FUNCTION note_words_of_post()
"""
_FILL = f"""
DO $$
DECLARE
    upto bigint := 0;
    last bigint := (SELECT MAX(id) FROM posts_post);
BEGIN
    WHILE upto < last LOOP
        UPDATE posts_post SET words = {vector("search")}
        WHERE id > upto AND id <= upto + 5000 AND words IS NULL;
        COMMIT;
        upto := upto + 5000;
    END LOOP;
END $$
"""  # noqa: S608


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("posts", "0034_append_only_and_four_eyes")]

    operations = [
        RunStatements(
            {
                "postgresql": (
                    "SET statement_timeout = 0",
                    "ALTER TABLE posts_post ADD COLUMN IF NOT EXISTS words tsvector",
                    _NOTE,
                    _TRIGGER,
                    _FILL,
                    # A build waits for all that writes, and holds up nobody.
                    "SET lock_timeout = 0",
                    "DROP INDEX CONCURRENTLY IF EXISTS post_words",
                    "CREATE INDEX CONCURRENTLY post_words ON posts_post USING gin (words)",
                    "ANALYZE posts_post (words)",
                    "RESET statement_timeout",
                    "RESET lock_timeout",
                )
            },
            {
                "postgresql": (
                    "DROP TRIGGER posts_post_note_words ON posts_post",
                    "DROP FUNCTION note_words_of_post()",
                    "ALTER TABLE posts_post DROP COLUMN words",
                )
            },
        )
    ]
