"""Add the texts of channels of their own to what posts are found by.

PostgreSQL alone, five thousand posts at a time; a post that has them already is left, so a migration
that was killed is begun anew. On SQLite, which serves the try-out, a post gets them when it is saved.
"""

from django.db import migrations

from core.migration_operations import RunStatements

_LONGEST = 200_000
# As `core.text.fold` does, for the letters that texts have; the next save folds them anew.
FOLDED = (
    "btrim(regexp_replace(lower(regexp_replace(normalize(translate({}, 'đĐ', 'dd'), NFD), "
    r"'[\u0300-\u036f]', '', 'g')), '\s+', ' ', 'g'))"
)
FILL = f"""
DO $$
DECLARE
    upto bigint := 0;
    last bigint := (SELECT MAX(post_id) FROM posts_postchannel WHERE text <> '');
BEGIN
    WHILE upto < last LOOP
        UPDATE posts_post SET search = left(concat_ws(' ', search, own.texts), {_LONGEST})
        FROM (
            SELECT post_id, string_agg(DISTINCT {FOLDED.format("text")}, ' ') AS texts
            FROM posts_postchannel
            WHERE text <> '' AND post_id > upto AND post_id <= upto + 5000
            GROUP BY post_id
        ) AS own
        WHERE own.post_id = posts_post.id AND strpos(search, own.texts) = 0;
        COMMIT;
        upto := upto + 5000;
    END LOOP;
END $$
"""  # noqa: S608


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("posts", "0035_index_the_words_of_posts")]

    operations = [
        RunStatements(
            {"postgresql": ("SET statement_timeout = 0", FILL, "RESET statement_timeout")},
            {"postgresql": ()},
        )
    ]
