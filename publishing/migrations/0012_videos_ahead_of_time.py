from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("publishing", "0011_drafts_step_by_step")]

    operations = [
        migrations.AddField("delivery", "prepare_at", models.DateTimeField(null=True)),
        migrations.AddField(
            "delivery", "preparations", models.PositiveSmallIntegerField(db_default=0, default=0)
        ),
        migrations.AddIndex(
            "delivery",
            models.Index(
                fields=["platform", "prepare_at"],
                condition=Q(state="scheduled", prepare_at__isnull=False)
                & (Q(draft_ref="") | Q(draft_partial=True)),
                name="delivery_to_prepare",
            ),
        ),
    ]
