import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Point at the media in their new app: tables and rows stay as they are."""

    dependencies = [("posts", "0015_uploads_name_no_post"), ("media", "0001_initial")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField(
                    "postmedia",
                    "media",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="uses",
                        to="media.media",
                    ),
                ),
                migrations.AlterField(
                    "revisionmedia",
                    "media",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="revisions",
                        to="media.media",
                    ),
                ),
                migrations.DeleteModel("Upload"),
                migrations.DeleteModel("Media"),
            ]
        )
    ]
