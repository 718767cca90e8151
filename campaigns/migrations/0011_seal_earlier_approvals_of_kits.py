from django.db import migrations

from campaigns.kits import seals


def seal(apps, _schema_editor):
    """Seal once what was approved before: its record says that nobody proved a factor for it."""
    versions = apps.get_model("campaigns", "KitVersion").objects
    for version in versions.filter(approved_by__isnull=False, seal="").iterator(chunk_size=200):
        versions.filter(pk=version.pk).update(**seals.seal(version, seals.BEFORE))


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0010_approvals_of_kits_are_sealed")]

    operations = [migrations.RunPython(seal, migrations.RunPython.noop)]
