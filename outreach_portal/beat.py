"""Beat without its spin."""

from celery.beat import PersistentScheduler


class Scheduler(PersistentScheduler):
    """Celery wakes ten milliseconds before a ring is due and asks again and again until it is, which costs more than
    all the rings. This one wakes a little after, and rings together what is due by then."""

    def adjust(self, n: float, drift: float = 0.02) -> float:
        return super().adjust(n, drift)
