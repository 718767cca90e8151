from django.db import migrations, models

from channels.states import platforms


class Migration(migrations.Migration):
    dependencies = [("publishing", "0015_broadcasts")]
    operations = [
        migrations.AlterField(model, "platform", models.CharField(choices=platforms, max_length=10))
        for model in ("delivery", "gate")
    ]
