from django.db import migrations, models


class Migration(migrations.Migration):
    # The column keeps its name: workers of the former release still write to it.
    dependencies = [("channels", "0020_name_the_lifecycle")]
    operations = [
        migrations.AlterField(
            "hookevent", "told_at", models.DateTimeField(db_column="told_at", null=True)
        ),
        migrations.RenameField("hookevent", "told_at", "reported_at"),
    ]
