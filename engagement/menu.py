"""The entries of the navigation that lead to pages of engagement."""

from django.utils.translation import gettext_lazy as _

from core.navigation import ACTIONS, CHANNELS, LIBRARY, Entry, register

register(
    Entry(
        "engagement:desks", "message-circle", _("Comments"), CHANNELS, 20, needs=("post_schedule",)
    ),
    Entry("engagement:examples", "award", _("Good examples"), LIBRARY, 17, needs=("post_view",)),
    Entry(
        "engagement:dictionary",
        "chart-bar",
        _("What the figures mean"),
        ACTIONS,
        70,
        needs=("figures_view",),
    ),
    pages={
        "campaigns:list": (
            *("engagement:campaign", "engagement:campaign_figures"),
            *("engagement:campaign_close", "engagement:campaign_summary"),
        ),
        "publishing:post_list": ("engagement:post_counts", "engagement:enter_figures"),
        "engagement:desks": ("engagement:comments",),
        "engagement:examples": (
            *("engagement:example", "engagement:propose_example"),
            *("engagement:return_example", "engagement:withdraw_example"),
        ),
    },
)
