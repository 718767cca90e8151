"""Have the database note which media each revision shows, for the earlier ones too; what is noted stays."""

from django.db import migrations
from django.db.models import Max

from core.append_only import append_only, refuse_truncate

_BATCH = 5_000
# The engine finds a revision's media in the same way: by its unit and the hash of the bytes.
_POSTGRES_SHOWN = """
    INSERT INTO posts_revisionmedia (revision_id, media_id)
    SELECT DISTINCT r.id, m.id FROM {revisions} r
    CROSS JOIN LATERAL jsonb_array_elements(
        CASE jsonb_typeof(r.content -> 'media') WHEN 'array' THEN r.content -> 'media' ELSE '[]' END
    ) AS entry
    JOIN posts_post p ON p.id = r.post_id
    JOIN posts_media m ON m.unit_id = p.unit_id AND m.sha256 = entry ->> 'sha256'
"""
_SQLITE_SHOWN = """
    INSERT INTO posts_revisionmedia (revision_id, media_id)
    SELECT DISTINCT r.id, m.id FROM {revisions} r
    JOIN json_each(r.content, '$.media') AS entry
    JOIN posts_post p ON p.id = r.post_id
    JOIN posts_media m ON m.unit_id = p.unit_id AND m.sha256 = json_extract(entry.value, '$.sha256')
"""
_POSTGRES = f"""
CREATE FUNCTION note_media_of_revision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    {_POSTGRES_SHOWN.format(revisions="(SELECT NEW.id, NEW.post_id, NEW.content)")};
    RETURN NULL;
END $$;
CREATE TRIGGER posts_revision_note_media AFTER INSERT ON posts_revision
    FOR EACH ROW EXECUTE FUNCTION note_media_of_revision();
"""
_SQLITE = f"""
CREATE TRIGGER posts_revision_note_media AFTER INSERT ON posts_revision
BEGIN
    {_SQLITE_SHOWN.format(revisions="(SELECT id, post_id, content FROM posts_revision WHERE id = NEW.id)")};
END
"""  # noqa: S608


def note_from_now_on(apps, schema_editor):
    is_postgres = schema_editor.connection.vendor == "postgresql"
    schema_editor.execute(_POSTGRES if is_postgres else _SQLITE, params=None)


def note_no_more(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP TRIGGER posts_revision_note_media ON posts_revision")
        schema_editor.execute("DROP FUNCTION note_media_of_revision()")
    else:
        schema_editor.execute("DROP TRIGGER posts_revision_note_media")


def note_earlier(apps, schema_editor):
    shown = _POSTGRES_SHOWN if schema_editor.connection.vendor == "postgresql" else _SQLITE_SHOWN
    last = apps.get_model("posts", "Revision").objects.aggregate(last=Max("pk"))["last"] or 0
    for first in range(1, last + 1, _BATCH):
        ids = f"id BETWEEN {first} AND {first + _BATCH - 1}"
        span = f"(SELECT id, post_id, content FROM posts_revision WHERE {ids})"  # noqa: S608
        schema_editor.execute(shown.format(revisions=span), params=None)


class Migration(migrations.Migration):
    dependencies = [("posts", "0011_media_in_use")]
    operations = [
        migrations.RunPython(note_earlier, migrations.RunPython.noop),
        migrations.RunPython(note_from_now_on, note_no_more),
        append_only("posts_revisionmedia"),
        refuse_truncate("posts_revisionmedia"),
    ]
