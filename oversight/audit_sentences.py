"""The words of the record for what those who oversee do."""

from django.utils.translation import gettext_noop

from audit.sentences import register

register(
    {"oversight.reminded": gettext_noop("Reminded %(object)s of what it needs to mend")},
    groups={"oversight": gettext_noop("Oversight")},
    place=45,
)
