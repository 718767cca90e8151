from django.db import migrations, models


class Migration(migrations.Migration):
    # The column keeps its name: workers of the former release still write to it.
    dependencies = [("publishing", "0036_name_the_manual_deadline")]
    operations = [
        migrations.AlterField(
            "freeze", "doubted_at", models.DateTimeField(db_column="doubted_at", null=True)
        ),
        migrations.RenameField("freeze", "doubted_at", "marked_unknown_at"),
    ]
