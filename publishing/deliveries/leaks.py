"""Deliveries whose approved content a rule of the leak check holds back now."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from posts.leak_rules.enforcement import find_held_back
from publishing.deliveries.notices import notify_schedulers
from publishing.deliveries.transitions import move_many
from publishing.models import Delivery
from publishing.states import Reason, State


def leak_sentence() -> str:
    return _(
        "a rule against the leak of personal data and secrets became stricter since the approval. "
        "Open the post for editing"
    )


@transaction.atomic
def fail_deliveries_with_leaks(rows: Sequence[Delivery], *, now: datetime) -> set[int]:
    """End those of ``rows`` that the rules of today hold back, and notify their units; return their
    keys. The rows are locked, with unit, post and channel.
    """
    held = find_held_back({row.revision_id: row.unit.path for row in rows}, now=now)
    stopped = [row for row in rows if row.revision_id in held]
    moved = move_many(stopped, State.FAILED, now=now, error_code=Reason.LEAK)
    for row in stopped:
        if row.pk in moved:
            notify_schedulers(row, "delivery_failed", reason=leak_sentence())
    return {row.pk for row in stopped}
