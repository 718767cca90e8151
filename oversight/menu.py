"""The entries of the navigation that lead to pages of oversight."""

from django.utils.translation import gettext_lazy as _

from core.navigation import CAMPAIGNS, TABS, TASKS, TODAY, UNITS, Entry, register

register(
    Entry(
        "oversight:today",
        "home",
        _("Today"),
        TODAY,
        10,
        # It leads those who operate the installation to its status.
        hidden_by=("system_operate",),
        synonyms=_("start, tasks"),
    ),
    Entry(
        "oversight:board",
        "layout-grid",
        _("Who needs help"),
        UNITS,
        30,
        rights=("oversight_view",),
        hidden_by=("nation_view",),
        synonyms=_("communes, figures, inactive"),
    ),
    Entry(
        "oversight:province",
        "chart-bar",
        _("Figures"),
        UNITS,
        31,
        rights=("oversight_view",),
        hidden_by=("nation_view",),
        synonyms=_("communes, statistics, Excel"),
    ),
    # The board of the whole nation is the page `nation`, to which it leads.
    Entry(
        "oversight:board",
        "map-2",
        _("Nationwide"),
        UNITS,
        30,
        rights=("nation_view",),
        synonyms=_("communes, figures, inactive"),
    ),
    Entry(
        "oversight:official_pages",
        "checklist",
        _("Official pages"),
        UNITS,
        32,
        rights=("oversight_view",),
        synonyms=_("verified, impersonation"),
    ),
    Entry(
        "oversight:adoption_list",
        "inbox",
        _("Take-up of kits"),
        CAMPAIGNS,
        37,
        rights=("oversight_view",),
        synonyms=_("who has posted the kit"),
    ),
    Entry(
        "oversight:matters",
        "messages",
        _("Requests"),
        UNITS,
        35,
        rights=("oversight_view",),
        synonyms=_("question, request, answer"),
    ),
    Entry(
        "oversight:matters",
        "messages",
        _("Requests from above"),
        TASKS,
        35,
        rights=("post_write",),
        hidden_by=("oversight_view",),
        synonyms=_("question, request, answer"),
    ),
    Entry("oversight:today", "home", _("Today"), TABS, 10, hidden_by=("system_operate",)),
    Entry("oversight:board", "layout-grid", _("Units"), TABS, 30, rights=("oversight_view",)),
    pages={
        "oversight:matters": (
            "oversight:matter",
            "oversight:ask_matter",
            "oversight:answer_matter",
            "oversight:reopen_matter",
            "oversight:close_matter",
        ),
        "oversight:adoption_list": ("oversight:adoption",),
        "oversight:board": ("oversight", "engagement:desk_allowances"),
    },
)
