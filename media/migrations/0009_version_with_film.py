from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("media", "0008_film_edits")]

    operations = [
        migrations.AddField(
            model_name="filmedit",
            name="purpose_version",
            field=models.PositiveIntegerField(null=True),
        ),
    ]
