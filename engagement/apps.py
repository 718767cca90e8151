from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EngagementConfig(AppConfig):
    name = "engagement"
    verbose_name = _("Take-up")

    def import_models(self) -> None:
        super().import_models()
        from engagement.boards.notes import models as _notes  # noqa: F401
        from engagement.examples import models as _examples  # noqa: F401
        from engagement.exports import models as _exports  # noqa: F401
        from engagement.reports import models as _reports  # noqa: F401
        from engagement.rollups import models as _rollups  # noqa: F401

    def ready(self) -> None:
        from core import lists
        from engagement import audit_sentences, menu, notice_texts, presets  # noqa: F401
        from engagement.boards.forms import BoardFilter
        from engagement.counting import outcomes
        from engagement.examples import receivers  # noqa: F401
        from engagement.exports import services as exports
        from engagement.reports import files as _report_files  # noqa: F401
        from posts.library import reach

        lists.offer_saving("engagement:results", BoardFilter, "from", "to")
        reach.register(outcomes)
        exports.register("campaign", "engagement.dashboards.files.make_campaign_file")
