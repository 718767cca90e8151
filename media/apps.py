from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MediaConfig(AppConfig):
    name = "media"
    verbose_name = _("Pictures and videos")

    def import_models(self) -> None:
        super().import_models()
        from media.scanners import models as _scanners  # noqa: F401

    def ready(self) -> None:
        from media import audit_sentences  # noqa: F401

        # In this order a tick does their jobs: scans take seconds.
        from media.scanners import scanning  # noqa: F401  # isort: skip
        from media.editing import video_edits  # noqa: F401  # isort: skip
