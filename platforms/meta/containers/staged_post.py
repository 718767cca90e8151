"""Describe containers and what was created for a post so far. Pure functions."""

import hashlib
import json
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Self

from platforms.text import collapse_spaces, normalize_unicode

# For so long a container may be unknown on some of their servers.
_PROPAGATION = timedelta(minutes=2)


class ContainerState(StrEnum):
    """Rank containers' states from the worst to the best, in the platforms' own words but for
    UNKNOWN.
    """

    ERROR = "ERROR"
    UNKNOWN = "UNKNOWN"  # none of this id, or none yet
    EXPIRED = "EXPIRED"  # not published within a day
    IN_PROGRESS = "IN_PROGRESS"
    FINISHED = "FINISHED"  # may be published
    PUBLISHED = "PUBLISHED"

    @property
    def rank(self) -> int:
        return list(type(self)).index(self)


@dataclass(frozen=True, slots=True)
class StagedPost:
    """Describe what was created for a post so far. As JSON it is the draft's reference, and enough
    to find the post again where its message is not at hand.
    """

    # The names of the fields are stored in references.
    container: str = ""
    items: tuple[str, ...] = ()  # of a carousel, in order, until its own container is created
    began: int = 0  # Unix seconds
    words: str = ""  # see `make_fingerprint`
    again: int = 0  # how often its containers were created again

    @classmethod
    def parse(cls, ref: str) -> Self | None:
        """Parse a reference; None for what is none, as the id of a post."""
        try:
            body = json.loads(ref)
        except ValueError:
            return None
        if not isinstance(body, dict):
            return None
        return cls(**{**body, "items": tuple(body.get("items", ()))})

    @property
    def ref(self) -> str:
        fields = {name: value for name, value in asdict(self).items() if value}
        return json.dumps(fields, separators=(",", ":"))

    @property
    def began_at(self) -> datetime:
        return datetime.fromtimestamp(self.began, UTC)

    @property
    def is_recent(self) -> bool:
        return time.time() - self.began < _PROPAGATION.total_seconds()

    def is_pending(self, state: ContainerState) -> bool:
        """Tell whether the platform works on a container in this state, or may not know it
        everywhere yet.
        """
        if state is ContainerState.UNKNOWN:
            return self.is_recent
        return state is ContainerState.IN_PROGRESS


def make_fingerprint(text: str) -> str:
    """Hash a post's text as the platform gives it back: trimmed, and composed as it likes."""
    cleaned = collapse_spaces(normalize_unicode("NFC", text))
    return hashlib.sha256(cleaned.encode()).hexdigest()[:16] if cleaned else ""
