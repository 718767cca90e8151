from django.db import migrations, models


class Migration(migrations.Migration):
    # The column keeps its name: workers of the former release still write to it.
    dependencies = [("posts", "0024_name_the_position")]
    operations = [
        migrations.AlterField(
            "post",
            "wanted_at",
            models.DateTimeField(
                blank=True,
                db_column="wanted_at",
                null=True,
                verbose_name="wanted time of publication",
            ),
        ),
        migrations.RenameField("post", "wanted_at", "requested_time"),
    ]
