"""The sentences of the notices that channels sends."""

from django.utils.translation import gettext_noop

from accounts.notices import register

SENTENCES = {
    "channel_lost": gettext_noop(
        "The connection to %(channel)s no longer works. It must be connected again."
    ),
    "channel_expiring": gettext_noop("The connection to %(channel)s expires on %(date)s."),
    "channels_expiring": gettext_noop("Connections of your units that end soon (%(n)s): %(units)s"),
    "package_expiring": gettext_noop(
        "The package of %(channel)s is paid until %(date)s. Without it the platform takes no posts."
    ),
    "packages_expiring": gettext_noop(
        "Packages of your units' accounts that end soon (%(n)s): %(units)s"
    ),
    "channel_frozen": gettext_noop(
        "Nothing goes out on %(channel)s (%(unit)s) until the unit confirms the page. %(reason)s"
    ),
    "channel_to_confirm": gettext_noop(
        "%(by)s connected %(channel)s for %(unit)s. Please compare the page with the "
        "unit and confirm or refuse it."
    ),
    "channel_page_confirmed": gettext_noop(
        "%(by)s confirmed %(channel)s. Approved posts go out there at their time."
    ),
    "channel_page_refused": gettext_noop("%(by)s refused and disconnected %(channel)s: %(reason)s"),
    "channel_taken_over": gettext_noop(
        "%(by)s reports that %(channel)s (%(unit)s) is in other hands: %(reason)s"
    ),
    "channel_handed_over": gettext_noop(
        "%(by)s handed %(channel)s over from %(unit)s to your unit."
    ),
    "page_change_proposed": gettext_noop(
        "%(by)s proposes new words for the page %(channel)s. Please read and decide."
    ),
    "page_change_refused": gettext_noop("%(by)s did not approve your words for %(channel)s."),
    "page_change_written": gettext_noop("The new words stand on the page %(channel)s."),
    "page_change_failed": gettext_noop(
        "The platform did not take the new words for the page %(channel)s: %(why)s"
    ),
    "foreign_post": gettext_noop(
        "Posts that the portal did not make stand on %(channel)s (%(n)s). Please look now."
    ),
    "foreign_not_ours": gettext_noop(
        "%(by)s says that a post on %(channel)s (%(unit)s) is not the unit's: the page "
        "may be in other hands."
    ),
}

register(
    SENTENCES,
    urgent={
        "channel_lost",
        "channel_frozen",
        "channel_taken_over",
        "foreign_post",
        "foreign_not_ours",
    },
    later={"channel_page_confirmed", "channel_handed_over", "page_change_written"},
    joined={
        "channel_lost": ("channel",),
        "channel_expiring": ("channel",),
        "package_expiring": ("channel",),
        "channel_frozen": ("channel", "unit"),
    },
)
