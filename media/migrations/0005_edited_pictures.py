"""Note of a picture what it was made from, what was blurred out of it, and its focus."""

import django.db.models.deletion
from django.db import migrations, models

from core.append_only import with_triggers_aside


class Migration(migrations.Migration):
    dependencies = [("media", "0004_scans")]

    operations = with_triggers_aside(
        [
            migrations.AddField("media", "blurred_at", models.DateTimeField(null=True)),
            migrations.AddField("media", "focus_x", models.PositiveSmallIntegerField(null=True)),
            migrations.AddField("media", "focus_y", models.PositiveSmallIntegerField(null=True)),
            migrations.AddField(
                "media",
                "made_from",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.SET_NULL,
                    related_name="edited",
                    to="media.media",
                ),
            ),
            migrations.AddIndex(
                "media",
                models.Index(
                    condition=models.Q(("blurred_at__isnull", False)),
                    fields=["blurred_at"],
                    name="media_blurred",
                ),
            ),
        ]
    )
