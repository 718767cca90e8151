"""The entries of the navigation that lead to pages of audit."""

from django.utils.translation import gettext_lazy as _

from core.navigation import ADMINISTRATION, UNIT, Entry, register

register(
    Entry(
        "audit:log",
        "history",
        _("Audit log"),
        (UNIT, ADMINISTRATION),
        30,
        rights=("audit_view",),
        synonyms=_("history, who did"),
    ),
    pages={
        "audit:log": ("audit",),
    },
)
