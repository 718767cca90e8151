"""Exceptions by which a service refuses. Views turn them into messages; the text is for the person
who acted.
"""

from datetime import datetime


class Refused(Exception):
    """The action is not possible now. ``str()`` is translated and names the way out."""


class NotAllowed(Refused):
    """The person lacks the right for this action here."""


class Busy(Refused):
    """The portal works for others: the same action may succeed in ``retry_after`` seconds."""

    def __init__(self, message: str, *, retry_after: int = 10) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class QuotaExceeded(Refused):
    """The person did this too often. ``again_at``: when it is possible again; the words name it."""

    def __init__(self, message: str, *, again_at: datetime) -> None:
        super().__init__(message)
        self.again_at = again_at
