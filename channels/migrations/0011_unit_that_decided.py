import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("channels", "0010_platforms_of_the_registry"), ("units", "0002_former_names")]
    operations = [
        migrations.AddField(
            "foreignpost",
            "decided_for",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="units.unit",
            ),
        )
    ]
