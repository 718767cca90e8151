"""The entries of the navigation that lead to pages of channels."""

from django.utils.translation import gettext_lazy as _

from core.navigation import ACTIONS, CHANNELS, LIBRARY, TABS, UNIT, Entry, register

register(
    Entry(
        "channels:list",
        "plug-connected",
        _("Channels"),
        (CHANNELS, UNIT, *LIBRARY),
        10,
        rights=("channel_view",),
        synonyms=_("page, access, expired, disconnected"),
    ),
    Entry("channels:list", "plug-connected", _("Channels"), TABS, 80, rights=("channel_view",)),
    Entry(
        "channels:platforms",
        "plug",
        _("Connect a channel"),
        ACTIONS,
        50,
        rights=("channel_manage",),
        synonyms=_("page, reconnect, access, sign in"),
    ),
    Entry(
        "channels:forecast",
        "alert-triangle",
        _("Channels that would fail tomorrow"),
        ACTIONS,
        52,
        rights=("channel_view",),
        synonyms=_("expired, error"),
    ),
    Entry(
        "channels:completeness",
        "checklist",
        _("What the official pages lack"),
        ACTIONS,
        54,
        rights=("channel_view",),
        synonyms=_("cover, profile picture, description"),
    ),
    pages={
        "channels:list": ("channels",),
    },
)
