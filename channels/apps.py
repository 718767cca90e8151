from datetime import timedelta

from django.apps import AppConfig
from django.conf import settings
from django.utils.translation import gettext_lazy as _


class ChannelsConfig(AppConfig):
    name = "channels"
    verbose_name = _("Channels")

    def ready(self) -> None:
        from channels import audit_sentences, menu, notice_texts  # noqa: F401
        from channels.completeness import writing  # noqa: F401
        from channels.queries import is_own_page
        from links import targets
        from platforms import client
        from platforms.connector import Connector

        targets.register_permission(is_own_page)
        # Connectors know no settings.
        Connector.deadline = timedelta(seconds=settings.PUBLISHING["call_seconds"])
        client.options.connections = settings.PUBLISHING["connections"]
        client.options.proxy = settings.EGRESS_PROXY
        client.options.only_to = f"{settings.SIMULATOR_URL}/" if settings.TRAINING else ""
