from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class AuditConfig(AppConfig):
    name = "audit"
    verbose_name = _("Audit trail")

    def ready(self) -> None:
        from audit import menu  # noqa: F401

        post_migrate.connect(_make_streams, sender=self)


def _make_streams(using: str, **_: object) -> None:
    from audit.services import make_streams

    make_streams(using=using)
