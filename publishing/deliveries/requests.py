"""Questions to a platform about many deliveries at once, and how long a call may take."""

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings

from channels.queries import account_of
from core.sealing import Unsealable
from platforms import client
from platforms.client import Answers, Call, Request
from platforms.errors import AccessLost, OutcomeUnknown
from platforms.messages import Account
from publishing.models import Delivery

# Seconds that a visible call may wait for a free place once it is due: later it is not made, for a
# recall or pause would not stop it.
LONGEST_QUEUE = 5.0


def longest_call() -> timedelta:
    """Return the longest time from when a visible call may begin until it has ended.

    Each of its requests has a deadline; all of them together, with the queue before them, are given
    up then.
    """
    options = settings.PUBLISHING
    return timedelta(
        seconds=options["begin_ahead_seconds"] + LONGEST_QUEUE + 1.25 * options["call_seconds"]
    )


def ask_platform(
    platform: str, rows: Sequence[Delivery], call: Callable[[Delivery, Account], Call]
) -> Iterable[tuple[Delivery, Any]]:
    """Ask the platform about all rows at once; yield each
    row with the answer or the connector's error."""
    answers = Answers()
    requests: list[Request] = []
    by_pk: dict[int, Delivery] = {}
    for row in rows:
        try:
            account = account_of(row.channel)
            requests.append(Request(row.pk, call(row, account), writes=False))
        except Unsealable:
            yield row, AccessLost("the stored credentials cannot be opened")
            continue
        except KeyError as missing:
            yield row, OutcomeUnknown(f"nothing to compare with: {missing}")
            continue
        by_pk[row.pk] = row
    if not requests:
        return
    client.submit(platform, requests, answers, begin_within=60)
    while answers.outstanding:
        for pk, answer in answers.take(timeout=1):
            yield by_pk[pk], answer
