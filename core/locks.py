"""Locks by name, of a connection or a transaction: they are released when it ends."""

import fcntl
import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import connection


@contextmanager
def try_alone(name: str) -> Iterator[bool]:
    """Try to hold the lock ``name`` for the block, across all processes; yield
    whether it was free.
    """
    if connection.vendor != "postgresql":
        with _try_file(name) as got:
            yield got
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_hash_name(name)])
        (got,) = cursor.fetchone()
    try:
        yield got
    finally:
        # A broken connection has released it already.
        if got and connection.is_usable():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_hash_name(name)])


def hold_until_commit(names: Iterable[str]) -> None:
    """Wait for each lock and hold it until the transaction ends. SQLite has one writer: the
    transaction is the lock.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            for number in sorted(
                {_hash_name(name) for name in names}
            ):  # in one order, which avoids deadlocks
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])


@contextmanager
def _try_file(name: str) -> Iterator[bool]:
    folder = Path(settings.VAR_DIR) / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / name).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


def _hash_name(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
