from django.db import migrations, models


class Migration(migrations.Migration):
    # The column keeps its name: workers of the former release still write to it.
    dependencies = [("publishing", "0034_blackouts")]
    operations = [
        migrations.AlterField(
            "recall", "post_held", models.CharField(db_column="post_held", max_length=150)
        ),
        migrations.RenameField("recall", "post_held", "position"),
    ]
