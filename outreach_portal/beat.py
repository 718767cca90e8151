"""Beat without its spin."""

from celery.beat import PersistentScheduler


class Scheduler(PersistentScheduler):
    """Wake a little after a tick is due and send together what is due by then. Celery's own
    scheduler wakes ten milliseconds before and polls until it is due, which costs more than all the
    ticks.
    """

    def adjust(self, n: float, drift: float = 0.02) -> float:
        return super().adjust(n, drift)
