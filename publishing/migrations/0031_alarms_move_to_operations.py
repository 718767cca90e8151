from django.db import migrations


class Migration(migrations.Migration):
    """Give the alarms to `operations`, which takes the table over as it is."""

    dependencies = [("publishing", "0030_every_receipt_has_a_source")]

    operations = [
        migrations.SeparateDatabaseAndState(state_operations=[migrations.DeleteModel("Alarm")])
    ]
