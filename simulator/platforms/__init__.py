"""List the platforms that the simulator plays: a line to import each, and a line in the list."""

from __future__ import annotations

from simulator.platform import Platform
from simulator.platforms.facebook.api import Facebook
from simulator.platforms.instagram.api import Instagram
from simulator.platforms.telegram.api import Telegram
from simulator.platforms.threads.api import Threads
from simulator.platforms.tiktok.api import Tiktok
from simulator.platforms.youtube.api import Youtube
from simulator.platforms.zalo.api import Zalo

PLATFORMS: tuple[type[Platform], ...] = (
    Facebook,
    Zalo,
    Telegram,
    Instagram,
    Threads,
    Youtube,
    Tiktok,
)
