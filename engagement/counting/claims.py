"""Claiming rows of either schedule of collecting, and waiting after failures."""

from datetime import timedelta

from django.db.models import QuerySet

from platforms.errors import ConnectorError

# Longer than a whole run may take: then the rows of a run that died fall due again.
LEASE = timedelta(minutes=10)
# After each failure in a row the wait doubles, up to half a day.
_FIRST_WAIT, _LONGEST_WAIT = timedelta(minutes=5), timedelta(hours=12)
# Where a platform does not say when the application's calls begin again.
FULL_APP_WAIT = timedelta(minutes=5)


def lock_free_rows[M: QuerySet](rows: M) -> M:
    """Lock the rows that nobody else holds."""
    return rows.select_for_update(skip_locked=True, of=("self",))


def wait_after(failures: int, error: ConnectorError) -> timedelta:
    """Return how long to wait after so many failures in a row, at least as long as was asked."""
    wait = min(_FIRST_WAIT * 2 ** min(failures - 1, 10), _LONGEST_WAIT)
    return max(wait, error.wait or timedelta())
