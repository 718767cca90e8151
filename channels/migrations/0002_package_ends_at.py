from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("channels", "0001_squashed_0025_page_changes")]

    operations = [
        migrations.AddField("channel", "package_ends_at", models.DateTimeField(null=True))
    ]
