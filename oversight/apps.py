from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OversightConfig(AppConfig):
    name = "oversight"
    verbose_name = _("Oversight")

    def import_models(self) -> None:
        super().import_models()
        from oversight.matters import models as _matters  # noqa: F401

    def ready(self) -> None:
        from core import lists
        from engagement.exports import services as exports
        from oversight import audit_sentences, menu, notice_texts  # noqa: F401
        from oversight.board.views import BoardForm

        lists.offer_saving("oversight:board", BoardForm)
        exports.register("adoption", "oversight.adoption.files.make_adoption_file")
