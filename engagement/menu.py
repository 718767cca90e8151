"""The entries of the navigation that lead to pages of engagement."""

from django.utils.translation import gettext_lazy as _

from core import shortcuts
from core.navigation import ACTIONS, COMMENTS, LIBRARY, REPORTS, RESULTS, TASKS, Entry, register

shortcuts.register(
    shortcuts.Shortcut(
        "Ctrl+P", _("Print it with all charts"), _("Results"), 65, "pages/dashboard.js"
    )
)
register(
    Entry(
        "engagement:results",
        "chart-bar",
        _("Results"),
        RESULTS,
        32,
        rights=("figures_view",),
        synonyms=_("statistics, views, reach, chart"),
    ),
    Entry(
        "engagement:desks",
        "message-circle",
        _("Comments"),
        COMMENTS,
        20,
        rights=("post_schedule",),
        synonyms=_("reply, answer, hide, message"),
    ),
    Entry(
        "engagement:examples",
        "award",
        _("Good examples"),
        LIBRARY,
        4,
        rights=("post_view",),
        synonyms=_("good post, learn"),
    ),
    Entry(
        "engagement:dictionary",
        "chart-bar",
        _("What the figures mean"),
        ACTIONS,
        70,
        rights=("figures_view",),
        synonyms=_("definition, reach"),
    ),
    Entry(
        "engagement:reports",
        "file-text",
        _("Reports"),
        (REPORTS, TASKS),
        38,
        rights=("figures_view",),
        synonyms=_("month, week, quarter, Word, PDF"),
    ),
    pages={
        "engagement:reports": (
            *("engagement:report", "engagement:begin_report", "engagement:edit_report"),
            *("engagement:decline_report", "engagement:return_report"),
            *("engagement:correct_report", "engagement:reports_overview"),
            *("engagement:report_forms", "engagement:report_form"),
            *("engagement:submit_report", "engagement:approve_report"),
            *("engagement:take_figures", "engagement:make_report_files", "engagement:report_file"),
            "engagement:send_report",
        ),
        "campaigns:list": (
            *("engagement:campaign", "engagement:campaign_figures"),
            *("engagement:campaign_close", "engagement:campaign_summary"),
            "engagement:campaign_export",
        ),
        "engagement:results": (
            *("engagement:results_of_unit", "engagement:results_of_topic"),
            *("engagement:results_of_channel", "engagement:results_of_kit"),
            "engagement",
        ),
        "publishing:post_list": ("engagement:post_counts", "engagement:enter_figures"),
        "engagement:desks": ("engagement:comments", "engagement:reply_words"),
        "engagement:examples": (
            *("engagement:example", "engagement:propose_example"),
            *("engagement:return_example", "engagement:withdraw_example"),
            *("engagement:accept_example", "engagement:use_example"),
        ),
    },
)
