"""Guard accounts and factors against roles that only remove them."""

from pathlib import Path

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial"), ("mfa", "0003_authenticator_type_uniq")]

    operations = [
        migrations.RunSQL(Path(__file__).with_name("triggers.sql").read_text()),
    ]
