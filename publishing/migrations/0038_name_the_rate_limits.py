from django.db import migrations


class Migration(migrations.Migration):
    # The table keeps its name: workers of the former release still use it.
    dependencies = [("publishing", "0037_name_the_unknown_outcomes")]
    operations = [
        migrations.AlterModelTable("gate", "publishing_gate"),
        migrations.RenameModel("Gate", "RateLimit"),
    ]
