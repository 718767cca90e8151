from django.db import migrations, models
from django.db.models import Q

from core.migration_operations import AddIndexOnline


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("audit", "0007_index_what_is_looked_for")]

    operations = [
        AddIndexOnline(
            "entry",
            models.Index(
                fields=["-at"],
                condition=(
                    Q(action__startswith="account.")
                    | Q(action__startswith="unit.")
                    | Q(action__startswith="platform.")
                    | Q(action__startswith="channel.")
                )
                & Q(actor_id__isnull=False),
                name="audit_administration_at",
            ),
        )
    ]
