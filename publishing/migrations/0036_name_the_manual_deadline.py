from django.db import migrations, models


class Migration(migrations.Migration):
    # The column keeps its name: workers of the former release still write to it.
    dependencies = [("publishing", "0035_name_the_position")]
    operations = [
        migrations.AlterField(
            "delivery", "hand_until", models.DateTimeField(db_column="hand_until", null=True)
        ),
        migrations.RenameField("delivery", "hand_until", "manual_deadline"),
    ]
