from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0008_partners")]

    operations = [
        migrations.AddField(
            model_name="kitversion",
            name="poster",
            field=models.JSONField(default=dict, db_default={}),
        ),
    ]
