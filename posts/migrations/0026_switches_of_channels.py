from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("posts", "0025_name_the_requested_time")]
    operations = [
        migrations.AddField(
            "postchannel", "is_on", models.BooleanField(db_default=True, default=True)
        ),
        migrations.AddField(
            "postchannel", "by_hand", models.BooleanField(db_default=False, default=False)
        ),
    ]
