from django.db import migrations, models


class Migration(migrations.Migration):
    # The column keeps its name: workers of the former release still write to it.
    dependencies = [("channels", "0018_records_outlive_units")]
    operations = [
        migrations.AlterField(
            "foreignpost",
            "post_held",
            models.CharField(blank=True, db_column="post_held", max_length=150),
        ),
        migrations.RenameField("foreignpost", "post_held", "position"),
    ]
