from django.db import migrations


def as_recorded(apps, schema_editor):
    """The record tells for which unit it was decided; the page may have been handed over since."""
    units = dict(apps.get_model("units", "Unit").objects.values_list("path", "pk"))
    posts = (
        apps.get_model("channels", "ForeignPost")
        .objects.filter(decided_for__isnull=True)
        .exclude(verdict="")
    )
    decisions = apps.get_model("audit", "Entry").objects.filter(
        action__startswith="channel.foreign_", data__has_key="post"
    )
    for channel, data, path in decisions.values_list("object_id", "data", "unit_path"):
        posts.filter(channel__public_id=channel, external_id=data["post"]).update(
            decided_for=units.get(path)
        )


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_append_only"), ("channels", "0011_unit_that_decided")]
    operations = [migrations.RunPython(as_recorded, migrations.RunPython.noop, elidable=True)]
