"""Describe what the errors mean that Instagram and Threads have in common."""

from platforms import common_messages
from platforms.words import gettext_noop as _

# To an officer, with what to do.
COMMON_REASONS = {
    **dict.fromkeys(("190", "190/463", "190/467", "102"), common_messages.CONNECT_AGAIN),
    "190/458": common_messages.APPLICATION_REMOVED,
    "190/459": _("the platform asks the person who connected the account to sign in there first"),
    "190/460": _("the password of the account that connected the page was changed; connect again"),
    "190/464": _("the platform asks the person who connected the account to sign in there first"),
    "190/492": common_messages.ROLE_GONE,
    **dict.fromkeys(("3", "10", *map(str, range(200, 300))), common_messages.RIGHT_MISSING),
    "368": common_messages.CONTENT_REFUSED,
    **dict.fromkeys(("4", "17", "32", "613", "80002"), common_messages.TOO_MANY_CALLS),
    **dict.fromkeys(("1", "2"), common_messages.PLATFORM_BROKEN),
}
