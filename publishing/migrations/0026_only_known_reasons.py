from django.db import migrations

# What each state may bear, and what it bears where earlier versions left something else: mostly the reason of a step
# that the delivery has left behind since. The audit log keeps them all.
DELIVERIES = {
    "scheduled": ["", "later", "access"],
    "claimed": [""],
    "staged": [""],
    "committing": [""],
    "processing": ["", "in_app"],
    "verifying": ["unknown"],
    "needs_person": ["unknown", "processing", "in_app", "withdraw_by_hand", "withdraw_failed"],
    "by_hand": [""],
    "published": ["", "in_app"],
    "recalling": ["", "stopped", "taken_down", "access"],
    "recalled": ["", "hidden", "by_hand"],
    "failed": [
        "other",
        "refused",
        "does_not_fit",
        "too_many_tries",
        "content_changed",
        "not_approved",
        "not_there",
    ],
    "expired": ["expired", "paused"],
    "cancelled": ["", "stopped", "channel_left"],
}
BROADCASTS = {
    "planned": [""],
    "confirmed": ["", "later"],
    "sending": ["", "later"],
    "unknown": ["unknown", "died", "restored"],
    "sent": [""],
    "failed": ["refused", "access", "too_late", "not_standing", "not_approved", "not_there"],
    "cancelled": ["", "unconfirmed", "restored"],
}


def put_right(apps, schema_editor):
    """The first of a state's reasons is what a stray one becomes."""
    for name, table in (("Delivery", DELIVERIES), ("Broadcast", BROADCASTS)):
        rows = apps.get_model("publishing", name).objects
        for state, reasons in table.items():
            rows.filter(state=state).exclude(error_code__in=reasons).update(error_code=reasons[0])


class Migration(migrations.Migration):
    dependencies = [("publishing", "0025_only_what_a_pause_kept_back_is_left")]

    operations = [migrations.RunPython(put_right, migrations.RunPython.noop, elidable=True)]
