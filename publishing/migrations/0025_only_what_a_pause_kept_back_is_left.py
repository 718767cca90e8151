from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("publishing", "0024_when_it_was_left")]

    operations = [
        migrations.AddConstraint(
            "delivery",
            models.CheckConstraint(
                condition=Q(left_unpublished_at__isnull=True)
                | Q(state="expired", error_code="paused"),
                name="only_what_a_pause_kept_back_is_left",
            ),
        )
    ]
