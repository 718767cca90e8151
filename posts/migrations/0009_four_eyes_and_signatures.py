"""Keep four eyes over all who edited, and seal once the approvals that were given before approvals were signed."""

from django.db import migrations

from core.append_only import append_only, refuse_truncate
from posts.review import approvals

# What the service asks as well (`posts.queries.edited_since_approval`): a shell session keeps to it, too.
_EDITED = """
    SELECT 1 FROM posts_contribution c JOIN posts_revision r ON r.post_id = c.post_id
    WHERE r.id = NEW.revision_id AND c.user_id = NEW.by_id AND NOT EXISTS (
        SELECT 1 FROM posts_review v JOIN posts_revision w ON w.id = v.revision_id
        WHERE w.post_id = r.post_id AND v.decision = 'approved' AND v.decided_at >= c.edited_at
        AND NOT EXISTS (SELECT 1 FROM posts_review u WHERE u.revision_id = v.revision_id AND u.decision = 'undone')
    )
"""
_POSTGRES = f"""
CREATE FUNCTION refuse_own_approval() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.decision = 'approved' AND EXISTS ({_EDITED}) THEN
        RAISE EXCEPTION 'who edited a post since it was last approved may not approve it' USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER posts_review_four_eyes BEFORE INSERT ON posts_review
    FOR EACH ROW EXECUTE FUNCTION refuse_own_approval();
"""
_SQLITE = f"""
CREATE TRIGGER posts_review_four_eyes BEFORE INSERT ON posts_review
WHEN NEW.decision = 'approved' AND EXISTS ({_EDITED})
BEGIN SELECT RAISE(ABORT, 'who edited a post since it was last approved may not approve it'); END
"""


def keep_four_eyes(apps, schema_editor):
    is_postgres = schema_editor.connection.vendor == "postgresql"
    schema_editor.execute(_POSTGRES if is_postgres else _SQLITE, params=None)


def forget_four_eyes(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP TRIGGER posts_review_four_eyes ON posts_review")
        schema_editor.execute("DROP FUNCTION refuse_own_approval()")
    else:
        schema_editor.execute("DROP TRIGGER posts_review_four_eyes")


def note_editors(apps, schema_editor):
    """Note who is known to have edited: the editors of revisions and of working copies."""
    post_model, revision = apps.get_model("posts", "Post"), apps.get_model("posts", "Revision")
    contribution = apps.get_model("posts", "Contribution")
    known = {}
    for post, user, at in (
        revision.objects.order_by("created_at")
        .values_list("post", "editor", "created_at")
        .iterator()
    ):
        known[post, user] = at
    for post, user, at in post_model.objects.values_list(
        "pk", "last_editor", "changed_at"
    ).iterator():
        known[post, user] = max(at, known.get((post, user), at))
    rows = (
        contribution(post_id=post, user_id=user, edited_at=at) for (post, user), at in known.items()
    )
    contribution.objects.bulk_create(rows, batch_size=2000)


def seal_earlier_approvals(apps, schema_editor):
    review_model, signature = (
        apps.get_model("posts", "Review"),
        apps.get_model("posts", "Signature"),
    )
    rows = []
    approved = review_model.objects.filter(
        decision="approved", signature__isnull=True
    ).select_related("revision")
    for review in approved.iterator(chunk_size=500):
        text = approvals.statement(
            revision=str(review.revision.public_id),
            content_sha256=review.content_sha256,
            channels=[target["channel"] for target in review.revision.content["channels"]],
            by=review.by_id,
            requested="",
            rendered_at=review.decided_at,
            nonce="",
        )
        rows.append(
            signature(review=review, **approvals.sign(text, approvals.Method.BEFORE)._asdict())
        )
    signature.objects.bulk_create(rows, batch_size=2000)


class Migration(migrations.Migration):
    dependencies = [("posts", "0008_signatures_and_contributions")]
    operations = [
        migrations.RunPython(note_editors, migrations.RunPython.noop),
        migrations.RunPython(seal_earlier_approvals, migrations.RunPython.noop),
        append_only("posts_signature"),
        refuse_truncate("posts_signature"),
        migrations.RunPython(keep_four_eyes, forget_four_eyes),
    ]
