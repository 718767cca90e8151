from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("engagement", "0022_notes_on_dashboards")]

    operations = [
        migrations.AddField(
            model_name="readinguse",
            name="used_for_pages",
            field=models.PositiveIntegerField(default=0),
        )
    ]
