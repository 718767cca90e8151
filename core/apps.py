from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate


class CoreConfig(AppConfig):
    name = "core"

    def ready(self) -> None:
        from core.installation import mark_database, refuse_foreign_database

        pre_migrate.connect(refuse_foreign_database, sender=self)
        post_migrate.connect(mark_database, sender=self)
