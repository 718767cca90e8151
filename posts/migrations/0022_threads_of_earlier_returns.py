from django.db import migrations


def fill(apps, schema_editor):
    """Open a thread for each return that was decided before there were threads."""
    Review, Thread = apps.get_model("posts", "Review"), apps.get_model("posts", "Thread")
    returns = Review.objects.filter(decision="returned", thread__isnull=True)
    rows = returns.values_list("pk", "revision_id", "decided_at").iterator(chunk_size=1000)
    batch = []
    for review, revision, at in rows:
        batch.append(Thread(review_id=review, revision_id=revision, begun_at=at))
        if len(batch) == 1000:
            Thread.objects.bulk_create(batch)
            batch = []
    Thread.objects.bulk_create(batch)


class Migration(migrations.Migration):
    dependencies = [("posts", "0021_discussion")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
