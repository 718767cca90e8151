"""The words of the record for what engagement does, and the pages of what they are about."""

from django.utils.translation import gettext_noop

from audit.objects import register_page
from audit.sentences import register

register(
    {
        "delivery.counted": gettext_noop("Entered the figures by hand: %(object)s"),
        "desk.opened": gettext_noop("Opened the reply desk for the units of %(object)s"),
        "desk.closed": gettext_noop("Closed the reply desk for the units of %(object)s"),
        "desk.answered": gettext_noop("Answered a comment under %(object)s"),
        "desk.hid": gettext_noop("Hid a comment under %(object)s"),
        "example.proposed": gettext_noop("Proposed the example “%(object)s”"),
        "example.accepted": gettext_noop("Accepted the example “%(object)s” for the province"),
        "example.accepted_nation": gettext_noop(
            "Accepted the example “%(object)s” for the whole country"
        ),
        "example.returned": gettext_noop("Returned the example “%(object)s” to its unit"),
        "example.withdrawn": gettext_noop("Withdrew the example “%(object)s” from the library"),
        "desk.showed": gettext_noop("Showed a hidden comment under %(object)s again"),
    },
    groups={
        "desk": gettext_noop("Comments"),
        "example": gettext_noop("Good examples"),
    },
    place=50,
)

register_page("campaigns.campaign", "engagement:campaign", right="figures_view")
register_page("engagement.example", "engagement:example", right="post_view")
