"""Django's cache in a table: limits, locks and used one-time codes, seen by every process
(docs/adr/0014).

Not Django's own backend: that one counts the whole table at each write, takes five statements for
it, and unpickles what it finds, so that whoever writes the table runs code here. A write is one
statement here, and a value is JSON.
"""

import json
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from core.models import CacheEntry

_NEVER = datetime(9999, 12, 31, tzinfo=UTC)
_SET = """
    INSERT INTO core_cacheentry (cache_key, value, expires) VALUES (%s, %s, %s)
    ON CONFLICT (cache_key) DO UPDATE SET value = excluded.value, expires = excluded.expires
"""
_ADD = f"{_SET} WHERE core_cacheentry.expires <= %s"


class TableCache(BaseCache):
    """Store JSON values in a table until they expire; rows leave by the retention rule "cache"."""

    def __init__(self, _location: str, params: dict[str, Any]) -> None:
        super().__init__(params)

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        return self.get_many([key], version).get(key, default)

    def get_many(self, keys: Iterable[str], version: int | None = None) -> dict[str, Any]:
        asked = {self.make_and_validate_key(key, version=version): key for key in keys}
        values = {}
        for stored, value in _select_live().filter(pk__in=asked).values_list("cache_key", "value"):
            with suppress(ValueError):  # written by Django's own backend, before this one
                values[asked[stored]] = json.loads(value)
        return values

    def has_key(self, key: str, version: int | None = None) -> bool:
        return _select_live().filter(pk=self.make_and_validate_key(key, version=version)).exists()

    def set(
        self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None
    ) -> None:
        self._store(_SET, key, value, timeout, version)

    def add(
        self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None
    ) -> bool:
        """Set the value unless there is one; return True to exactly one of several
        callers at once.
        """
        return self._store(
            _ADD,
            key,
            value,
            timeout,
            version,
            connection.ops.adapt_datetimefield_value(timezone.now()),
        )

    def touch(self, key: str, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        rows = _select_live().filter(pk=self.make_and_validate_key(key, version=version))
        return bool(rows.update(expires=self._compute_expiry(timeout)))

    def delete(self, key: str, version: int | None = None) -> bool:
        return bool(
            CacheEntry.objects.filter(pk=self.make_and_validate_key(key, version=version)).delete()[
                0
            ]
        )

    def clear(self) -> None:
        CacheEntry.objects.all().delete()

    def _store(
        self, statement: str, key: str, value: Any, timeout: Any, version: int | None, *further: Any
    ) -> bool:
        end = connection.ops.adapt_datetimefield_value(self._compute_expiry(timeout))
        key = self.make_and_validate_key(key, version=version)
        with connection.cursor() as cursor:
            cursor.execute(statement, [key, json.dumps(value), end, *further])
            return bool(cursor.rowcount)

    def _compute_expiry(self, timeout: Any) -> datetime:
        at = self.get_backend_timeout(timeout)
        return _NEVER if at is None else datetime.fromtimestamp(at, UTC)


def _select_live() -> QuerySet[CacheEntry]:
    return CacheEntry.objects.filter(expires__gt=timezone.now())
