import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def person() -> models.ForeignKey:
    return models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=django.db.models.deletion.PROTECT,
        related_name="+",
    )


class Migration(migrations.Migration):
    dependencies = [
        ("publishing", "0008_alarms_are_told"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField("freeze", "words", models.TextField(blank=True, max_length=500)),
        migrations.AddField("freeze", "frozen_by", person()),
        migrations.AddField("freeze", "known_until", models.DateTimeField(null=True)),
        migrations.AddField("freeze", "doubted_at", models.DateTimeField(null=True)),
        migrations.AddField("freeze", "release_asked_by", person()),
        migrations.AddField(
            "freeze", "release_words", models.TextField(blank=True, max_length=500)
        ),
    ]
