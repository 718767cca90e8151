import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("posts", "0014_fill_unit_and_purpose_of_uploads")]

    operations = [
        migrations.AlterField(
            "upload",
            "unit",
            models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="units.unit"
            ),
        ),
        migrations.RemoveField("upload", "post"),
        migrations.AddIndex(
            "upload", models.Index(fields=["purpose", "purpose_id"], name="upload_purpose")
        ),
    ]
