from django.db import migrations, models


class Migration(migrations.Migration):
    # The column keeps its name: workers of the former release still write to it.
    dependencies = [("audit", "0005_seal_earlier_entries")]
    operations = [
        migrations.AlterField(
            "entry",
            "post_held",
            models.CharField(blank=True, db_column="post_held", max_length=150),
        ),
        migrations.RenameField("entry", "post_held", "actor_position"),
    ]
