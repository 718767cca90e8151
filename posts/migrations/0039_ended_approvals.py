"""Add the ends of the approvals that ended before ends were decisions of their own, by the record.

PostgreSQL alone: on SQLite, which serves the try-out, nobody writes rows past the portal.
"""

from django.db import migrations, models

from core.migration_operations import RunStatements

FILL = """
INSERT INTO posts_review (revision_id, decision, by_id, post_held, reason, passed, author_id, editor_id,
    content_sha256, decided_at)
SELECT v.revision_id, 'ended', e.actor_id, e.post_held, e.reason, '[]', v.author_id, v.editor_id,
    v.content_sha256, e.at
FROM posts_review v
JOIN posts_revision r ON r.id = v.revision_id
JOIN posts_post p ON p.id = r.post_id
CROSS JOIN LATERAL (
    SELECT actor_id, post_held, reason, at FROM audit_entry
    WHERE object_type = 'posts.post' AND object_id = p.public_id::text
        AND action IN ('post.draft', 'post.withdrawn') AND at >= v.decided_at
    ORDER BY at LIMIT 1
) e
JOIN accounts_user u ON u.id = e.actor_id
WHERE v.decision = 'approved' AND p.approved_revision_id IS DISTINCT FROM v.revision_id
    AND NOT EXISTS (
        SELECT 1 FROM posts_review w WHERE w.revision_id = v.revision_id AND w.decision IN ('undone', 'ended')
    )
"""


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0009_index_units_by_prefix"),
        ("posts", "0038_last_save_of_a_page"),
    ]

    operations = [
        migrations.AlterField(
            "review",
            "decision",
            models.CharField(
                choices=[
                    ("first", "approved by the unit"),
                    ("approved", "approved"),
                    ("returned", "returned"),
                    ("undone", "approval taken back"),
                    ("ended", "approval ended"),
                ],
                max_length=10,
            ),
        ),
        RunStatements(
            {"postgresql": ("SET LOCAL statement_timeout = 0", FILL)}, {"postgresql": ()}
        ),
    ]
