from django.db import migrations, models

import channels.states


class Migration(migrations.Migration):
    dependencies = [
        ("channels", "0009_names_known_so_far"),
    ]

    operations = [
        migrations.AlterField(
            model_name="channel",
            name="platform",
            field=models.CharField(choices=channels.states.platforms, max_length=10),
        ),
        migrations.AlterField(
            model_name="connectattempt",
            name="platform",
            field=models.CharField(choices=channels.states.platforms, max_length=10),
        ),
        migrations.AlterField(
            model_name="hookevent",
            name="platform",
            field=models.CharField(choices=channels.states.platforms, max_length=10),
        ),
        migrations.AlterField(
            model_name="platformallowance",
            name="platform",
            field=models.CharField(choices=channels.states.platforms, max_length=10),
        ),
    ]
