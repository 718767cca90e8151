"""The entries of the navigation that lead to pages of oversight."""

from django.utils.translation import gettext_lazy as _

from core.navigation import ACTIONS, CONTENT, TABS, TOP, Entry, register

register(
    Entry("oversight:today", "home", _("Today"), TOP, 10, synonyms=_("start, tasks")),
    Entry(
        "oversight:board",
        "layout-grid",
        _("Units at a glance"),
        TOP,
        30,
        rights=("oversight_view",),
        hidden_by=("nation_view",),
        synonyms=_("communes, figures, inactive"),
    ),
    # The board of the whole nation is the page `nation`, to which it leads.
    Entry(
        "oversight:board",
        "map-2",
        _("Nationwide"),
        TOP,
        30,
        rights=("nation_view",),
        synonyms=_("communes, figures, inactive"),
    ),
    Entry(
        "oversight:official_pages",
        "checklist",
        _("Official pages of the units"),
        ACTIONS,
        56,
        rights=("oversight_view",),
        synonyms=_("verified, impersonation"),
    ),
    Entry(
        "oversight:adoption_list",
        "inbox",
        _("Take-up of kits"),
        CONTENT,
        37,
        rights=("oversight_view",),
        synonyms=_("who has posted the kit"),
    ),
    Entry(
        "oversight:matters",
        "messages",
        _("Requests"),
        TOP,
        35,
        rights=("oversight_view",),
        synonyms=_("question, request, answer"),
    ),
    Entry(
        "oversight:matters",
        "messages",
        _("Requests from above"),
        TOP,
        35,
        rights=("post_write",),
        hidden_by=("oversight_view",),
        synonyms=_("question, request, answer"),
    ),
    Entry("oversight:today", "home", _("Today"), TABS, 10),
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
