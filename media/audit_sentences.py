"""The words of the record for what is done with a unit's logo and its library."""

from django.utils.translation import gettext_noop

from audit.sentences import register

register(
    {
        "unit.logo_changed": gettext_noop("Changed the logo of %(object)s"),
        "unit.logo_removed": gettext_noop("Removed the logo of %(object)s"),
        "media.described": gettext_noop("Changed what the library says of “%(object)s”"),
        "media.shared": gettext_noop("Shared “%(object)s” with the units below"),
        "media.unshared": gettext_noop("Shares “%(object)s” with the units below no longer"),
        "media.archived": gettext_noop("Archived “%(object)s” of the library"),
        "media.unarchived": gettext_noop("Took “%(object)s” of the library out of the archive"),
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
