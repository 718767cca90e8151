from django.db import migrations
from django.db.models import F


def confirm(apps, schema_editor):
    """Pages that were connected before a second person was asked go on; a page posted to by hand was never connected."""
    known = apps.get_model("channels", "Channel").objects.exclude(health="by_hand")
    known.filter(confirmed_at__isnull=True).update(confirmed_at=F("connected_at"))


class Migration(migrations.Migration):
    dependencies = [("channels", "0015_confirmed_pages")]

    operations = [migrations.RunPython(confirm, migrations.RunPython.noop, elidable=True)]
