from publishing.models.broadcast import Broadcast, BroadcastQuerySet
from publishing.models.calendar_link import CalendarLink
from publishing.models.delivery import (
    Attempt,
    Delivery,
    DeliveryQuerySet,
    match_expired_media,
    match_paused,
)
from publishing.models.freeze import Freeze
from publishing.models.heartbeat import Heartbeat, ProcessEnd
from publishing.models.pause import Pause, PauseQuerySet, Pauses
from publishing.models.rate_limit import RateLimit
from publishing.models.recall import Recall, RecallQuerySet
from publishing.models.series import Occurrence, Rhythm, Series, SeriesQuerySet
from publishing.models.share_link import ShareLink, ShareLinkQuerySet
from publishing.models.slot import Slot, SlotQuerySet, SlotSuggestion, Weekday

__all__ = [
    "Attempt",
    "Broadcast",
    "BroadcastQuerySet",
    "CalendarLink",
    "Delivery",
    "DeliveryQuerySet",
    "Freeze",
    "Heartbeat",
    "Occurrence",
    "Pause",
    "PauseQuerySet",
    "Pauses",
    "ProcessEnd",
    "RateLimit",
    "Recall",
    "RecallQuerySet",
    "Rhythm",
    "Series",
    "SeriesQuerySet",
    "ShareLink",
    "ShareLinkQuerySet",
    "Slot",
    "SlotQuerySet",
    "SlotSuggestion",
    "Weekday",
    "match_expired_media",
    "match_paused",
]
