from django.db import migrations, models
from django.utils import timezone


class Migration(migrations.Migration):
    # The columns keep their names: workers of the former release still write to them.
    dependencies = [("channels", "0022_name_unrecognised_posts")]
    operations = [
        migrations.AlterField(
            "channel", "looked_at", models.DateTimeField(db_column="looked_at", null=True)
        ),
        migrations.RenameField("channel", "looked_at", "last_checked_at"),
        migrations.AlterField(
            "channel",
            "look_at",
            models.DateTimeField(db_column="look_at", default=timezone.now),
        ),
        migrations.RenameField("channel", "look_at", "check_at"),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveIndex("channel", "channel_look"),
                migrations.AddIndex(
                    "channel",
                    models.Index(
                        fields=["platform", "check_at"],
                        condition=models.Q(health="connected"),
                        name="channel_look",
                    ),
                ),
            ]
        ),
    ]
