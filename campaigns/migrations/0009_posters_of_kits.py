from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0008_topics_and_append_only_results")]

    operations = [
        migrations.AddField(
            model_name="kitversion",
            name="poster",
            field=models.JSONField(default=dict, db_default={}),
        ),
    ]
