"""Deliveries of posts in whose kit's gaps something else stands than they ask for."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from posts.kit_words import find_misfits
from publishing.deliveries.limits import serialise_gap, violation_sentence
from publishing.deliveries.notices import notify_schedulers
from publishing.deliveries.transitions import move_many
from publishing.models import Delivery
from publishing.states import Reason, State


@transaction.atomic
def fail_deliveries_with_wrong_gaps(rows: Sequence[Delivery], *, now: datetime) -> set[int]:
    """End those of ``rows`` that a gap of their kit keeps from going out, and notify their units;
    return their keys. The rows are locked, with unit, post, channel and revision.
    """
    labels = find_misfits({row.pk: row.revision.content for row in rows})
    stopped = [row for row in rows if row.pk in labels]
    details = {pk: serialise_gap(label) for pk, label in labels.items()}
    moved = move_many(
        stopped,
        State.FAILED,
        now=now,
        each={pk: {"error_detail": detail} for pk, detail in details.items()},
        error_code=Reason.DOES_NOT_FIT,
        platform_code="kit_gap",
    )
    for row in stopped:
        if row.pk in moved:
            sentence = violation_sentence(details[row.pk], page=str(row.channel))
            notify_schedulers(row, "delivery_failed", reason=sentence)
    return {row.pk for row in stopped}
