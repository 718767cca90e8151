"""The words of the record for what is done with a unit's logo."""

from django.utils.translation import gettext_noop

from audit.sentences import register

register(
    {
        "unit.logo_changed": gettext_noop("Changed the logo of %(object)s"),
        "unit.logo_removed": gettext_noop("Removed the logo of %(object)s"),
    },
    groups={},  # units names theirs
    place=0,
)
