"""The entries of the navigation that lead to pages of units."""

from django.utils.translation import gettext_lazy as _

from core.navigation import ADMINISTRATION, Entry, register

register(
    Entry(
        "units:tree",
        "sitemap",
        _("Units"),
        ADMINISTRATION,
        10,
        rights=("unit_view", "unit_manage"),
        synonyms=_("merge, rename, close, commune"),
    ),
    pages={
        "units:tree": ("units",),
    },
)
