"""The words of the record for what units does, and the pages of what they are about."""

from django.utils.translation import gettext_noop

from audit.sentences import register, register_page, register_units
from core.permissions import Permission
from units.models import Unit

register(
    {
        "unit.loaded": gettext_noop(
            "Loaded the national list of units: %(created)s new, %(changed)s changed"
        ),
        "unit.changed_by_list": gettext_noop(
            "%(object)s was changed by the national list (before: %(was)s)"
        ),
        "unit.created": gettext_noop("Added the unit %(object)s"),
        "unit.renamed": gettext_noop("Changed name or code: %(was)s (%(code)s) is now %(object)s"),
        "unit.merged": gettext_noop("Merged %(object)s into %(into)s"),
        "unit.facts_changed": gettext_noop("Changed address, numbers or hours of %(object)s"),
        "unit.closed": gettext_noop("Closed the unit %(object)s"),
    },
    groups={
        "unit": gettext_noop("Units"),
    },
    place=60,
)

register_page("units.unit", "units:unit", right=Permission.UNIT_VIEW)
register_units(Unit.objects.all)
