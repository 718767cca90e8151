"""The words of the record for what those who oversee do."""

from django.utils.translation import gettext_noop

from audit.sentences import register

register(
    {
        "oversight.reminded": gettext_noop("Reminded %(object)s of what it needs to mend"),
        "oversight.pageless_reminded": gettext_noop(
            "Asked the units of %(object)s without a page to open one"
        ),
        "matter.opened": gettext_noop("Sent a request to a unit, about %(object)s"),
        "matter.answered": gettext_noop("Answered a request, about %(object)s"),
        "matter.reopened": gettext_noop("Asked again in a request, about %(object)s"),
        "matter.closed": gettext_noop("Closed a request, about %(object)s"),
    },
    groups={
        "oversight": gettext_noop("Oversight"),
        "matter": gettext_noop("Requests to units"),
    },
    place=45,
)
