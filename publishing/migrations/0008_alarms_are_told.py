from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("publishing", "0007_fewer_indexes")]

    operations = [
        migrations.AddField("alarm", "seen_at", models.DateTimeField(null=True)),
        migrations.AddField("alarm", "tell_at", models.DateTimeField(null=True)),
        migrations.AddField("alarm", "tells", models.PositiveSmallIntegerField(default=0)),
        migrations.AddIndex(
            "alarm",
            models.Index(
                fields=["tell_at"],
                condition=models.Q(("tell_at__isnull", False)),
                name="alarm_to_tell",
            ),
        ),
    ]
