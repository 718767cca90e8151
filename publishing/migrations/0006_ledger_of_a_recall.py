from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("publishing", "0005_who_answers_for_a_pause")]

    operations = [
        migrations.AddField(
            model_name="recall",
            name="finished_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                fields=["platform"],
                condition=Q(recall__isnull=False, state__in=["published", "scheduled"]),
                name="delivery_to_pull_back",
            ),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                fields=["platform"],
                condition=Q(state__in=["failed", "expired", "cancelled"]) & ~Q(draft_ref=""),
                name="delivery_litter",
            ),
        ),
    ]
