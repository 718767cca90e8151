from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("publishing", "0027_each_state_bears_its_reason")]

    operations = [
        migrations.AddField(
            "delivery",
            "receipt_source",
            models.CharField(db_default="platform", default="platform", max_length=10),
        ),
        # They come again when the receipts have been told apart.
        migrations.RemoveConstraint("delivery", "published_has_a_receipt"),
        migrations.RemoveConstraint("delivery", "cancelled_never_visible"),
    ]
