from django.db import migrations, models
from django.db.models import Q

from core.migration_operations import AddIndexOnline


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("engagement", "0027_partition_counts")]

    operations = [
        AddIndexOnline(
            "dueday",
            models.Index(
                fields=["unit", "day"],
                include=["published", "due", "on_time", "failed", "last_post"],
                name="due_day_sums",
            ),
        ),
        AddIndexOnline(
            "writtenday",
            models.Index(fields=["unit", "day"], include=["posts"], name="written_day_sums"),
        ),
        AddIndexOnline(
            "postday",
            models.Index(
                fields=["campaign", "day"],
                include=["post", "unit", "reach", "clicks", "highest"],
                condition=Q(campaign__isnull=False),
                name="post_day_of_campaign",
            ),
        ),
        migrations.RemoveIndex("postday", "post_day_campaign"),
    ]
