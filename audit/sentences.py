"""What each action is called on the page. An action without a sentence is shown by its code."""

from collections.abc import Mapping

from django.utils.translation import gettext, gettext_noop

SENTENCES = {
    "post.started": gettext_noop("Began a draft"),
    "post.draft": gettext_noop("Opened “%(object)s” for editing again"),
    "post.in_review": gettext_noop("Submitted “%(object)s” for approval"),
    "post.changes_requested": gettext_noop("Returned “%(object)s” for revision"),
    "post.approved": gettext_noop("Approved “%(object)s”"),
    "post.withdrawn": gettext_noop("Withdrew the post “%(object)s”"),
    "post.archived": gettext_noop("Archived “%(object)s”"),
    "post.duplicated": gettext_noop("Made a copy of “%(object)s”"),
    "post.correction_begun": gettext_noop("Began the draft of a correction: “%(object)s”"),
    "delivery.scheduled": gettext_noop("Scheduled for publication: %(object)s"),
    "delivery.moved": gettext_noop("Moved the time of publication: %(object)s"),
    "delivery.claimed": gettext_noop("Publication is being prepared: %(object)s"),
    "delivery.staged": gettext_noop("Publication is prepared: %(object)s"),
    "delivery.committing": gettext_noop("Publication has begun: %(object)s"),
    "delivery.processing": gettext_noop("The platform is processing it: %(object)s"),
    "delivery.verifying": gettext_noop("The outcome is uncertain and is looked up: %(object)s"),
    "delivery.needs_person": gettext_noop("The platform cannot tell, a person must look: %(object)s"),
    "delivery.by_hand": gettext_noop("To be published by hand: %(object)s"),
    "delivery.published": gettext_noop("Published: %(object)s"),
    "delivery.counted": gettext_noop("Entered the figures by hand: %(object)s"),
    "delivery.recalling": gettext_noop("Began to take it down: %(object)s"),
    "delivery.recalled": gettext_noop("Taken down: %(object)s"),
    "delivery.failed": gettext_noop("Could not be published: %(object)s"),
    "delivery.expired": gettext_noop("Too late, so it was not published: %(object)s"),
    "delivery.cancelled": gettext_noop("Cancelled the schedule: %(object)s"),
    "delivery.left": gettext_noop("Left unpublished what fell due during a pause: %(object)s"),
    "pause.prepared": gettext_noop("Prepared a pause of publishing: %(object)s"),
    "pause.planned": gettext_noop("Planned a pause of publishing: %(object)s"),
    "pause.started": gettext_noop("Paused publishing: %(object)s"),
    "pause.changed": gettext_noop("Changed the end of the pause of publishing: %(object)s"),
    "pause.ended": gettext_noop("Ended the pause of publishing: %(object)s"),
    "pause.discarded": gettext_noop("Called off the pause of publishing: %(object)s"),
    "recall.started": gettext_noop("Recalled “%(object)s” from %(pages)s pages"),
    "recall.finished": gettext_noop("The recall of “%(object)s” came to its end on all pages"),
    "broadcast.planned": gettext_noop("Asked for a broadcast to the followers of %(channel)s: %(object)s"),
    "broadcast.confirmed": gettext_noop("Confirmed the broadcast to the followers of %(channel)s: %(object)s"),
    "broadcast.sending": gettext_noop("The broadcast to the followers of %(channel)s has begun: %(object)s"),
    "broadcast.sent": gettext_noop("Sent to the followers of %(channel)s: %(object)s"),
    "broadcast.unknown": gettext_noop("Nobody can tell whether the followers of %(channel)s received it: %(object)s"),
    "broadcast.failed": gettext_noop("Not sent to the followers of %(channel)s: %(object)s"),
    "broadcast.cancelled": gettext_noop("Called off the broadcast to the followers of %(channel)s: %(object)s"),
    "publishing.frozen": gettext_noop("Froze publishing as a whole"),
    "publishing.release_asked": gettext_noop("Asked for a second person to release publishing"),
    "publishing.released": gettext_noop("Released publishing"),
    "channel.connected": gettext_noop("Connected the channel %(object)s"),
    "channel.connected_again": gettext_noop("Connected the channel %(object)s again"),
    "channel.by_hand": gettext_noop("%(object)s is posted to by hand from now on"),
    "channel.disconnected": gettext_noop("Disconnected the channel %(object)s"),
    "channel.lost": gettext_noop("The connection to %(object)s was lost"),
    "channel.back": gettext_noop("The connection to %(object)s works again"),
    "channel.renamed": gettext_noop("%(object)s was renamed on the platform: “%(was)s” is now “%(now)s”"),
    "channel.frozen": gettext_noop("Froze %(object)s until a person confirms the page"),
    "channel.confirmed": gettext_noop("Confirmed that %(object)s is the unit's page"),
    "channel.paused": gettext_noop("Gave %(object)s a rest"),
    "channel.resumed": gettext_noop("Uses %(object)s again"),
    "channel.taken_over": gettext_noop("Reported that %(object)s is in other hands"),
    "channel.retired": gettext_noop("Closed the channel %(object)s for good"),
    "channel.handed_over": gettext_noop("Handed %(object)s over from %(from_name)s to %(to_name)s"),
    "channel.foreign_post": gettext_noop("Noticed posts on %(object)s that the portal did not make: %(n)s"),
    "channel.foreign_ours": gettext_noop("Says of a post on %(object)s that the unit posted it by hand"),
    "channel.foreign_not_ours": gettext_noop("Says of a post on %(object)s that it is not the unit's"),
    "platform.allowed": gettext_noop("Allowed the platform %(platform)s in %(object)s"),
    "platform.forbidden": gettext_noop("Forbade the platform %(platform)s in %(object)s"),
    "desk.opened": gettext_noop("Opened the reply desk for the units of %(object)s"),
    "desk.closed": gettext_noop("Closed the reply desk for the units of %(object)s"),
    "desk.answered": gettext_noop("Answered a comment under %(object)s"),
    "desk.hid": gettext_noop("Hid a comment under %(object)s"),
    "desk.showed": gettext_noop("Showed a hidden comment under %(object)s again"),
    "campaign.begun": gettext_noop("Began the campaign “%(object)s”"),
    "campaign.changed": gettext_noop("Changed the campaign “%(object)s”"),
    "unit.loaded": gettext_noop("Loaded the national list of units: %(created)s new, %(changed)s changed"),
    "unit.changed_by_list": gettext_noop("%(object)s was changed by the national list (before: %(was)s)"),
    "unit.created": gettext_noop("Added the unit %(object)s"),
    "unit.renamed": gettext_noop("Changed name or code: %(was)s (%(code)s) is now %(object)s"),
    "unit.merged": gettext_noop("Merged %(object)s into %(into)s"),
    "unit.closed": gettext_noop("Closed the unit %(object)s"),
    "unit.posts_followed": gettext_noop(
        "%(object)s ended: %(ended)s posts ended with it, %(moved)s go on in the successor"
    ),
    "account.invited": gettext_noop("Made an account for %(object)s and sent the invitation"),
    "account.invited_again": gettext_noop("Sent %(object)s a new invitation"),
    "account.accepted": gettext_noop("%(object)s accepted the invitation and chose a password"),
    "account.appointed": gettext_noop("Gave %(object)s a post: %(title)s"),
    "account.post_ended": gettext_noop("Ended a post of %(object)s: %(title)s"),
    "account.disabled": gettext_noop("Disabled the account of %(object)s"),
    "account.enabled": gettext_noop("Enabled the account of %(object)s"),
    "account.unlocked": gettext_noop("Unlocked the account of %(object)s after wrong passwords"),
    "account.mfa_reset": gettext_noop("Reset two-factor authentication of %(object)s"),
    "account.corrected": gettext_noop("Corrected name or e-mail of %(object)s"),
    "account.imported": gettext_noop("Imported people from Excel: %(object)s"),
}
GROUPS = {
    "post": gettext_noop("Posts"),
    "delivery": gettext_noop("Publication"),
    "pause": gettext_noop("Pauses"),
    "recall": gettext_noop("Recalls"),
    "broadcast": gettext_noop("Broadcasts to followers"),
    "publishing": gettext_noop("All publishing"),
    "channel": gettext_noop("Channels"),
    "platform": gettext_noop("Platforms"),
    "campaign": gettext_noop("Campaigns"),
    "desk": gettext_noop("Comments"),
    "unit": gettext_noop("Units"),
    "account": gettext_noop("Accounts"),
}


class _Facts(dict):
    """A fact that an older record lacks leaves a gap, not an error."""

    def __missing__(self, name: str) -> str:
        return ""


def sentence(action: str, label: str, data: Mapping[str, object]) -> str:
    """What was done, in the language that is active now."""
    if action not in SENTENCES:
        return f"{action}: {label}" if label else action
    return (gettext(SENTENCES[action]) % _Facts({**data, "object": label})).rstrip(" :")
