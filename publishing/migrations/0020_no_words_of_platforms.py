from django.db import migrations


def forget(apps, schema_editor):
    """The code has words of its own. What does not fit is kept as a limit's name and number, which nobody wrote."""
    for name in ("Delivery", "Broadcast"):
        rows = apps.get_model("publishing", name).objects.exclude(error_detail="")
        rows.exclude(error_code="does_not_fit").update(error_detail="")
    apps.get_model("publishing", "Attempt").objects.exclude(detail="").update(detail="")
    notices = apps.get_model("accounts", "Notice").objects.filter(
        kind="delivery_failed", facts__reason__icontains="“"
    )
    for notice in notices.iterator(chunk_size=500):
        notice.facts["reason"] = "…"
        notice.save(update_fields=["facts"])


class Migration(migrations.Migration):
    dependencies = [("publishing", "0019_refused_unproved"), ("accounts", "0006_factor_reset")]

    operations = [migrations.RunPython(forget, migrations.RunPython.noop, elidable=True)]
