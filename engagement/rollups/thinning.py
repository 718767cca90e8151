"""Thin counts that are older than two months: one a day stays, and what else a day's sum needs.

Of a delivery's counts of a day stays the last, and the last that knew each measure: so the totals
known at the end of each day, and with them every gain of every day, are what they were, and the
summaries with them. A deleted count therefore marks no day.
"""

import time
from datetime import date, timedelta

from django.db import connection, transaction
from django.utils import timezone

from core.locks import try_alone
from core.periods import get_midnight
from engagement.models import MEASURES, Count
from engagement.rollups.models import Thinned
from engagement.rollups.months import COUNTED_FOR

KEPT_WHOLE = timedelta(days=60)
_SECONDS = 120.0
_MARKING = "mark_count_delete"

_KEPT = " OR ".join(
    f"({m} IS NOT NULL AND COUNT({m}) OVER later = 1)"  # nothing known after it
    for m in MEASURES
)
# By the deliveries that may have counts of the day, through their index: counts have none of time.
_DELETE = f"""
    DELETE FROM engagement_count WHERE id IN (SELECT id FROM (
        SELECT id, ROW_NUMBER() OVER later = 1 OR {_KEPT} AS kept
        FROM engagement_count
        WHERE taken_at >= %(start)s AND taken_at < %(end)s AND delivery_id IN (
            SELECT id FROM publishing_delivery WHERE due_at >= %(earliest)s AND due_at < %(end)s
        )
        WINDOW later AS (PARTITION BY delivery_id ORDER BY taken_at DESC, id DESC)
    ) AS counts WHERE NOT kept)
"""  # noqa: S608


def thin_old_counts(*, today: date | None = None, seconds: float = _SECONDS) -> int:
    """Thin day after day from where the last run ended until two months ago, for at most
    ``seconds``; return how many counts were removed. None while another run is at work.
    """
    last = (today or timezone.localdate()) - KEPT_WHOLE - timedelta(days=1)
    end, removed = time.monotonic() + seconds, 0
    with try_alone("thinning") as alone:
        day = _find_first_day() if alone else None
        while day and day <= last and time.monotonic() < end:
            removed += _thin_day(day)
            day += timedelta(days=1)
    return removed


def _find_first_day() -> date | None:
    done = Thinned.objects.first()
    if done:
        return done.until + timedelta(days=1)
    oldest = Count.objects.order_by("taken_at").values_list("taken_at", flat=True).first()
    return timezone.localdate(oldest) if oldest else None


@transaction.atomic
def _thin_day(day: date) -> int:
    """Remove what the day's sums do not need, and note the day: both or neither."""
    if connection.vendor == "postgresql":
        # The owner's function: no role of ours may delete counts, and it marks no day.
        with connection.cursor() as cursor:
            cursor.execute("SELECT thin_counts(%s)", [day])
            removed = cursor.fetchone()[0]
    else:
        removed = _thin_without_trigger(day)
    Thinned.objects.update_or_create(pk=1, defaults={"until": day})
    return removed


def _thin_without_trigger(day: date) -> int:
    """Do as `thin_counts` does, on SQLite: the trigger is away for the transaction, of which there
    is one at a time.
    """
    adapted = connection.ops.adapt_datetimefield_value
    moments = {
        "start": adapted(get_midnight(day)),
        "end": adapted(get_midnight(day + timedelta(days=1))),
        "earliest": adapted(get_midnight(day - COUNTED_FOR)),
    }
    with connection.cursor() as cursor:
        cursor.execute("SELECT sql FROM sqlite_master WHERE name = %s", [_MARKING])
        trigger = cursor.fetchone()[0]
        cursor.execute(f"DROP TRIGGER {_MARKING}")
        cursor.execute(_DELETE, moments)
        removed = cursor.rowcount
        cursor.execute(trigger)
    return removed
