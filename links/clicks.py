"""Count clicks without a write each: a process adds them up and writes the sums once a second.

A process that is killed loses the clicks of its last second, and no others; one that ends writes
them first. While the database is away they stay in memory.
"""

import atexit
import logging
import threading
from collections import Counter
from collections.abc import Iterable
from datetime import date

from django.db import DatabaseError, InterfaceError, close_old_connections, connection, transaction

from links.models import ClickCount

WRITTEN_EVERY = 1.0  # second
log = logging.getLogger(__name__)
_table = ClickCount._meta.db_table
_ADD = (
    f"INSERT INTO {_table} (link_id, day, clicks) VALUES (%s, %s, %s) "  # noqa: S608 - our own table
    f"ON CONFLICT (link_id, day) DO UPDATE SET clicks = {_table}.clicks + excluded.clicks"
)


class ClickCounter:
    """The clicks of one process, by link and day, until they are written."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[int, date]] = Counter()
        self._lock = threading.Lock()
        self._writer: threading.Thread | None = None
        self._ended = threading.Event()

    def add_click(self, link: int, day: date) -> None:
        """Count one click; the writer begins with the first one, after the server has forked."""
        with self._lock:
            self._counts[link, day] += 1
            if self._writer is None:
                self._writer = threading.Thread(
                    target=self._write_every_second, name="clicks", daemon=True
                )
                self._writer.start()

    def write_counts(self) -> int:
        """Add what was counted to the stored numbers; return how many clicks. What cannot be
        written is counted on.
        """
        with self._lock:
            counts, self._counts = self._counts, Counter()
        try:
            add_clicks((link, day, n) for (link, day), n in counts.items())
        except (DatabaseError, InterfaceError):
            log.warning("clicks could not be stored; they are tried again")
            with self._lock:
                self._counts.update(counts)
            return 0
        return counts.total()

    def _write_every_second(self) -> None:
        atexit.register(self._write_at_exit)
        while not self._ended.wait(WRITTEN_EVERY):
            close_old_connections()
            self.write_counts()

    def _write_at_exit(self) -> None:
        self._ended.set()
        self.write_counts()


@transaction.atomic
def add_clicks(counts: Iterable[tuple[int, date, int]]) -> None:
    """Add to the numbers of links and days. Links that are gone meanwhile fail the whole: none is
    ever removed.
    """
    rows = sorted(counts)  # in one order everywhere: two processes never wait for each other
    if rows:
        with connection.cursor() as cursor:
            cursor.executemany(_ADD, rows)


counter = ClickCounter()
