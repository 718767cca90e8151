"""The checks that content is the approved one, asked about all deliveries of a claim at once."""

import logging
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, Self

from platforms.errors import Rejected
from posts.canonical import content
from posts.kit_placeholders import find_invalid_values, find_unproved_kits
from posts.leak_rules.enforcement import find_held_back
from posts.review.queries import approved_channels
from publishing.deliveries import schedules
from publishing.deliveries.limits import serialise_invalid_value
from publishing.engine.batch import ClaimedDelivery
from publishing.states import Reason

log = logging.getLogger(__name__)


class Source(NamedTuple):
    """The columns that message and account are made of; not kept once they are made."""

    unit_id: int
    approved_sha256: str
    due_at: datetime
    scheduled_by: int
    key_id: str
    seal: str
    revision_id: uuid.UUID
    approved: dict[str, Any]
    revision_key: int
    channel_id: uuid.UUID
    channel_unit_id: int
    external_id: str
    handle: str
    sealed: bytes | memoryview


# A claimed delivery, and what its message is made of.
Claimed = tuple[ClaimedDelivery, Source]


class Refusal(NamedTuple):
    """The reason for not sending a delivery, as `Results.fail` takes it."""

    reason: Reason
    error: Rejected


@dataclass(frozen=True, slots=True)
class ContentChecks:
    """Answers about the content of claimed deliveries, one query or few for all of them."""

    leaking_revisions: Collection[int]
    # The label of a placeholder of the kit with an invalid value, by delivery.
    invalid_values: Mapping[int, str]
    # The channels whose approval a signed statement proves, by revision.
    approved_channels: Mapping[uuid.UUID, frozenset[str]]
    # Deliveries that nobody scheduled for this page and time, or that ended.
    unproved_schedules: Collection[uuid.UUID]
    # Deliveries from a kit whose own approval is not proved.
    unproved_kits: Collection[int]

    @classmethod
    def load(cls, claimed: Sequence[Claimed], *, now: datetime) -> Self:
        unit_paths = {source.revision_key: delivery.unit_path for delivery, source in claimed}
        contents = {delivery.pk: source.approved for delivery, source in claimed}
        return cls(
            leaking_revisions=find_held_back(unit_paths, now=now),
            invalid_values=find_invalid_values(contents),
            approved_channels=approved_channels({source.revision_id for _row, source in claimed}),
            unproved_schedules=schedules.find_unproved(
                _schedule_of(delivery, source) for delivery, source in claimed
            ),
            unproved_kits=find_unproved_kits(contents),
        )

    def find_refusal(self, delivery: ClaimedDelivery, source: Source) -> Refusal | None:
        """Return why the content may not be sent; None when it is the approved one."""
        if source.revision_key in self.leaking_revisions:
            # A rule of the leak check became stricter since the approval.
            return Refusal(Reason.LEAK, Rejected())
        if label := self.invalid_values.get(delivery.pk):
            error = Rejected(code="kit_gap")
            # Our own text: a platform's would be redacted.
            error.detail = serialise_invalid_value(label)
            return Refusal(Reason.DOES_NOT_FIT, error)
        if content.digest(source.approved) != source.approved_sha256:
            return Refusal(Reason.CONTENT_CHANGED, Rejected())
        if str(source.channel_id) not in self.approved_channels.get(source.revision_id, ()):
            # No row says by itself that somebody approved: the statement that the approver signed
            # does.
            log.error("delivery %s: its approval is not proved", delivery.public_id)
            return Refusal(Reason.NOT_APPROVED, Rejected())
        # The engine moves `fire_at` itself, and only to later; not_after is a person's.
        is_early = delivery.fire_at < source.due_at
        if is_early or delivery.public_id in self.unproved_schedules:
            log.error("delivery %s: its page and time are not proved", delivery.public_id)
            return Refusal(Reason.NOT_APPROVED, Rejected())
        if delivery.pk in self.unproved_kits:
            log.error("delivery %s: the approval of its kit is not proved", delivery.public_id)
            return Refusal(Reason.NOT_APPROVED, Rejected())
        return None


def _schedule_of(delivery: ClaimedDelivery, source: Source) -> schedules.Schedule:
    return schedules.Schedule(
        delivery.public_id,
        source.revision_id,
        source.channel_id,
        source.approved_sha256,
        source.due_at,
        delivery.not_after,
        source.scheduled_by,
        source.key_id,
        source.seal,
    )
