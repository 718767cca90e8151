"""The deliveries that one run has claimed, each in one of four sets.

    claimed → staging ⇄ waiting → ready → in flight → written back

What has no invisible draft to be made goes straight to ``ready``.
"""

import contextlib
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from media.models import Media
from platforms.messages import Account, Message
from publishing.states import Reason


@dataclass(slots=True, eq=False)
class ClaimedDelivery:
    """A claimed delivery with all that its calls need, and no more: a run holds thousands of
    them.
    """

    pk: int
    public_id: uuid.UUID
    unit_path: str
    channel_id: int
    attempt: int
    state: str
    fire_at: datetime
    not_after: datetime
    draft_ref: str
    draft_partial: bool
    prepare_at: datetime | None
    preparations: int
    error_code: str = Reason.NONE
    # Set when it is loaded, before it enters a batch.
    account: Account = field(init=False, repr=False)
    message: Message = field(init=False, repr=False)
    videos: Sequence[Media] = ()  # whose bytes the platform still has to get
    has_new_draft: bool = False  # this run has made its draft, or seen that it is whole
    next_step_at: float = 0.0  # while it waits for its draft's next step; on the monotonic clock

    @property
    def tries(self) -> int:
        return self.attempt - self.preparations

    @property
    def is_staged(self) -> bool:
        return bool(self.draft_ref) and not self.draft_partial

    @property
    def picture_bytes(self) -> int:
        return sum(len(image.content) for image in self.message.images)


class Batch:
    """Own the claimed deliveries of one run, by primary key. Only the methods change the sets.

    ``staging``: a call makes their invisible draft, or its next step, now. ``waiting``: for their
    draft's next step. ``ready``: for their second. ``in_flight``: for the answer to their visible
    call.
    """

    def __init__(self) -> None:
        self.staging: dict[int, ClaimedDelivery] = {}
        self.waiting: dict[int, ClaimedDelivery] = {}
        self.ready: dict[int, ClaimedDelivery] = {}
        self.in_flight: dict[int, ClaimedDelivery] = {}

    def __len__(self) -> int:
        return len(self.staging) + len(self.waiting) + len(self.ready) + len(self.in_flight)

    def __contains__(self, pk: int) -> bool:
        return pk in self.in_flight or pk in self.ready or pk in self.staging or pk in self.waiting

    def __iter__(self) -> Iterator[ClaimedDelivery]:
        yield from self.not_begun()
        yield from self.in_flight.values()

    def not_begun(self) -> Iterator[ClaimedDelivery]:
        """Return those whose visible call has not begun: the run renews their lease."""
        yield from self.ready.values()
        yield from self.staging.values()
        yield from self.waiting.values()

    @property
    def picture_bytes(self) -> int:
        return sum(delivery.picture_bytes for delivery in self)

    @property
    def uploads(self) -> int:
        """Count the videos that lack their draft: uploaded now, or waiting for the next step."""
        return self.uploading + sum(
            delivery.prepare_at is not None for delivery in self.waiting.values()
        )

    @property
    def uploading(self) -> int:
        """Count the videos that a call uploads now."""
        return sum(delivery.prepare_at is not None for delivery in self.staging.values())

    def due_steps(self, clock: float) -> list[ClaimedDelivery]:
        """Return those whose draft's next step may be taken now, the one that is due first at the
        front.
        """
        due = [delivery for delivery in self.waiting.values() if delivery.next_step_at <= clock]
        return sorted(due, key=lambda delivery: delivery.fire_at)

    # --- from one set to the next -----------------------------------------------------------------

    def stage(self, delivery: ClaimedDelivery) -> None:
        """Take in a claimed delivery, or one that waited: a call makes its draft or the next
        step.
        """
        self.waiting.pop(delivery.pk, None)
        self._put(self.staging, delivery)

    def wait_for_step(self, delivery: ClaimedDelivery, at: float) -> None:
        """Take in a delivery whose draft's next step is due ``at``, on the monotonic clock."""
        delivery.next_step_at = at
        self._put(self.waiting, delivery)

    def make_ready(self, delivery: ClaimedDelivery) -> None:
        """Take in a delivery that lacks nothing any more and waits for its second."""
        self._put(self.ready, delivery)

    def begin(self, pk: int) -> ClaimedDelivery:
        """Move a delivery from ``ready`` to ``in_flight``: its visible call has begun."""
        delivery = self.ready.pop(pk)
        self._put(self.in_flight, delivery)
        return delivery

    def called(self, pk: int) -> ClaimedDelivery:
        """Return the delivery that a call is under way for."""
        return self.staging[pk] if pk in self.staging else self.in_flight[pk]

    def take_answered(self, pk: int) -> tuple[ClaimedDelivery, bool]:
        """Take out the delivery whose call was answered; say whether the call made its draft."""
        if pk in self.staging:
            return self.staging.pop(pk), True
        return self.in_flight.pop(pk), False

    def drop_ready(self, pk: int) -> None:
        del self.ready[pk]

    def drop_waiting(self, pk: int) -> None:
        del self.waiting[pk]

    def _put(self, group: dict[int, ClaimedDelivery], delivery: ClaimedDelivery) -> None:
        assert delivery.pk not in self, f"delivery {delivery.public_id} is in two sets"
        group[delivery.pk] = delivery


_WRITTEN = (
    "state",
    "attempt",
    "fire_at",
    "draft_ref",
    "draft_partial",
    "prepare_at",
    "preparations",
    "error_code",
)


@contextlib.contextmanager
def restored_on_failure(deliveries: Sequence[ClaimedDelivery]) -> Iterator[None]:
    """Restore the deliveries' fields in memory when the transaction that wrote them fails."""
    before = [tuple(getattr(delivery, name) for name in _WRITTEN) for delivery in deliveries]
    try:
        yield
    except BaseException:
        for delivery, values in zip(deliveries, before, strict=True):
            for name, value in zip(_WRITTEN, values, strict=True):
                setattr(delivery, name, value)
        raise
