from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("publishing", "0022_seal_earlier_broadcasts")]

    operations = [
        migrations.AddField("delivery", "left_unpublished_at", models.DateTimeField(null=True))
    ]
