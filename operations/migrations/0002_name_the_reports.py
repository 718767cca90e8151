from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    # The columns keep their names: workers of the former release still write to them. So the index
    # stays as it is, too.
    dependencies = [("operations", "0001_initial")]
    operations = [
        migrations.AlterField(
            "alarm", "tell_at", models.DateTimeField(db_column="tell_at", null=True)
        ),
        migrations.AlterField(
            "alarm", "tells", models.PositiveSmallIntegerField(db_column="tells", default=0)
        ),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveIndex("alarm", "alarm_to_tell"),
                migrations.RenameField("alarm", "tell_at", "report_at"),
                migrations.RenameField("alarm", "tells", "reports"),
                migrations.AddIndex(
                    "alarm",
                    models.Index(
                        condition=Q(report_at__isnull=False),
                        fields=["report_at"],
                        name="alarm_to_tell",
                    ),
                ),
            ]
        ),
    ]
