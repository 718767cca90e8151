from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PostsConfig(AppConfig):
    name = "posts"
    verbose_name = _("Posts")

    def import_models(self) -> None:
        super().import_models()
        # Those of the library and of the leak check lie above the models that all of posts knows.
        from posts.leak_rules import models as _leak_rules  # noqa: F401
        from posts.library import models as _library  # noqa: F401

    def ready(self) -> None:
        from links import targets
        from posts import audit_sentences, menu, notice_texts  # noqa: F401
        from posts.bulk_import import importing as _sheets  # noqa: F401
        from posts.editor import tasks as _unit_cards  # noqa: F401
        from posts.leak_rules import registered  # noqa: F401
        from posts.leak_rules.queries import is_allowed_host
        from posts.media_library import upkeep as _videos  # noqa: F401

        targets.register_permission(is_allowed_host)
