"""The words of the record for what engagement does, and the pages of what they are about."""

from django.utils.translation import gettext_noop

from accounts.permissions import Permission
from audit.sentences import register, register_page

register(
    {
        "delivery.counted": gettext_noop("Entered the figures by hand: %(object)s"),
        "desk.opened": gettext_noop("Opened the reply desk for the units of %(object)s"),
        "desk.closed": gettext_noop("Closed the reply desk for the units of %(object)s"),
        "desk.answered": gettext_noop("Answered a comment under %(object)s"),
        "desk.answered.phrase": gettext_noop(
            "Answered a comment under %(object)s with an approved answer"
        ),
        "desk.phrase_proposed": gettext_noop("Proposed an answer for the reply desk of %(object)s"),
        "desk.phrase_approved": gettext_noop("Approved an answer for the reply desk of %(object)s"),
        "desk.phrase_ended": gettext_noop("Removed an answer of the reply desk of %(object)s"),
        "desk.release_asked": gettext_noop(
            "Asked to answer in own words at the reply desk of %(object)s"
        ),
        "desk.released": gettext_noop(
            "Released own words of %(person)s at the reply desk of %(object)s until %(until)s"
        ),
        "desk.release_ended": gettext_noop(
            "Ended the release of own words of %(person)s at the reply desk of %(object)s"
        ),
        "desk.hid": gettext_noop("Hid a comment under %(object)s"),
        "example.proposed": gettext_noop("Proposed the example “%(object)s”"),
        "example.accepted": gettext_noop("Accepted the example “%(object)s” for the province"),
        "example.accepted_nation": gettext_noop(
            "Accepted the example “%(object)s” for the whole country"
        ),
        "example.returned": gettext_noop("Returned the example “%(object)s” to its unit"),
        "example.withdrawn": gettext_noop("Withdrew the example “%(object)s” from the library"),
        "desk.showed": gettext_noop("Showed a hidden comment under %(object)s again"),
        "note.written": gettext_noop("Wrote on the dashboard: “%(object)s”"),
        "note.changed": gettext_noop("Changed a note on the dashboard: “%(object)s”"),
        "note.removed": gettext_noop("Removed from the dashboard: “%(object)s”"),
        "campaign.reminded": gettext_noop("Reminded the units behind in the campaign “%(object)s”"),
        "report.begun": gettext_noop("Drafted the %(object)s"),
        "report.figures_taken": gettext_noop("Took the figures anew for the %(object)s"),
        "report.submitted": gettext_noop("Submitted the %(object)s for approval"),
        "report.declined": gettext_noop("Gave the %(object)s back to its author"),
        "report.approved": gettext_noop("Approved the %(object)s"),
        "report.sent": gettext_noop("Sent the %(object)s to the unit above"),
        "report.reminded": gettext_noop("Reminded the units below %(object)s of their reports"),
        "report.returned": gettext_noop("Returned the %(object)s to its unit"),
        "report.corrected": gettext_noop("Drafted a new version of the %(object)s"),
        "report.form_changed": gettext_noop("Changed the form: %(object)s"),
    },
    groups={
        "desk": gettext_noop("Comments"),
        "example": gettext_noop("Good examples"),
        "note": gettext_noop("Notes on the dashboard"),
        "report": gettext_noop("Reports"),
    },
    place=50,
)

register_page("campaigns.campaign", "engagement:campaign", right=Permission.FIGURES_VIEW)
register_page("engagement.report", "engagement:report", right=Permission.FIGURES_VIEW)
register_page("engagement.example", "engagement:example", right=Permission.POST_VIEW)
