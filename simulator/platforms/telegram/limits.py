"""Limit how fast a bot may send."""

from __future__ import annotations

import time


class Bucket:
    """Let so many through at once, then so many a second."""

    def __init__(self, size: float, per_second: float) -> None:
        self.size = self.left = size
        self.per_second = per_second
        self.at = time.monotonic()

    def wait(self, cost: float) -> float:
        """Count the seconds until there is room; 0 takes the place."""
        now = time.monotonic()
        self.left = min(self.size, self.left + (now - self.at) * self.per_second)
        self.at = now
        if self.left < min(cost, self.size):
            return (min(cost, self.size) - self.left) / self.per_second
        self.left -= cost
        return 0.0
