import django.db.models.deletion
from django.db import migrations, models

from core.append_only import append_only, refuse_truncate


class Migration(migrations.Migration):
    dependencies = [("posts", "0009_four_eyes_and_signatures")]

    operations = [
        migrations.CreateModel(
            name="SignedList",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("statement", models.TextField()),
                ("method", models.CharField(max_length=10)),
                ("assertion", models.JSONField(null=True)),
                ("key_id", models.CharField(max_length=16)),
                ("seal", models.CharField(max_length=64)),
            ],
        ),
        migrations.AddField(
            model_name="signature",
            name="listed",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="signatures",
                to="posts.signedlist",
            ),
        ),
        append_only("posts_signedlist"),
        refuse_truncate("posts_signedlist"),
    ]
