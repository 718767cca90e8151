from django.apps import AppConfig
from django.core import checks
from django.utils.translation import gettext_lazy as _


class HelpConfig(AppConfig):
    name = "help"
    verbose_name = _("Help")

    def ready(self) -> None:
        from help import menu, search  # noqa: F401
        from help.guides import check_guides

        checks.register(check_guides)
