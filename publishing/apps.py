from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PublishingConfig(AppConfig):
    name = "publishing"
    verbose_name = _("Publishing")

    def ready(self) -> None:
        from core import jobs, lists
        from publishing import audit_sentences, menu, notice_texts, search  # noqa: F401
        from publishing.freeze import freezing
        from publishing.post_list.forms import PostFilter
        from publishing.receivers import campaigns, channels, posts  # noqa: F401

        lists.offer_saving("publishing:post_list", PostFilter)
        jobs.hold_outside_acts(lambda: not freezing.may_publish())
