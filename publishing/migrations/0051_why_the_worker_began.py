from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("publishing", "0050_start_of_the_worker")]

    operations = [
        migrations.AddField(
            "heartbeat", "process", models.CharField(default="", db_default="", max_length=32)
        ),
        migrations.AddField(
            "heartbeat", "version", models.CharField(default="", db_default="", max_length=12)
        ),
        migrations.AddField("heartbeat", "stopped_at", models.DateTimeField(null=True)),
        migrations.AddField(
            "heartbeat",
            "former_end",
            models.CharField(
                choices=[("", "Unknown"), ("orderly", "Orderly"), ("abrupt", "Abrupt")],
                default="",
                db_default="",
                max_length=8,
            ),
        ),
        migrations.AddField(
            "heartbeat", "is_new_version", models.BooleanField(default=False, db_default=False)
        ),
    ]
