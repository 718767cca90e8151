from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("Accounts")

    def ready(self) -> None:
        from accounts import audit_sentences, menu, notice_texts, receivers, search  # noqa: F401
        from accounts.sign_in import record as sign_in_record  # noqa: F401
