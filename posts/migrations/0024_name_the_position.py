from django.db import migrations, models


class Migration(migrations.Migration):
    # The column keeps its name: workers of the former release still write to it.
    dependencies = [("posts", "0023_archived_at")]
    operations = [
        migrations.AlterField(
            "review", "post_held", models.CharField(db_column="post_held", max_length=150)
        ),
        migrations.RenameField("review", "post_held", "position"),
        migrations.AlterField(
            "comment", "post_held", models.CharField(db_column="post_held", max_length=150)
        ),
        migrations.RenameField("comment", "post_held", "position"),
    ]
