"""The entry of the search that leads to all guides."""

from django.utils.translation import gettext_lazy as _

from core.navigation import ACTIONS, Entry, register

register(
    Entry(
        "help:index",
        "help",
        _("Help"),
        ACTIONS,
        5,
        synonyms=_("guide, handbook, how to, instructions"),
    ),
)
