from django.db import migrations, models
from django.db.models import Q

from core.migration_operations import AddIndexOnline


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("posts", "0036_find_posts_by_texts_of_channels")]

    operations = [
        AddIndexOnline(
            "post",
            models.Index(
                fields=["unit", "id"],
                condition=~Q(state="draft", version=1, title="", body="") & ~Q(state="archived"),
                name="post_listed",
            ),
        )
    ]
