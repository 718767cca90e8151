from django.db import migrations
from django.db.models import F
from django.utils import timezone

from audit.chain import FIELDS, START, link, seal

BATCH = 10_000


def seal_earlier(apps, schema_editor):
    """Write a linked entry with the digest of each ten thousand that carry no link: they cannot be changed to bear one.

    5 million take about two minutes and the memory of one batch.
    """
    entry_model, stream_model = apps.get_model("audit", "Entry"), apps.get_model("audit", "Stream")
    stored = [name for name in FIELDS if name != "actor_position"]  # named later
    last, length, head = 0, 0, START
    while batch := list(
        entry_model.objects.filter(stream=None, pk__gt=last)
        .order_by("pk")
        .values("pk", *stored, actor_position=F("post_held"))[:BATCH]
    ):
        first, last = batch[0]["pk"], batch[-1]["pk"]
        facts = {"first": first, "last": last, "count": len(batch), "digest": seal(batch)}
        row = dict.fromkeys(FIELDS, "") | {
            "at": timezone.now(),
            "actor_id": None,
            "action": "record.sealed",
        }
        row |= {"object_type": "audit.entry", "object_id": f"{first}-{last}", "data": facts}
        length, head = link([row], stream=0, length=length, head=head)
        row["post_held"] = row.pop("actor_position")
        entry_model.objects.create(**row)
    if length:
        stream_model.objects.update_or_create(number=0, defaults={"length": length, "head": head})


class Migration(migrations.Migration):
    dependencies = [("audit", "0004_link_entries")]
    operations = [migrations.RunPython(seal_earlier, migrations.RunPython.noop)]
