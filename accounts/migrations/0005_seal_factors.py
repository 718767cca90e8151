"""Seal what was stored in clear: secrets of one-time codes, seeds of recovery codes."""

import base64

from django.db import migrations

from core.sealing import Unsealable, seal, unseal

ROW = "factor"


def _is_sealed(text):
    try:
        unseal(base64.b64decode(text, validate=True), row=ROW)
    except (ValueError, Unsealable):
        return False
    return True


def seal_factors(apps, schema_editor):
    for factor in apps.get_model("mfa", "Authenticator").objects.filter(
        type__in=["totp", "recovery_codes"]
    ):
        names = [
            name
            for name in ("secret", "seed")
            if name in factor.data and not _is_sealed(factor.data[name])
        ]
        for name in names:
            factor.data[name] = base64.b64encode(
                seal({"text": factor.data[name]}, row=ROW)
            ).decode()
        if names:
            factor.save(update_fields=["data"])


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_confirmed_appointments"),
        ("mfa", "0003_authenticator_type_uniq"),
    ]

    operations = [migrations.RunPython(seal_factors, migrations.RunPython.noop, elidable=True)]
