from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("publishing", "0012_videos_ahead_of_time")]

    operations = [
        migrations.RemoveIndex("delivery", "delivery_doubtful"),
        migrations.AddIndex(
            "delivery",
            models.Index(
                fields=["verify_at"],
                condition=Q(state__in=["verifying", "recalling", "processing"]),
                name="delivery_doubtful",
            ),
        ),
    ]
