from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0014_name_the_positions_of_delegations")]

    operations = [
        migrations.AddField(
            "delegation",
            "end_notices",
            models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
    ]
