from django.db import migrations


def forget(apps, schema_editor):
    """Remove the words of platforms: where there is a code, the portal has words of its own."""
    apps.get_model("channels", "Channel").objects.exclude(health_code__in=["", "unlinked"]).update(
        health_reason=""
    )


class Migration(migrations.Migration):
    dependencies = [("channels", "0013_longer_platform_codes")]

    operations = [migrations.RunPython(forget, migrations.RunPython.noop, elidable=True)]
