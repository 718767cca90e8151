"""The figures of a measurement, and the signs that something is wrong."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from engagement.models import MetricName
from operations import presenters
from publishing.models import Freeze, Heartbeat


@dataclass(frozen=True, slots=True)
class Sign:
    """Something is wrong: which kind, of which platform or queue, since when, and how many."""

    kind: str
    key: str = ""
    since: datetime | None = None
    n: int = 0

    @property
    def by_people(self) -> bool:
        """Tell whether people are late, or will be, while the
        machine does its work: no reason to call the portal unready."""
        return presenters.KINDS[self.kind].by_people or self.ahead

    @property
    def ahead(self) -> bool:
        return presenters.KINDS[self.kind].ahead


@dataclass(slots=True)
class Platform:
    """The state of one platform. ``…_since`` is the oldest of them."""

    key: str
    late: int = 0
    late_since: datetime | None = None
    delayed: int = 0
    delayed_since: datetime | None = None
    in_hand: int = 0
    stuck: int = 0
    stuck_since: datetime | None = None
    verifying: int = 0
    verifying_since: datetime | None = None
    processing: int = 0
    processing_since: datetime | None = None
    recalling: int = 0
    recalling_since: datetime | None = None
    needs_person: int = 0
    needs_person_since: datetime | None = None
    manual: int = 0
    overdue: int = 0
    overdue_since: datetime | None = None
    channels: int = 0
    lost: int = 0
    newly_lost: int = 0
    breaker_until: datetime | None = None
    lost_names: list[MetricName] = field(default_factory=list)  # of figures, told no more


@dataclass(slots=True)
class Facts:
    now: datetime
    platforms: dict[str, Platform]
    queues: dict[str, datetime | None]
    starts: dict[str, Heartbeat]  # of the newest process of each queue
    freeze: Freeze
    clocks_apart: timedelta
    disk_free: int
    disk_size: int
    broker_answers: bool | None  # None: not asked
    mail_waits_since: datetime | None
    unapproved: int  # refused within the last day, for nothing proved their approval or time
    unrecorded: int  # due or out just now, and the record does not know their state
    signs: list[Sign] = field(default_factory=list)
