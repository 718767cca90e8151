import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    # The table keeps its name: workers of the former release still write to it.
    dependencies = [("channels", "0021_name_when_it_was_reported")]
    operations = [
        migrations.AlterModelTable("foreignpost", "channels_foreignpost"),
        migrations.RenameModel("ForeignPost", "UnrecognisedPost"),
        migrations.AlterField(
            "unrecognisedpost",
            "channel",
            models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="unrecognised_posts",
                to="channels.channel",
            ),
        ),
    ]
