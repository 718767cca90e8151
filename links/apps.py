from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LinksConfig(AppConfig):
    name = "links"
    verbose_name = _("Short links")

    def ready(self) -> None:
        from links import audit_sentences, menu, notice_texts  # noqa: F401
