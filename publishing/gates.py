"""What every worker waits for before it calls a platform. The gates stand in the database, so that all agree.

Three things shut a gate: the pace that a platform bears of one application (turns are dealt out ahead), a wait that the
platform asked the application for (at a gate of its own where new drafts alone have to wait), and the circuit
breaker, when a platform does not answer at all.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest

from channels.connectors.base import Account
from publishing.models import Gate

# The breaker opens after so many calls in a row that the platform left unanswered, on so many pages.
FAILURES, PAGES = 20, 5
# Then nothing is sent for this long, twice as long each time it fails again, and a few calls try whether it is back.
_SHORTEST, _LONGEST = timedelta(seconds=15), timedelta(minutes=5)
PROBES = 5
WHOLE = ""  # the key of the platform's own gate


def key_of(account: Account) -> str:
    """The application that an account's calls count for. Telegram knows none: there the bot stands for it."""
    return key(account.app.get("app_id") or "") or hashlib.sha256(account.token.encode()).hexdigest()[:32]


def key(app_id: str) -> str:
    """An application's; Google's names are longer than the column."""
    return app_id if len(app_id) <= 40 else hashlib.sha256(app_id.encode()).hexdigest()[:32]


def to_new(key: str) -> str:
    """The gate before the drafts that an application begins."""
    return f"{key} new"


def shut(platform: str, now: datetime) -> dict[str, datetime]:
    """The gates of a platform that are shut now, with the time when they open."""
    return dict(Gate.objects.filter(platform=platform, opens_at__gt=now).values_list("key", "opens_at"))


def is_on_trial(platform: str) -> bool:
    """The breaker has opened and no call has gone through since: only probes may be sent."""
    return Gate.objects.filter(platform=platform, key=WHOLE, failures__gt=0).exists()


@transaction.atomic
def hold(platform: str, key: str, until: datetime) -> None:
    """Nobody calls with this application before ``until``."""
    Gate.objects.get_or_create(platform=platform, key=key, defaults={"opens_at": until})
    Gate.objects.filter(platform=platform, key=key).update(opens_at=Greatest(F("opens_at"), until))


@transaction.atomic
def take_turns(
    platform: str, key: str, wanted: int, *, per_second: float, now: datetime, until: datetime
) -> Sequence[datetime]:
    """Up to ``wanted`` turns between ``now`` and ``until``, evenly spaced; all workers together never get more."""
    Gate.objects.get_or_create(platform=platform, key=key, defaults={"opens_at": now})
    gate = Gate.objects.select_for_update().get(platform=platform, key=key)
    first = max(now, gate.opens_at)
    step = timedelta(seconds=1 / per_second)
    fitting = max(0, int((until - first) / step))
    turns = [first + step * n for n in range(min(wanted, fitting))]
    if turns:
        gate.opens_at = turns[-1] + step
        gate.save(update_fields=["opens_at"])
    return turns


@transaction.atomic
def trip(platform: str, now: datetime) -> None:
    """The platform does not answer: nobody calls it for a while."""
    Gate.objects.get_or_create(platform=platform, key=WHOLE, defaults={"opens_at": now})
    gate = Gate.objects.select_for_update().get(platform=platform, key=WHOLE)
    if gate.opens_at > now:
        return  # another worker has seen it first
    gate.failures = min(gate.failures + 1, 10)
    gate.opens_at = now + min(_LONGEST, _SHORTEST * 2 ** (gate.failures - 1))
    gate.save(update_fields=["failures", "opens_at"])


def close(platform: str) -> None:
    """A call went through again."""
    Gate.objects.filter(platform=platform, key=WHOLE, failures__gt=0).update(failures=0)
