"""Downsample counts that are older than two months: one a day stays, and what else a day's
sum needs.

Of a delivery's counts of a day stays the last, and the last that knew each measure: so the totals
known at the end of each day, and with them every gain of every day, are what they were, and the
summaries with them. A deleted count therefore marks no day.
"""

import time
from datetime import date, timedelta

from django.db import connection, transaction
from django.utils import timezone

from core.locks import try_alone
from engagement.models import Count
from engagement.rollups.models import DownsampledUntil

KEPT_WHOLE = timedelta(days=60)
_SECONDS = 120.0


def downsample_old_counts(*, today: date | None = None, seconds: float = _SECONDS) -> int:
    """Thin day after day from where the last run ended until two months ago, for at most
    ``seconds``; return how many counts were removed. None while another run is at work.
    """
    last = (today or timezone.localdate()) - KEPT_WHOLE - timedelta(days=1)
    end, removed = time.monotonic() + seconds, 0
    with try_alone("downsampling") as alone:
        day = _find_first_day() if alone else None
        while day and day <= last and time.monotonic() < end:
            removed += _thin_day(day)
            day += timedelta(days=1)
    return removed


def _find_first_day() -> date | None:
    done = DownsampledUntil.objects.first()
    if done:
        return done.until + timedelta(days=1)
    oldest = Count.objects.order_by("taken_at").values_list("taken_at", flat=True).first()
    return timezone.localdate(oldest) if oldest else None


@transaction.atomic
def _thin_day(day: date) -> int:
    """Remove what the day's sums do not need, and note the day: both or neither."""
    # The owner's function: no role of ours may delete counts, and it marks no day.
    with connection.cursor() as cursor:
        cursor.execute("SELECT thin_counts(%s)", [day])
        (removed,) = cursor.fetchone()
    DownsampledUntil.objects.update_or_create(pk=1, defaults={"until": day})
    return removed
