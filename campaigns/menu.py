"""The entries of the navigation that lead to pages of campaigns, and the keys of kits."""

from django.utils.translation import gettext_lazy as _

from core.navigation import (
    ACTIONS,
    ADMINISTRATION,
    CAMPAIGNS,
    CHANNELS,
    LIBRARY,
    TABS,
    TASKS,
    UNIT,
    Entry,
    register,
)
from core.shortcuts import Shortcut
from core.shortcuts import register as register_keys

register(
    Entry(
        "campaigns:list",
        "speakerphone",
        _("Campaigns"),
        (CAMPAIGNS, TASKS),
        34,
        rights=("campaign_view",),
        synonyms=_("drive, peak"),
    ),
    Entry("campaigns:list", "speakerphone", _("Campaigns"), TABS, 70, rights=("campaign_view",)),
    Entry(
        "campaigns:topic_rules",
        "tags",
        _("Topics' rules"),
        ADMINISTRATION,
        27,
        rights=("topic_rule",),
        synonyms=_("second approval, topics"),
    ),
    Entry(
        "kits:list",
        "package",
        _("Kits"),
        (CAMPAIGNS, TASKS),
        36,
        rights=("kit_issue",),
        synonyms=_("texts for the units"),
    ),
    Entry(
        "partners:list",
        "users-group",
        _("Partners"),
        (CHANNELS, UNIT, *LIBRARY),
        73,
        rights=("campaign_view",),
        synonyms=_("share, school, newspaper"),
    ),
    Entry(
        "partners:new",
        "users-group",
        _("New partner"),
        ACTIONS,
        67,
        rights=("partner_write",),
        synonyms=_("share, school, newspaper"),
    ),
    Entry(
        "kits:new",
        "package",
        _("New kit"),
        ACTIONS,
        66,
        rights=("kit_issue",),
        synonyms=_("texts for the units"),
    ),
    Entry(
        "campaigns:new",
        "speakerphone",
        _("New campaign"),
        ACTIONS,
        65,
        rights=("campaign_write",),
        synonyms=_("drive, peak"),
    ),
    pages={
        "campaigns:list": ("campaigns",),
        "kits:list": ("kits",),
        "partners:list": ("partners",),
        "campaigns:topic_rules": ("campaigns:topic_rule_new", "campaigns:topic_rule_end"),
    },
)

register_keys(
    Shortcut("Enter", _("In a new placeholder’s field: insert it"), _("Kits"), 60, "pages/kits.js"),
)
