import uuid
from itertools import batched
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Q

from posts.canonical import content
from posts.kit_placeholders import find_unproved_kits
from posts.review.queries import approved_channels
from publishing.broadcasts.seals import is_sealed
from publishing.deliveries.queries import find_unrecorded
from publishing.deliveries.schedules import find_unproved, schedule_of
from publishing.models import Broadcast, Delivery
from publishing.states import ENDED, IN_HAND, WAITING, BroadcastState

_BATCH = 500
_NAMED = 20


def _broadcasts() -> tuple[int, list[uuid.UUID]]:
    """Count the broadcasts that were sent or will be, and find those whose confirmation is not
    proved.
    """
    condition = Q(sending_at__isnull=False) | Q(state=BroadcastState.CONFIRMED)
    number, unsealed = 0, []
    for row in (
        Broadcast.objects.filter(condition)
        .select_related("delivery", "channel")
        .iterator(chunk_size=_BATCH)
    ):
        number += 1
        if not is_sealed(row):
            unsealed.append(row.public_id)
    return number, unsealed


def _unscheduled() -> list[uuid.UUID]:
    """Find what is on its way and nobody scheduled so, or has ended already."""
    rows = Delivery.objects.filter(state__in=sorted(WAITING | IN_HAND)).order_by("pk")
    rows = rows.select_related("revision", "channel").defer("revision__content")
    unscheduled = []
    for batch in batched(rows.iterator(chunk_size=_BATCH), _BATCH):
        unproved = find_unproved(map(schedule_of, batch))
        unscheduled += [row.public_id for row in batch if row.public_id in unproved]
    return unscheduled


class Command(BaseCommand):
    help = (
        "Prove from the database and APPROVAL_KEY that a person approved all that was published or "
        "is on its way, with this content and for this channel; that somebody scheduled what is on "
        "its way; and that the record knows all of it. Prints the first that are not proved and a "
        "summary; exit code 1 if any."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        rows = Delivery.objects.filter(
            Q(published_at__isnull=False) | ~Q(state__in=sorted(ENDED))
        ).order_by("pk")
        columns = (
            *("pk", "public_id", "content_sha256", "channel__public_id"),
            *("revision__public_id", "revision__content_sha256", "revision__content"),
        )
        last, checked, unproved = 0, 0, []
        while batch := list(rows.filter(pk__gt=last).values_list(*columns)[:_BATCH]):
            last = batch[-1][0]
            checked += len(batch)
            proved = approved_channels({row[4] for row in batch})
            without_kit = find_unproved_kits({row[0]: row[-1] for row in batch})
            for pk, delivery, sha256, channel, revision, stored_sha256, stored in batch:
                same = sha256 == stored_sha256 == content.digest(stored)
                if pk in without_kit:
                    unproved.append((delivery, "no approval proves its kit"))
                elif not same or str(channel) not in proved.get(revision, ()):
                    unproved.append(
                        (
                            delivery,
                            "the content was changed" if not same else "no approval proves it",
                        )
                    )
        broadcasts, unsealed = _broadcasts()
        unproved += [
            (f"broadcast {public_id}", "no confirmation proves it") for public_id in unsealed
        ]
        unproved += [(public_id, "nobody scheduled it so") for public_id in _unscheduled()]
        unproved += [
            (public_id, "the record does not know its state")
            for public_id in find_unrecorded(rows).values_list("public_id", flat=True)
        ]
        for delivery, why in unproved[:_NAMED]:
            self.stdout.write(f"{delivery}: {why}")
        result = f"{checked} publications and {broadcasts} broadcasts looked at"
        summary = f"{result}, {len(unproved)} not proved."
        if unproved:
            raise CommandError(summary)
        self.stdout.write(summary)
