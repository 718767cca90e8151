from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CampaignsConfig(AppConfig):
    name = "campaigns"
    verbose_name = _("Campaigns")

    def import_models(self) -> None:
        super().import_models()
        from campaigns.files import models as _files  # noqa: F401
        from campaigns.kits import models as _kits  # noqa: F401
        from campaigns.partners import models as _partners  # noqa: F401
        from campaigns.planning import models as _planning  # noqa: F401

    def ready(self) -> None:
        from campaigns import audit_sentences, menu, notice_texts  # noqa: F401
        from campaigns.files import storing as _files  # noqa: F401
        from campaigns.kits import receivers  # noqa: F401
