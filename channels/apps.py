from datetime import timedelta

from django.apps import AppConfig
from django.conf import settings
from django.utils.translation import gettext_lazy as _


class ChannelsConfig(AppConfig):
    name = "channels"
    verbose_name = _("Channels")

    def ready(self) -> None:
        from channels.connectors.base import Connector

        # Connectors know no settings.
        Connector.deadline = timedelta(seconds=settings.PUBLISHING["call_seconds"])
