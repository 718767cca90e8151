"""The four errors that a call may end in: what certainly did not happen, and what perhaps did."""

from datetime import timedelta

from platforms.redaction import redact


class ConnectorError(Exception):
    """Hold what may be kept of the platform's complaint. ``code`` is its own error number, for the
    record.
    """

    silent = False  # no answer, or one that says that the platform itself is broken

    def __init__(self, detail: str = "", *, code: str = "", wait: timedelta | None = None):
        self.detail = redact(detail)
        super().__init__(self.detail)
        self.code, self.wait = code[:80], wait  # as long as the column that keeps it


class TryLater(ConnectorError):
    """Certainly not posted; may be tried again, not sooner than ``wait``. ``whole_app``: no other
    page of our application should be tried sooner either; ``only_new``: but what has begun may
    continue.
    """

    only_new = False

    def __init__(
        self,
        detail: str = "",
        *,
        code: str = "",
        wait: timedelta | None = None,
        whole_app: bool = False,
    ):
        super().__init__(detail, code=code, wait=wait)
        self.whole_app = whole_app


class Rejected(ConnectorError):
    """Certainly not posted, and never will be as it stands."""


class AccessLost(ConnectorError):
    """Certainly not posted: the page must be connected again."""


class OutcomeUnknown(ConnectorError):
    """Perhaps posted, perhaps not: look before anything is sent again."""


def unknown_outcome(detail: str, *, code: str = "", writes: bool) -> ConnectorError:
    """Return the error of a call whose outcome is not known: one that ``writes`` may have come
    through, and is looked up before it is made again; one that reads is simply made again.
    """
    return (OutcomeUnknown if writes else TryLater)(detail, code=code)
