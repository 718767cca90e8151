from django.db import migrations, models

from channels.states import platforms


class Migration(migrations.Migration):
    dependencies = [("channels", "0009_names_known_so_far")]
    operations = [
        migrations.AlterField(model, "platform", models.CharField(choices=platforms, max_length=10))
        for model in ("channel", "connectattempt", "hookevent", "platformallowance")
    ]
