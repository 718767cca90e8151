from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("publishing", "0013_look_at_what_is_processed")]

    operations = [
        migrations.RemoveIndex("delivery", "delivery_litter"),
        migrations.AddIndex(
            "delivery",
            models.Index(
                fields=["platform"],
                condition=(
                    Q(state__in=["failed", "expired", "cancelled"])
                    | Q(state="recalled", verify_at__isnull=False)
                )
                & ~Q(draft_ref=""),
                name="delivery_litter",
            ),
        ),
    ]
