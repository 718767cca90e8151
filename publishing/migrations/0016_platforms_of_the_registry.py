from django.db import migrations, models

import channels.states


class Migration(migrations.Migration):
    dependencies = [
        ("publishing", "0015_broadcasts"),
    ]

    operations = [
        migrations.AlterField(
            model_name="delivery",
            name="platform",
            field=models.CharField(choices=channels.states.platforms, max_length=10),
        ),
        migrations.AlterField(
            model_name="gate",
            name="platform",
            field=models.CharField(choices=channels.states.platforms, max_length=10),
        ),
    ]
