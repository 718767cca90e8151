"""Zalo's error numbers, and what they mean for what was asked."""

from datetime import datetime, timedelta, timezone

from platforms.errors import ConnectorError

LIMIT, PENDING, NOT_AUTHORISED, NIGHT = -32, -214, -223, -234
INVALID = "-201"  # no such article, when an article is asked for
FAILED = "-200"  # "send failed": of what, it does not say
# With these a job is over for a reason that may pass: a picture that could not be fetched, no
# articles left, …
PASSING = {INVALID, FAILED, "-211", str(NOT_AUTHORISED)}
# With these it refuses the article itself. Whatever else is said about a job speaks of the asking.
REFUSED = {INVALID, "-210", "-248"}
PICTURE_PLACES = ("photo_url", "avatar", "body.url", "body.thumb")
LOST = {-204, -205, -216, -219, -220}
BACK_OFF = {int(FAILED), -211, -218}
# What may pass is given so long. A job that makes an article is asked after as rarely at last, and
# for so long.
AGAIN, LONGEST = timedelta(seconds=30), timedelta(minutes=10)


def until_morning(now: datetime) -> timedelta:
    local = now.astimezone(timezone(timedelta(hours=7)))  # Viet Nam's
    morning = local.replace(hour=6, minute=0, second=0, microsecond=0)
    return morning + timedelta(days=morning <= local) - local


def is_forgotten(error: ConnectorError) -> bool:
    """Tell whether Zalo no longer knows the job, which tells nothing of the article."""
    return error.code == INVALID and "token" in error.detail
