"""The sentences of the notices that engagement sends."""

from django.utils.translation import gettext_noop

from accounts.notices import register

SENTENCES = {
    "desk_used": gettext_noop(
        "Reply desk, “%(title)s”, today: %(answered)s comments answered with approved words, "
        "%(own)s in own words, %(hidden)s hidden, %(shown)s shown again."
    ),
    "reply_phrase_proposed": gettext_noop(
        "%(by)s proposes an answer for the reply desk of %(unit)s. Please read and decide."
    ),
    "reply_phrase_approved": gettext_noop(
        "%(by)s approved your answer for the reply desk of %(unit)s. It can be given at once."
    ),
    "reply_release_asked": gettext_noop(
        "%(by)s asks to answer residents of %(unit)s in their own words. A release lasts a day."
    ),
    "reply_released": gettext_noop(
        "%(by)s released your own words at the reply desk of %(unit)s until %(until)s."
    ),
    "example_proposed": gettext_noop(
        "%(unit)s proposes the example “%(title)s”. Please decide whether it spreads."
    ),
    "example_accepted": gettext_noop("%(unit)s accepted your example “%(title)s”."),
    "example_returned": gettext_noop("%(unit)s returned your example “%(title)s”: %(reason)s"),
    "example_withdrawn": gettext_noop(
        "%(by)s withdrew your example “%(title)s” from the library: %(reason)s"
    ),
    "example_used": gettext_noop(
        "%(unit)s used your example “%(title)s”. Who else did stands on its page."
    ),
    "export_ready": gettext_noop("Your file %(file)s is ready. It is kept for a day."),
    "export_failed": gettext_noop("Your file %(file)s could not be made; its page says why."),
    "report_submitted": gettext_noop(
        "%(by)s submitted a report of %(unit)s: %(report)s. Please read and approve it."
    ),
    "report_approved": gettext_noop(
        "%(by)s approved %(report)s. Have it signed and registered, then send it."
    ),
    "report_declined": gettext_noop("%(by)s gave your report back: %(reason)s"),
    "report_sent": gettext_noop("%(unit)s sent its report: %(report)s."),
    "report_due": gettext_noop("%(unit)s has to send: %(report)s."),
    "report_late": gettext_noop("%(unit)s had to send: %(report)s. Please send it now."),
    "campaign_reminder": gettext_noop(
        "%(by)s reminds you of the campaign “%(title)s”: your unit has published nothing in it yet."
    ),
    "report_asked": gettext_noop(
        "%(by)s reminds %(unit)s: %(report)s was to be sent by %(day)s. Please write and send it."
    ),
    "report_returned": gettext_noop("%(unit)s returned your report: %(reason)s"),
}

register(
    SENTENCES,
    urgent={"reply_release_asked"},
    later={
        "desk_used",
        "reply_phrase_approved",
        "example_accepted",
        "example_used",
        "example_withdrawn",
        "export_ready",
        "report_sent",
    },
    joined={
        "report_due": ("report",),
        "report_late": ("report",),
        "report_submitted": ("report",),
        "report_sent": ("unit",),
        "report_approved": ("report",),
    },
)
