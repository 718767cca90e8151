from django.db import migrations

from core.append_only import append_only, refuse_truncate


class Migration(migrations.Migration):
    replaces = [("oversight", "0003_digests")]
    dependencies = [("oversight", "0001_squashed_0002_matters")]
    operations = [
        append_only("oversight_matternote"),
        refuse_truncate("oversight_matternote"),
    ]
