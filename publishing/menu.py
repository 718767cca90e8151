"""The entries of the navigation that lead to pages of publishing, and the keys of the review."""

from django.utils.translation import gettext_lazy as _

from core.navigation import ACTIONS, APPROVAL, CALENDAR, INTERVENTION, POSTS, TABS, Entry, register
from core.shortcuts import Shortcut
from core.shortcuts import register as register_keys

register(
    Entry(
        "publishing:post_list",
        "file-text",
        _("Posts"),
        POSTS,
        10,
        rights=("post_view",),
        synonyms=_("delete, correct, share, repeat, poster, loudspeaker, print"),
    ),
    Entry(
        "publishing:review_queue",
        "clipboard-check",
        _("Waiting for approval"),
        APPROVAL,
        20,
        rights=("post_approve",),
        synonyms=_("review, sign, return, reject"),
    ),
    Entry(
        "publishing:second_queue",
        "checks",
        _("Second approval"),
        POSTS,
        25,
        rights=("post_approve_second",),
        synonyms=_("province, sensitive"),
    ),
    Entry(
        "publishing:calendar",
        "calendar",
        _("Calendar"),
        (CALENDAR, POSTS),
        30,
        rights=("post_view",),
        synonyms=_("schedule, time, week, month"),
    ),
    Entry(
        "publishing:pauses",
        "player-pause",
        _("Pauses"),
        INTERVENTION,
        40,
        rights=("publishing_pause",),
        synonyms=_("stop, emergency"),
    ),
    Entry(
        "publishing:recall_list",
        "arrow-back-up",
        _("Recalls"),
        INTERVENTION,
        50,
        rights=("post_withdraw",),
        synonyms=_("take down, delete, wrong post"),
    ),
    Entry(
        "publishing:broadcast_list",
        "send",
        _("Broadcasts"),
        POSTS,
        60,
        rights=("post_schedule",),
        synonyms=_("Zalo, followers, message"),
    ),
    Entry(
        "publishing:review_queue",
        "clipboard-check",
        _("Approve"),
        TABS,
        20,
        rights=("post_approve",),
    ),
    Entry("publishing:post_list", "file-text", _("Posts"), TABS, 50, rights=("post_view",)),
    Entry("publishing:calendar", "calendar", _("Calendar"), TABS, 60, rights=("post_view",)),
    Entry(
        "publishing:review_queue",
        "clipboard-check",
        _("Approve waiting posts"),
        ACTIONS,
        20,
        rights=("post_approve",),
        synonyms=_("review, sign, return, reject"),
    ),
    Entry(
        "publishing:pause_new",
        "player-pause",
        _("Pause publishing"),
        ACTIONS,
        30,
        rights=("publishing_pause",),
        synonyms=_("stop, emergency"),
    ),
    Entry(
        "publishing:manual_tasks",
        "checklist",
        _("Tasks by hand"),
        ACTIONS,
        40,
        rights=("post_schedule",),
        synonyms=_("post it myself"),
    ),
    Entry(
        "publishing:slots",
        "clock",
        _("Set up slots"),
        ACTIONS,
        45,
        rights=("post_schedule",),
        synonyms=_("weekly, fixed hour"),
    ),
    pages={
        "publishing:post_list": ("posts", "publishing"),
        "publishing:review_queue": ("publishing:review", "publishing:series_review"),
        "publishing:pauses": (
            "publishing:held",
            "publishing:pause",
            "publishing:pause_change",
            "publishing:pause_discard",
            "publishing:pause_end",
            "publishing:pause_new",
            "publishing:pause_start",
        ),
        "publishing:calendar": ("publishing:calendar_links", "publishing:slots"),
        "partners:list": (
            "publishing:share_kit",
            "publishing:share_list",
            "publishing:share_renew",
            "publishing:share_revoke",
            "publishing:share_revoke_all",
        ),
        "publishing:recall_list": ("publishing:recall_ledger",),
        "publishing:broadcast_list": (
            "publishing:broadcast",
            "publishing:broadcast_call_off",
            "publishing:broadcast_confirm",
            "publishing:broadcast_decide",
        ),
    },
)

IN_CALENDAR, DAYS = _("In the calendar"), "pages/calendar.js"

register_keys(
    Shortcut(
        "← →",
        _("In the previews: the one before or after"),
        _("While reviewing"),
        40,
        "review/cards.js",
    ),
    Shortcut("← →", _("In a month: the day before or after"), IN_CALENDAR, 46, DAYS),
    Shortcut("↑ ↓", _("In a month: the same day a week before or after"), IN_CALENDAR, 47, DAYS),
    Shortcut("Home", _("In a month: the first day of the week"), IN_CALENDAR, 48, DAYS),
    Shortcut("End", _("In a month: the last day of the week"), IN_CALENDAR, 49, DAYS),
)
