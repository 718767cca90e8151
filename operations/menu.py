"""The entries of the navigation that lead to pages of operations."""

from django.utils.translation import gettext_lazy as _

from core.navigation import ADMINISTRATION, Entry, register

register(
    Entry(
        "operations:status",
        "adjustments",
        _("System status"),
        ADMINISTRATION,
        40,
        needs=("system_watch",),
    ),
    pages={"operations:status": ("operations",)},
)
