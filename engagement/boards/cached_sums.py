"""Cache sums over thousands of units for some minutes, for all who ask for the same ones."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, urlencode

from django.core.cache import cache

from core.periods import Period

# A page that sums up the nation, or what is usual in it, is at most so old.
MINUTES = 10


def get_or_compute(
    what: str, period: Period, of: Mapping[str, Any], make: Callable[[], Any], *, group: str = ""
) -> Any:
    """Return what ``make`` returned, which is JSON, for the same arguments within MINUTES."""
    named = {"first": period.first, "last": period.last, **dict(sorted(of.items()))}
    key = f"board:{what}:{quote(group)}:{urlencode(named)}"
    sums = cache.get(key)
    if sums is None:
        sums = make()
        cache.set(key, sums, MINUTES * 60)
    return sums
