"""The words of the record for what is done with a unit's logo and its library."""

from collections.abc import Mapping

from django.utils.translation import gettext_noop

from audit.sentences import register, register_facts
from media.scanners.models import Scanner

register(
    {
        "unit.logo_changed": gettext_noop("Changed the logo of %(object)s"),
        "unit.logo_removed": gettext_noop("Removed the logo of %(object)s"),
        "media.described": gettext_noop("Changed what the library says of “%(object)s”"),
        "media.shared": gettext_noop("Shared “%(object)s” with the units below"),
        "media.unshared": gettext_noop("Shares “%(object)s” with the units below no longer"),
        "media.archived": gettext_noop("Archived “%(object)s” of the library"),
        "media.unarchived": gettext_noop("Took “%(object)s” of the library out of the archive"),
        "media.scanned_again": gettext_noop("Had “%(object)s” checked by the scanners anew"),
        "media.looked_by_eye": gettext_noop(
            "Looked at “%(object)s” by eye for what the scanners lacked: %(lacking)s"
        ),
        "media.box_shown": gettext_noop(
            "Let something in “%(object)s” be shown: %(rule)s, %(ground)s"
        ),
        "media.box_hidden": gettext_noop(
            "Took back that something in “%(object)s” may be shown: %(rule)s"
        ),
        "media.marked_removed": gettext_noop(
            "Removed a picture with a mark of secrecy: %(object)s"
        ),
        "media.edited": gettext_noop("Edited a picture into a new one, “%(object)s”"),
        "media.blurred": gettext_noop(
            "Blurred something in a picture; the new one is “%(object)s”"
        ),
        "folder.created": gettext_noop("Made the folder “%(object)s” in the library"),
        "folder.renamed": gettext_noop("Renamed a folder of the library: “%(object)s”"),
        "folder.removed": gettext_noop("Removed the folder “%(object)s” of the library"),
    },
    # units names its own
    groups={
        "media": gettext_noop("Pictures and videos"),
        "folder": gettext_noop("Folders of the library"),
    },
    place=12,
)


def _name_missing_scanners(facts: Mapping[str, str]) -> dict[str, str]:
    missing = facts["lacking"].split(", ")
    return {"lacking": ", ".join(str(scanner.label) for scanner in Scanner if scanner in missing)}


register_facts("media.looked_by_eye", facts=_name_missing_scanners)
