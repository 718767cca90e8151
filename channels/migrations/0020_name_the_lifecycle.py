from django.db import migrations, models

STATES = [
    ("active", "in use"),
    ("paused", "resting"),
    ("frozen", "to be confirmed"),
    ("taken_over", "in other hands"),
    ("retired", "closed"),
]


class Migration(migrations.Migration):
    # The columns keep their names: workers of the former release still write to them.
    dependencies = [("channels", "0019_name_the_position")]
    operations = [
        migrations.AlterField(
            "channel",
            "life",
            models.CharField(choices=STATES, db_column="life", default="active", max_length=10),
        ),
        migrations.RenameField("channel", "life", "lifecycle"),
        migrations.AlterField(
            "channel",
            "life_reason",
            models.CharField(blank=True, db_column="life_reason", max_length=500),
        ),
        migrations.RenameField("channel", "life_reason", "lifecycle_reason"),
        migrations.AlterField(
            "channel", "life_since", models.DateTimeField(db_column="life_since", null=True)
        ),
        migrations.RenameField("channel", "life_since", "lifecycle_since"),
    ]
