"""The rate limits and breakers that every worker waits for before it calls a platform. They are
stored in the database, so that all agree.

Three things stop calls: the pace that a platform allows to one application (permits are assigned
ahead), a wait that the platform asked the application for (a rate limit of its own where new drafts
alone have to wait), and the circuit breaker, when a platform does not answer at all.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest

from platforms.errors import ConnectorError, TryLater
from platforms.messages import Account
from publishing.engine.batch import ClaimedDelivery
from publishing.models import RateLimit

# The breaker opens after so many calls in a row that the platform left unanswered, on so many
# pages.
FAILURES, PAGES = 20, 5
# Then nothing is sent for this long, twice as long each time it fails again, and a few calls try
# whether it is back.
_SHORTEST, _LONGEST = timedelta(seconds=15), timedelta(minutes=5)
PROBES = 5
BREAKER = ""  # the key of the platform's breaker, beside those of the applications
# Seconds within which a rate limit that opens only sets the pace of visible calls, and stops
# neither claims nor steps.
SOON = 5.0


def key_of(account: Account) -> str:
    """Return the key of the application that an account's calls count for; of Telegram, which has
    none, that of the bot.
    """
    return (
        key(account.app.get("app_id") or "")
        or hashlib.sha256(account.token.encode()).hexdigest()[:32]
    )


def key(app_id: str) -> str:
    """Return an application's key, hashed where it is longer than the column: Google's are."""
    return app_id if len(app_id) <= 40 else hashlib.sha256(app_id.encode()).hexdigest()[:32]


def key_for_new_drafts(key: str) -> str:
    """Return the key of the rate limit for the drafts that an application begins."""
    return f"{key} new"


# --- what is closed -------------------------------------------------------------------------------


class Closed(NamedTuple):
    """State of a platform's rate limits: closed to all calls, or to new drafts."""

    to_all: bool
    to_new_drafts: bool


def closed_limits(platform: str, now: datetime) -> dict[str, datetime]:
    """Return a platform's closed rate limits and open breaker, by key, with the time when calls may
    go on.
    """
    return dict(
        RateLimit.objects.filter(platform=platform, opens_at__gt=now).values_list("key", "opens_at")
    )


def closed_for_long(platform: str, now: datetime) -> Closed:
    """Return what is closed for more than a moment: a rate limit that opens soon only sets the pace
    of visible calls.
    """
    app = key(str(settings.PLATFORMS[platform].get("app_id") or ""))
    opens_at = closed_limits(platform, now)
    for_long = {limit for limit, at in opens_at.items() if at > now + timedelta(seconds=SOON)}
    return Closed(BREAKER in for_long or app in for_long, key_for_new_drafts(app) in for_long)


@transaction.atomic
def close_until(platform: str, key: str, until: datetime) -> None:
    """Block calls with this application before ``until``."""
    RateLimit.objects.get_or_create(platform=platform, key=key, defaults={"opens_at": until})
    RateLimit.objects.filter(platform=platform, key=key).update(
        opens_at=Greatest(F("opens_at"), until)
    )


@transaction.atomic
def take_permits(
    platform: str, key: str, count: int, *, per_second: float, now: datetime, until: datetime
) -> Sequence[datetime]:
    """Reserve up to ``count`` permits, the times of calls between ``now`` and ``until``, evenly
    spaced; all workers together never get more.
    """
    RateLimit.objects.get_or_create(platform=platform, key=key, defaults={"opens_at": now})
    limit = RateLimit.objects.select_for_update().get(platform=platform, key=key)
    first = max(now, limit.opens_at)
    step = timedelta(seconds=1 / per_second)
    fitting = max(0, int((until - first) / step))
    permits = [first + step * n for n in range(min(count, fitting))]
    if permits:
        limit.opens_at = permits[-1] + step
        limit.save(update_fields=["opens_at"])
    return permits


# --- the breaker ----------------------------------------------------------------------------------


def is_half_open(platform: str) -> bool:
    """Check whether no call has gone through since the breaker opened: only probes may be sent."""
    return RateLimit.objects.filter(platform=platform, key=BREAKER, failures__gt=0).exists()


@transaction.atomic
def open_breaker(platform: str, now: datetime) -> None:
    """Open the breaker because the platform does not answer: nobody calls it for a while."""
    RateLimit.objects.get_or_create(platform=platform, key=BREAKER, defaults={"opens_at": now})
    breaker = RateLimit.objects.select_for_update().get(platform=platform, key=BREAKER)
    if breaker.opens_at > now:
        return  # another worker has seen it first
    breaker.failures = min(breaker.failures + 1, 10)
    breaker.opens_at = now + min(_LONGEST, _SHORTEST * 2 ** (breaker.failures - 1))
    breaker.save(update_fields=["failures", "opens_at"])


def reset_breaker(platform: str) -> None:
    """Reset the breaker: a call went through again."""
    RateLimit.objects.filter(platform=platform, key=BREAKER, failures__gt=0).update(failures=0)


class AnswerMonitor:
    """Read from one run's answers what concerns more than their own deliveries: waits for the
    application, silence.
    """

    def __init__(self, platform: str):
        self.platform = platform
        # The channels of the calls that the platform left unanswered in a row.
        self.unanswered: list[int] = []

    def record(self, answers: Sequence[tuple[ClaimedDelivery, Any]], now: datetime) -> None:
        """Update rate limits and breaker with what the answers say."""
        is_answered = False
        for delivery, answer in answers:
            if isinstance(answer, ConnectorError) and answer.silent:
                self.unanswered.append(delivery.channel_id)
                continue
            is_answered = True
            self.unanswered.clear()
            match answer:
                case TryLater(whole_app=True, wait=timedelta() as wait):
                    app = key_of(delivery.account)
                    close_until(
                        self.platform,
                        key_for_new_drafts(app) if answer.only_new else app,
                        now + wait,
                    )
        if len(self.unanswered) >= FAILURES and len(set(self.unanswered)) >= PAGES:
            self._open_breaker(now)
        elif is_answered:
            # One probe that got through is enough, whichever of them came last: the platform is
            # back.
            reset_breaker(self.platform)
        elif self.unanswered and is_half_open(self.platform):
            self._open_breaker(now)

    def _open_breaker(self, now: datetime) -> None:
        open_breaker(self.platform, now)
        self.unanswered.clear()
