from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("publishing", "0016_platforms_of_the_registry")]

    operations = [migrations.AddField("delivery", "session", models.IntegerField(null=True))]
