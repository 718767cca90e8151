"""The words of the record for what channels does, and the pages of what they are about."""

from django.utils.translation import gettext_noop

from accounts.permissions import Permission
from audit.sentences import register, register_page

register(
    {
        "channel.connected": gettext_noop("Connected the channel %(object)s"),
        "channel.connected_again": gettext_noop("Connected the channel %(object)s again"),
        "channel.by_hand": gettext_noop("%(object)s is posted to by hand from now on"),
        "channel.disconnected": gettext_noop("Disconnected the channel %(object)s"),
        "channel.grant_ended": gettext_noop(
            "Ended the portal's access to %(object)s at the platform"
        ),
        "channel.grant_left": gettext_noop(
            "The platform did not end the portal's access to %(object)s; people have to"
        ),
        "channel.grant_kept": gettext_noop(
            "Kept the access to %(object)s at the platform: another channel uses it"
        ),
        "channel.lost": gettext_noop("The connection to %(object)s was lost"),
        "channel.back": gettext_noop("The connection to %(object)s works again"),
        "channel.renamed": gettext_noop(
            "%(object)s was renamed on the platform: “%(was)s” is now “%(now)s”"
        ),
        "channel.frozen": gettext_noop("Froze %(object)s until a person confirms the page"),
        "channel.confirmed": gettext_noop("Confirmed that %(object)s is the unit's page"),
        "channel.page_confirmed": gettext_noop(
            "Confirmed the newly connected page %(object)s as the unit's"
        ),
        "channel.page_refused": gettext_noop(
            "Refused and disconnected the page %(object)s: it is not the unit's"
        ),
        "channel.paused": gettext_noop("Gave %(object)s a rest"),
        "channel.resumed": gettext_noop("Uses %(object)s again"),
        "channel.taken_over": gettext_noop("Reported that %(object)s is in other hands"),
        "channel.retired": gettext_noop("Closed the channel %(object)s for good"),
        "channel.handed_over": gettext_noop(
            "Handed %(object)s over from %(from_name)s to %(to_name)s"
        ),
        "channel.foreign_post": gettext_noop(
            "Noticed posts on %(object)s that the portal did not make: %(n)s"
        ),
        "channel.foreign_ours": gettext_noop(
            "Says of a post on %(object)s that the unit posted it by hand"
        ),
        "channel.foreign_not_ours": gettext_noop(
            "Says of a post on %(object)s that it is not the unit's"
        ),
        "channel.page_seen": gettext_noop("Said what the page %(object)s has and lacks"),
        "channel.change_proposed": gettext_noop("Proposed new words for the page %(object)s"),
        "channel.change_withdrawn": gettext_noop("Withdrew proposed words for the page %(object)s"),
        "channel.change_approved": gettext_noop("Approved new words for the page %(object)s"),
        "channel.change_refused": gettext_noop(
            "Did not approve proposed words for the page %(object)s"
        ),
        "channel.change_written": gettext_noop("Wrote approved words on the page %(object)s"),
        "channel.change_failed": gettext_noop(
            "Approved words could not be written on the page %(object)s"
        ),
        "platform.allowed": gettext_noop("Allowed the platform %(platform)s in %(object)s"),
        "platform.forbidden": gettext_noop("Forbade the platform %(platform)s in %(object)s"),
    },
    groups={
        "channel": gettext_noop("Channels"),
        "platform": gettext_noop("Platforms"),
    },
    place=30,
)

register_page("channels.channel", "channels:channel", right=Permission.CHANNEL_VIEW)
