"""Keep with a picture what it was drawn from."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("media", "0005_edited_pictures"),
    ]

    operations = [
        migrations.CreateModel(
            name="Card",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("look", models.CharField(max_length=20)),
                ("format", models.CharField(max_length=10)),
                ("words", models.JSONField()),
                ("drawn_at", models.DateTimeField()),
                (
                    "media",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="card",
                        to="media.media",
                    ),
                ),
            ],
        ),
    ]
