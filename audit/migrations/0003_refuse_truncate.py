from django.db import migrations

from core.append_only import refuse_truncate


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_append_only")]
    operations = [refuse_truncate("audit_entry")]
