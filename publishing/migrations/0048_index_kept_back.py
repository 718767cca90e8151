from django.db import migrations, models
from django.db.models import Q

from core.migration_operations import AddIndexOnline


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("publishing", "0047_shares_of_kits")]

    operations = [
        AddIndexOnline(
            "delivery",
            models.Index(
                fields=["due_at"],
                condition=Q(state="expired", error_code="paused", left_unpublished_at__isnull=True),
                name="delivery_kept_back",
            ),
        )
    ]
