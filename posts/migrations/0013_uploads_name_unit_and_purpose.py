import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("posts", "0012_note_what_revisions_show"),
        ("units", "0003_records_outlive_units"),
    ]

    operations = [
        migrations.AddField(
            "upload",
            "purpose",
            models.CharField(max_length=20, default="post"),
            preserve_default=False,
        ),
        migrations.AddField("upload", "purpose_id", models.UUIDField(null=True)),
        migrations.AddField(
            "upload",
            "unit",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="units.unit",
            ),
        ),
    ]
