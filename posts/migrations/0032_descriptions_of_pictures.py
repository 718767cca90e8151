from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from core.text import fold


def keep_descriptions(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Let the library begin with what posts say of its pictures; the newest post's words win."""
    media = apps.get_model("media", "Media")
    shown = apps.get_model("posts", "PostMedia").objects.exclude(alt_text="")
    said = dict(shown.order_by("post__changed_at", "pk").values_list("media_id", "alt_text"))
    batch = []
    for key, alt in said.items():
        batch.append(media(pk=key, alt_text=alt, search=fold(alt)))
        if len(batch) == 500:
            media.objects.bulk_update(batch, ["alt_text", "search"])
            batch = []
    media.objects.bulk_update(batch, ["alt_text", "search"])


class Migration(migrations.Migration):
    dependencies = [
        ("media", "0003_library"),
        ("posts", "0031_leak_rules"),
    ]

    operations = [migrations.RunPython(keep_descriptions, migrations.RunPython.noop)]
