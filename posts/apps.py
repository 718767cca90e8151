from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PostsConfig(AppConfig):
    name = "posts"
    verbose_name = _("Posts")

    def import_models(self) -> None:
        super().import_models()
        # The library's own, which lie above the models that all of posts knows.
        from posts.library import models  # noqa: F401

    def ready(self) -> None:
        from posts import audit_sentences, menu, notice_texts  # noqa: F401
