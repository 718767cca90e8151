"""Note since when accounts are disabled, as the record says; where it says nothing, the time runs from now."""

from django.db import migrations
from django.db.models import Max
from django.utils import timezone


def note(apps, schema_editor):
    user, entry = apps.get_model("accounts", "User"), apps.get_model("audit", "Entry")
    for pk, public_id in user.objects.filter(is_active=False, disabled_at=None).values_list(
        "pk", "public_id"
    ):
        acts = entry.objects.filter(
            object_type="accounts.user", object_id=str(public_id), action="account.disabled"
        )
        user.objects.filter(pk=pk).update(
            disabled_at=acts.aggregate(at=Max("at"))["at"] or timezone.now()
        )


class Migration(migrations.Migration):
    dependencies = [("accounts", "0009_leavers"), ("audit", "0005_seal_earlier_entries")]
    operations = [migrations.RunPython(note, migrations.RunPython.noop)]
