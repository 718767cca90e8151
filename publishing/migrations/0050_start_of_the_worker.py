from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("publishing", "0049_seal_schedules")]

    operations = [
        migrations.AddField("heartbeat", "started_at", models.DateTimeField(null=True)),
    ]
