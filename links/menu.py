"""The entries of the navigation that lead to pages of short links."""

from django.utils.translation import gettext_lazy as _

from core.navigation import ACTIONS, LIBRARY, Entry, register

register(
    Entry("links:list", "link", _("Links and QR codes"), LIBRARY, 72, rights=("post_view",)),
    Entry("links:new", "link", _("New short link"), ACTIONS, 66, rights=("post_write",)),
    pages={"links:list": ("links",)},
)
