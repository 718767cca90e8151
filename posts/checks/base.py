from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    BLOCK = "block"  # cannot be submitted
    WARN = "warn"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something a check saw. Never carries the words that it saw; ``where`` is a field or a channel's public id."""

    rule: str
    severity: Severity
    message: str
    where: str = ""
