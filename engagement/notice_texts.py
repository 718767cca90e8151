"""The sentences of the notices that engagement sends."""

from django.utils.translation import gettext_noop

from accounts.notices import register

SENTENCES = {
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
        "%(by)s submitted a report of %(unit)s. Please read and approve it."
    ),
    "report_declined": gettext_noop("%(by)s gave your report back: %(reason)s"),
    "report_sent": gettext_noop("%(unit)s sent a report."),
    "report_due": gettext_noop("%(unit)s has a report to send by %(day)s."),
    "report_late": gettext_noop("%(unit)s had a report to send by %(day)s. Please send it."),
    "report_returned": gettext_noop("%(unit)s returned your report: %(reason)s"),
}

register(SENTENCES)
