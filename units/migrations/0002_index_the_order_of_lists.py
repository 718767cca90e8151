from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("units", "0001_squashed_0005_leader_phone")]

    operations = [
        migrations.AddIndex("unit", models.Index(fields=["search"], name="unit_search")),
    ]
