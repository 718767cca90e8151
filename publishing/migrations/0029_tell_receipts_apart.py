from django.db import migrations

_BATCH = 500
# What an officer's receipt began with, where the platform's own number stands; the row's own id followed.
PREFIXES = {"posted": "hand:", "seen": "seen:"}


def tell_apart(apps, schema_editor):
    rows = apps.get_model("publishing", "Delivery").objects
    for source, prefix in PREFIXES.items():
        rows.filter(remote_id__startswith=prefix).update(receipt_source=source, remote_id="")


def put_prefixes_back(apps, schema_editor):
    Delivery = apps.get_model("publishing", "Delivery")
    for source, prefix in PREFIXES.items():
        rows = Delivery.objects.filter(receipt_source=source, remote_id="")
        while some := list(rows.only("public_id").order_by("pk")[:_BATCH]):
            for row in some:
                row.remote_id = f"{prefix}{row.public_id}"
            Delivery.objects.bulk_update(some, ["remote_id"])


class Migration(migrations.Migration):
    dependencies = [("publishing", "0028_where_a_receipt_comes_from")]

    operations = [migrations.RunPython(tell_apart, put_prefixes_back, elidable=True)]
