"""Two people at one row."""

import threading
from collections.abc import Callable

from django.db import connection, transaction


def overtaken(act: Callable[[], object], *, by: Callable[[], object]) -> None:
    """Run ``act`` after ``by`` has changed the row and before that is committed."""

    def work() -> None:
        try:
            act()
        finally:
            connection.close()

    thread = threading.Thread(target=work)
    with transaction.atomic():
        by()
        thread.start()
        while thread.is_alive() and not _somebody_waits():
            pass
    thread.join()


def _somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM pg_locks WHERE NOT granted AND pg_backend_pid() = "
            "ANY(pg_blocking_pids(pid))"
        )
        return cursor.fetchone() is not None
