from django.db import migrations, models


class Migration(migrations.Migration):
    # Table and column keep their names: workers of the former release still use them.
    dependencies = [("publishing", "0038_name_the_rate_limits")]
    operations = [
        migrations.AlterModelTable("pulse", "publishing_pulse"),
        migrations.RenameModel("Pulse", "Heartbeat"),
        migrations.AlterField("heartbeat", "rung_at", models.DateTimeField(db_column="rung_at")),
        migrations.RenameField("heartbeat", "rung_at", "last_seen_at"),
    ]
