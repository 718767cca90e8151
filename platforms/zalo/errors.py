"""Sort Zalo's error numbers by what they mean for the call."""

import time
from datetime import UTC, datetime, timedelta, timezone

from platforms.errors import AccessLost, ConnectorError, Rejected, TryLater
from platforms.zalo.undocumented import is_about_application, is_about_quota

LIMIT, PENDING, NOT_AUTHORISED, NIGHT = -32, -214, -223, -234
INVALID = "-201"  # no such article, when an article is asked for
FAILED = "-200"  # "send failed": of what, it does not say
# A job that ends with one of these failed for a reason that may pass: a picture that could not be
# fetched, no articles left, …
TRANSIENT = {INVALID, FAILED, "-211", str(NOT_AUTHORISED)}
# A job that ends with one of these refused the article itself. Any other error says only that it
# could not be checked.
REFUSED = {INVALID, "-210", "-248"}
_PICTURE_FIELDS = ("photo_url", "avatar", "body.url", "body.thumb")
_ACCESS_LOST = {-204, -205, -216, -219, -220}
_BACK_OFF = {int(FAILED), -211, -218}
# The wait after a failure that may pass, and the longest one between checks of a job; a job is
# given up after the other.
RETRY_WAIT, MAX_JOB_AGE = timedelta(seconds=30), timedelta(minutes=10)
# From here downwards the consent server speaks.
_CONSENT_ERRORS = -14_000


def sort_error(code: int, detail: str) -> ConnectorError:
    """Return the error that Zalo's number stands for."""
    name = str(code)
    is_quota = code == NOT_AUTHORISED and is_about_quota(detail)
    if code == LIMIT:
        until_next_minute = timedelta(seconds=61 - time.time() % 60)
        # One account has a limit of its own, by its package.
        whole_app = "your oa" not in detail.lower()
        return TryLater(detail, code=name, wait=until_next_minute, whole_app=whole_app)
    if code == PENDING:
        return TryLater(detail, code=name)
    if code in _BACK_OFF or is_quota:
        return TryLater(detail, code=name, wait=None if name == FAILED else timedelta(hours=1))
    if code == NIGHT:
        return TryLater(detail, code=name, wait=until_morning(datetime.now(UTC)))
    if name == INVALID and any(field in detail for field in _PICTURE_FIELDS):
        # It could not fetch a picture from us just then, which says nothing of the article.
        return TryLater(detail, code=name, wait=RETRY_WAIT)
    if code in _ACCESS_LOST or code == NOT_AUTHORISED:
        return AccessLost(detail, code=name)
    if code <= _CONSENT_ERRORS and not is_about_application(code, detail):
        return AccessLost(detail, code=name)
    return Rejected(detail, code=name)


def until_morning(now: datetime) -> timedelta:
    """Return the time until six o'clock in Viet Nam, when Zalo sends to followers again."""
    local = now.astimezone(timezone(timedelta(hours=7)))
    morning = local.replace(hour=6, minute=0, second=0, microsecond=0)
    return morning + timedelta(days=morning <= local) - local


def is_forgotten_job(error: ConnectorError) -> bool:
    """Tell whether Zalo no longer knows the job, which says nothing about the article."""
    return error.code == INVALID and "token" in error.detail
