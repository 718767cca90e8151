from django.db import migrations, models

from core.append_only import with_triggers_aside


class Migration(migrations.Migration):
    dependencies = [("publishing", "0048_index_kept_back")]

    operations = with_triggers_aside(
        [
            migrations.AddField(
                "delivery", "key_id", models.CharField(blank=True, db_default="", max_length=16)
            ),
            migrations.AddField(
                "delivery", "seal", models.CharField(blank=True, db_default="", max_length=64)
            ),
        ]
    )
