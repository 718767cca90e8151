"""The entries of the navigation that lead to pages of operations."""

from django.utils.translation import gettext_lazy as _

from core.navigation import ACTIONS, ADMINISTRATION, SYSTEM, Entry, register

register(
    Entry(
        "operations:status",
        "adjustments",
        _("System status"),
        ADMINISTRATION,
        40,
        rights=("system_watch",),
        hidden_by=("system_operate",),
        synonyms=_("queue, error, memory"),
    ),
    Entry(
        "operations:status",
        "adjustments",
        _("Status"),
        ADMINISTRATION,
        40,
        rights=("system_operate",),
        synonyms=_("queue, error, memory"),
    ),
    Entry(
        "operations:work",
        "settings",
        _("Background work"),
        ADMINISTRATION,
        41,
        rights=("system_operate",),
        synonyms=_("queue, process, worker"),
    ),
    # The stock admin, for those who operate the installation.
    Entry(
        "admin:index",
        "database",
        _("System operation"),
        SYSTEM,
        43,
        rights=("system_operate",),
    ),
    Entry(
        "operations:documents",
        "file-text",
        _("Documents for operators"),
        ACTIONS,
        90,
        rights=("system_watch",),
        synonyms=_("runbook, backup, restore, installation, settings"),
    ),
    pages={"operations:status": ("operations",)},
)
