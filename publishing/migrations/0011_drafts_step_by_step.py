from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """A draft with videos is made in steps: what there was before is whole, as the column's default says."""

    dependencies = [("publishing", "0010_more_platforms")]

    operations = [
        migrations.AlterField("delivery", "draft_ref", models.TextField(blank=True)),
        migrations.AddField(
            "delivery", "draft_partial", models.BooleanField(db_default=False, default=False)
        ),
        migrations.AddConstraint(
            "delivery",
            models.CheckConstraint(
                condition=Q(draft_partial=False) | (~Q(draft_ref="") & ~Q(state="committing")),
                name="only_whole_drafts_are_shown",
            ),
        ),
    ]
