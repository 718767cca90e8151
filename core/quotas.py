"""Limits on how often somebody may do something, counted in the database and thus for all processes
together.
"""

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db.models import F, Model
from django.utils import timezone
from django.utils.formats import date_format, time_format
from django.utils.translation import gettext as _

from core.errors import QuotaExceeded as QuotaExceeded
from core.models import QuotaUse

KEPT = timedelta(days=1)


def spend(key: str, *, limit: int, seconds: int) -> None:
    """Count one use of ``key``; raise QuotaExceeded, which says when to try again, for more than
    ``limit`` of them.

    ``key`` names the act and who does it: ``f"export:{user.pk}"``, at most 190 characters. Uses are
    counted in fixed windows of ``seconds`` that begin on the full hour or minute and at midnight
    here: around the end of one, twice the limit can pass in a short time. Exactly ``limit`` uses
    pass in a window, however many ask at once.

    Call it before the work that it protects, and outside of a transaction: inside one, the use is
    forgotten when that rolls back (right only where a failed act cost nothing), and others wait for
    the row until it ends.
    """
    ends_at = _find_window_end(timezone.now(), seconds)
    key = f"{key}/{seconds}"  # an hour and a day may end at the same moment
    window = QuotaUse.objects.filter(key=key, ends_at=ends_at)
    below = window.filter(used__lt=limit)
    if below.update(used=F("used") + 1):
        return
    QuotaUse.objects.bulk_create([QuotaUse(key=key, ends_at=ends_at)], ignore_conflicts=True)
    if not below.update(used=F("used") + 1):
        raise QuotaExceeded(_describe_wait(ends_at), again_at=ends_at)


def use(act: str, *, by: Model) -> None:
    """Count one use of ``act`` by the person ``by`` against each limit of ``settings.QUOTAS``.
    Raise QuotaExceeded.
    """
    for limit, seconds in settings.QUOTAS[act]:
        spend(f"{act}:{by.pk}", limit=limit, seconds=seconds)


def with_quota[T](act: str, service: Callable[[], T], *, by: Model) -> Callable[[], T]:
    """Return ``service`` as a function that first counts one use of ``act``."""

    def count_and_call() -> T:
        use(act, by=by)
        return service()

    return count_and_call


def _find_window_end(now: datetime, seconds: int) -> datetime:
    offset = timezone.localtime(now).utcoffset() or timedelta()
    local = now.timestamp() + offset.total_seconds()
    end = (math.floor(local / seconds) + 1) * seconds
    return datetime.fromtimestamp(end, UTC) - offset


def _describe_wait(ends_at: datetime) -> str:
    # Rounded up: a window may end within a minute, and the words name only minutes.
    moment = timezone.localtime(ends_at + timedelta(seconds=59))
    text = time_format(moment, "H:i")
    if moment.date() != timezone.localdate():
        text = f"{text} {date_format(moment, 'SHORT_DATE_FORMAT')}"
    return _("You did this very often in a short time. Try again after %(time)s.") % {"time": text}
