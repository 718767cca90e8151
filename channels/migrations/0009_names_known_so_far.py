from django.db import migrations
from django.db.models import F


def take_as_known(apps, schema_editor):
    """Keep today's names of the pages: later changes are measured by them."""
    apps.get_model("channels", "Channel").objects.update(
        known_name=F("name"), known_handle=F("handle")
    )


class Migration(migrations.Migration):
    dependencies = [("channels", "0008_hook_events")]
    operations = [migrations.RunPython(take_as_known, migrations.RunPython.noop, elidable=True)]
