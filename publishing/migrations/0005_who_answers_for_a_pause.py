import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

PERSON = {"null": True, "on_delete": django.db.models.deletion.PROTECT, "related_name": "+"}


class Migration(migrations.Migration):
    dependencies = [
        ("publishing", "0004_engine_at_the_limit"),
        ("units", "0002_former_names"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        # No default: the table was made by the migration before, and is empty.
        migrations.AddField(
            model_name="pause",
            name="authority",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="units.unit"
            ),
        ),
        migrations.AddField(
            model_name="pause",
            name="started_by",
            field=models.ForeignKey(to=settings.AUTH_USER_MODEL, **PERSON),
        ),
        migrations.AddField(
            model_name="pause",
            name="ended_by",
            field=models.ForeignKey(to=settings.AUTH_USER_MODEL, **PERSON),
        ),
    ]
