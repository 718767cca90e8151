"""List the connectors: adding a platform is a package beside this file and a line here."""

from platforms.connector import Connector
from platforms.meta.facebook.connector import Facebook
from platforms.meta.instagram.connector import Instagram
from platforms.meta.threads.connector import Threads
from platforms.telegram.connector import Telegram
from platforms.tiktok.connector import Tiktok
from platforms.youtube.connector import Youtube
from platforms.zalo.connector import Zalo

CONNECTORS: dict[str, type[Connector]] = {
    connector.kind: connector
    for connector in (Facebook, Zalo, Tiktok, Youtube, Instagram, Threads, Telegram)
}
