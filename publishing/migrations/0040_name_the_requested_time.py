from django.db import migrations, models


class Migration(migrations.Migration):
    # The column keeps its name: workers of the former release still write to it.
    dependencies = [("publishing", "0039_name_the_heartbeats")]
    operations = [
        migrations.AlterField(
            "broadcast", "wanted_at", models.DateTimeField(db_column="wanted_at", null=True)
        ),
        migrations.RenameField("broadcast", "wanted_at", "requested_time"),
    ]
