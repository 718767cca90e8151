"""Remove recovery codes that come from a stored seed; whoever had some is asked to make new ones, which are hashed."""

from django.db import migrations


def void_recovery_codes(apps, schema_editor):
    rows = apps.get_model("mfa", "Authenticator").objects.filter(type="recovery_codes")
    notice = apps.get_model("accounts", "Notice")
    notice.objects.bulk_create(
        notice(user_id=user, kind="factor_codes_void", address="/accounts/2fa/")
        for user in rows.values_list("user_id", flat=True)
    )
    rows.delete()


class Migration(migrations.Migration):
    dependencies = [("accounts", "0007_sessions"), ("mfa", "0003_authenticator_type_uniq")]

    operations = [
        migrations.RunPython(void_recovery_codes, migrations.RunPython.noop, elidable=True)
    ]
