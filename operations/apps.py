from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OperationsConfig(AppConfig):
    name = "operations"
    verbose_name = _("Operations")

    def ready(self) -> None:
        from engagement.boards import events
        from operations import menu, notice_texts  # noqa: F401
        from operations.board_events import find_platforms_down

        events.register(find_platforms_down)
