"""Keep to the calls a minute that Zalo grants to the whole application."""

import asyncio
import time
from datetime import timedelta

from platforms.errors import TryLater
from platforms.zalo.errors import LIMIT


class RateLimiter:
    """Let a quarter of a minute's calls out at once, and the rest evenly."""

    LONGEST_WAIT = 20  # seconds in the queue; the lease of a publication is longer

    def __init__(self) -> None:
        self.free_at = 0.0  # when the next call may go
        self.returns_until = 0.0  # when the last of those comes back that were sent away

    async def take(self, calls: int, per_minute: int) -> None:
        """Wait until there is room for ``calls``. Raise TryLater for a caller that would wait
        too long, with a time of its own, so that a national campaign comes back in a row and not
        in a crowd.
        """
        if not per_minute:
            return
        now, rate = time.monotonic(), per_minute * 0.7 / 60
        start = max(self.free_at, now - per_minute * 0.25 / rate)
        if start - now > self.LONGEST_WAIT:
            self.returns_until = max(self.returns_until, start) + calls / rate
            wait = timedelta(seconds=self.returns_until - now)
            raise TryLater(
                "the application's calls of this minute are used up", code=str(LIMIT), wait=wait
            )
        self.free_at = start + calls / rate
        await asyncio.sleep(max(0.0, start - now))
