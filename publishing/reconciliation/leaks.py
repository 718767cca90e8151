"""Stop scheduled content that a rule of the leak check holds back since it became stricter."""

import time
from datetime import timedelta
from itertools import batched

from django.db import transaction

from core.clock import Clock, database_now
from posts.leak_rules.services import find_held_back
from publishing.deliveries.claims import skip_locked
from publishing.deliveries.leaks import fail_deliveries_with_leaks
from publishing.models import Delivery
from publishing.reconciliation.reconcile import BATCH
from publishing.states import State

# So long before its hour content is checked by the rules as they are: its unit has time to change
# it, and the engine finds it checked.
CHECKED_AHEAD = timedelta(days=1)
# Seconds after which a run leaves the rest to the next one: a new set of rules reads everything.
_LONGEST_RUN = 20.0
_AT_ONCE = 200


def stop_leaks(*, clock: Clock = database_now) -> int:
    """Check what goes out within a day, the soonest first; return how many deliveries it ended."""
    now, begun = clock(), time.monotonic()
    ahead = Delivery.objects.filter(state=State.SCHEDULED, fire_at__lte=now + CHECKED_AHEAD)
    soonest = dict(ahead.order_by("fire_at", "pk").values_list("revision", "unit__path"))
    held: set[int] = set()
    for some in batched(soonest.items(), _AT_ONCE):
        held |= find_held_back(dict(some), now=now)
        if time.monotonic() - begun > _LONGEST_RUN:
            break
    if not held:
        return 0
    with transaction.atomic():
        waiting = skip_locked().filter(state=State.SCHEDULED, revision__in=held)
        rows = list(waiting.select_related("unit", "channel", "post")[:BATCH])
        return len(fail_deliveries_with_leaks(rows, now=now))
