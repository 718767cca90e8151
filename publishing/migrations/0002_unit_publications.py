"""Index what a unit published by its day, for figures of days that changed."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("channels", "0001_initial"),
        ("posts", "0002_triggers"),
        ("publishing", "0001_initial"),
        ("units", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("published_at__isnull", False)),
                fields=["unit", "published_at"],
                name="delivery_unit_published",
            ),
        ),
    ]
