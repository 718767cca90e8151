"""The registry: adding a platform is a file beside this one and a line here."""

from channels.connectors.base import Connector
from channels.connectors.facebook import Facebook
from channels.connectors.instagram import Instagram
from channels.connectors.telegram import Telegram
from channels.connectors.threads import Threads
from channels.connectors.tiktok import Tiktok
from channels.connectors.youtube import Youtube
from channels.connectors.zalo import Zalo

CONNECTORS: dict[str, type[Connector]] = {
    c.kind: c for c in (Facebook, Zalo, Tiktok, Youtube, Instagram, Threads, Telegram)
}
