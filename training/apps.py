from django.apps import AppConfig
from django.conf import settings
from django.utils.translation import gettext_lazy as _


class TrainingConfig(AppConfig):
    """Exercises to practise the portal with. Not installed in production; on the screen in a
    training installation alone.
    """

    name = "training"
    verbose_name = _("Training")

    def ready(self) -> None:
        if settings.TRAINING:
            from training import menu  # noqa: F401
