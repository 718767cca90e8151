from django.db import migrations, models

from core.migration_operations import AddIndexOnline


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("audit", "0008_index_administration")]

    operations = [
        AddIndexOnline(
            "entry",
            models.Index(
                fields=["unit_path", "-at"],
                name="audit_path_at",
                opclasses=["varchar_pattern_ops", "timestamptz_ops"],
            ),
        ),
        migrations.RemoveIndex("entry", "audit_unit_at"),
    ]
