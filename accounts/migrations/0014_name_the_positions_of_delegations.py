from django.db import migrations, models


class Migration(migrations.Migration):
    # The columns keep their names: workers of the former release still write to them.
    dependencies = [("accounts", "0013_name_the_position")]
    operations = [
        migrations.AlterField(
            "delegation", "chief_held", models.CharField(db_column="chief_held", max_length=100)
        ),
        migrations.RenameField("delegation", "chief_held", "chief_position"),
        migrations.AlterField(
            "delegation", "deputy_held", models.CharField(db_column="deputy_held", max_length=100)
        ),
        migrations.RenameField("delegation", "deputy_held", "deputy_position"),
        migrations.AlterField(
            "delegation",
            "ended_held",
            models.CharField(blank=True, db_column="ended_held", max_length=150),
        ),
        migrations.RenameField("delegation", "ended_held", "ended_position"),
    ]
