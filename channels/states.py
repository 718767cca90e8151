from django.db import models
from django.utils.translation import gettext_lazy as _


class Kind(models.TextChoices):
    """The platforms; the values are the connectors' names."""

    FACEBOOK = "facebook", "Facebook"
    ZALO = "zalo", "Zalo OA"
    TIKTOK = "tiktok", "TikTok"
    YOUTUBE = "youtube", "YouTube"
    INSTAGRAM = "instagram", "Instagram"
    THREADS = "threads", "Threads"
    TELEGRAM = "telegram", "Telegram"


class Health(models.TextChoices):
    CONNECTED = "connected", _("connected")
    LOST = "lost", _("connect again")
    BY_HAND = "by_hand", _("posted by hand")  # no API right: officers post there themselves
    DISCONNECTED = "disconnected", _("disconnected")
