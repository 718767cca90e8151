from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from audit.models import Entry
from posts.states import ENDS
from publishing.deliveries import schedules
from publishing.deliveries.messages import has_proved_approval
from publishing.models import Delivery
from publishing.states import IN_HAND, WAITING, State

_BATCH = 500


class Command(BaseCommand):
    help = (
        "Seal what was scheduled before schedules were sealed: once, at that update. Sealed is "
        "what the record tells in the same way and a proved approval stands behind. Prints what "
        "is not, which people schedule anew; exit code 1 if any."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        rows = Delivery.objects.filter(
            state__in=sorted(WAITING | IN_HAND | {State.VERIFYING}), seal=""
        )
        sealed, refused = 0, []
        for row in rows.select_related("revision", "channel").iterator(chunk_size=_BATCH):
            ended = row.revision.reviews.filter(decision__in=ENDS).exists()
            if not ended and _is_on_record(row) and has_proved_approval(row):
                schedules.seal(row, moved=schedules.count_moves([row.public_id]).total())
                row.save(update_fields=["key_id", "seal"])
                sealed += 1
            else:
                refused.append(row.public_id)
        for public_id in refused:
            self.stdout.write(f"{public_id}: nobody scheduled it so")
        summary = f"{sealed} schedules sealed, {len(refused)} not."
        if refused:
            raise CommandError(summary)
        self.stdout.write(summary)


def _is_on_record(row: Delivery) -> bool:
    """Tell whether the record knows the row's time as the last that was chosen, and no end."""
    longest = max(settings.PUBLISHING[name] for name in ("manual_seconds", "not_after_seconds"))
    chosen = Entry.objects.filter(
        object_type=Delivery._meta.label_lower,
        object_id=str(row.public_id),
        action__in=("delivery.scheduled", schedules.MOVED),
        data__has_key="due_at",
    )
    last = chosen.order_by("-at", "-pk").first()
    return (
        last is not None
        and datetime.fromisoformat(last.data["due_at"]) == row.due_at
        and row.not_after - row.due_at <= timedelta(seconds=longest)
        and not schedules.find_ended([row.public_id])
    )
