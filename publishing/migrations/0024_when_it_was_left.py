from django.db import migrations

_BATCH = 500


def say_when(apps, schema_editor):
    """That somebody left it unpublished was a reason of its own, and when stands in the audit log alone."""
    Delivery = apps.get_model("publishing", "Delivery")
    Entry = apps.get_model("audit", "Entry")
    left = Delivery.objects.filter(state="expired", error_code="left")
    while rows := list(left.order_by("pk")[:_BATCH]):
        ids = [str(row.public_id) for row in rows]
        entries = Entry.objects.filter(
            object_type="publishing.delivery", object_id__in=ids, action="delivery.left"
        )
        moments = dict(entries.order_by("at").values_list("object_id", "at"))
        for row in rows:
            row.error_code = "paused"
            row.left_unpublished_at = moments.get(str(row.public_id), row.not_after)
        Delivery.objects.bulk_update(rows, ["error_code", "left_unpublished_at"])


def say_so_in_the_reason(apps, schema_editor):
    Delivery = apps.get_model("publishing", "Delivery")
    Delivery.objects.filter(left_unpublished_at__isnull=False).update(error_code="left")


class Migration(migrations.Migration):
    dependencies = [
        ("publishing", "0023_left_unpublished_at"),
        ("audit", "0005_seal_earlier_entries"),
    ]

    operations = [migrations.RunPython(say_when, say_so_in_the_reason, elidable=True)]
