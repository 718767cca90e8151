from django.db import migrations, models


class Migration(migrations.Migration):
    # The column keeps its name: workers of the former release still write to it.
    dependencies = [("accounts", "0012_delegations")]
    operations = [
        migrations.AlterField(
            "appointment",
            "title",
            models.CharField(blank=True, max_length=100, verbose_name="position"),
        ),
        migrations.AlterField(
            "waiver", "post_held", models.CharField(db_column="post_held", max_length=150)
        ),
        migrations.RenameField("waiver", "post_held", "position"),
    ]
