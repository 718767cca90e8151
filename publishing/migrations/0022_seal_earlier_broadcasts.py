"""Seal once the broadcasts that two people wanted before confirmations were sealed."""

from django.db import migrations

from posts.review.approvals import Method
from publishing.broadcasts import seals


def seal_earlier_broadcasts(apps, schema_editor):
    model = apps.get_model("publishing", "Broadcast")
    confirmed = model.objects.filter(confirmed_by__isnull=False, seal="").select_related(
        "delivery", "channel"
    )
    for row in confirmed.iterator(chunk_size=500):
        model.objects.filter(pk=row.pk).update(**seals.seal(row, Method.BEFORE))


class Migration(migrations.Migration):
    dependencies = [("publishing", "0021_broadcasts_are_sealed")]
    operations = [migrations.RunPython(seal_earlier_broadcasts, migrations.RunPython.noop)]
