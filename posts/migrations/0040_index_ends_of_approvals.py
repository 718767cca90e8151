from django.db import migrations, models
from django.db.models import Q

from core.migration_operations import AddIndexOnline


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("posts", "0039_ended_approvals")]

    operations = [
        AddIndexOnline(
            "review",
            models.Index(
                fields=["revision"],
                condition=Q(decision__in=["ended", "undone"]),
                name="ends_of_approvals",
            ),
        )
    ]
