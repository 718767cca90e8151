"""The entries of the navigation that lead to pages of short links."""

from django.utils.translation import gettext_lazy as _

from core.navigation import ACTIONS, LIBRARY, Entry, register

register(
    Entry(
        "links:list",
        "link",
        _("Links and QR codes"),
        LIBRARY,
        6,
        rights=("post_view",),
        synonyms=_("short, QR, scan, clicks"),
    ),
    Entry(
        "links:new",
        "link",
        _("New short link"),
        ACTIONS,
        66,
        rights=("post_write",),
        synonyms=_("QR, scan"),
    ),
    pages={"links:list": ("links",)},
)
