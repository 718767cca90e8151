"""The words of the record for what publishing does, and the pages of what they are about."""

from django.utils.translation import gettext_noop

from accounts.permissions import Permission
from audit.sentences import register, register_names, register_page
from publishing.deliveries.queries import names_of_deliveries

register(
    {
        "delivery.scheduled": gettext_noop("Scheduled for publication: %(object)s"),
        "delivery.moved": gettext_noop("Moved the time of publication: %(object)s"),
        "delivery.claimed": gettext_noop("Publication is being prepared: %(object)s"),
        "delivery.staged": gettext_noop("Publication is prepared: %(object)s"),
        "delivery.committing": gettext_noop("Publication has begun: %(object)s"),
        "delivery.processing": gettext_noop("The platform is processing it: %(object)s"),
        "delivery.verifying": gettext_noop("The outcome is uncertain and is looked up: %(object)s"),
        "delivery.needs_person": gettext_noop(
            "The platform cannot tell, a person must look: %(object)s"
        ),
        "delivery.by_hand": gettext_noop("To be published by hand: %(object)s"),
        "delivery.published": gettext_noop("Published: %(object)s"),
        "delivery.recall_asked": gettext_noop(
            "To be taken down as soon as its outcome is known: %(object)s"
        ),
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
        "series.begun": gettext_noop("Made a series of the post: %(object)s"),
        "series.changed": gettext_noop("Changed the later posts of the series: %(object)s"),
        "series.stopped": gettext_noop("Stopped the series: %(object)s"),
        "slot.added": gettext_noop("Added a slot at %(time)s: %(object)s"),
        "slot.removed": gettext_noop("Removed the slot at %(time)s: %(object)s"),
        "slot.suggested": gettext_noop("Suggested a slot at %(time)s to the units of %(object)s"),
        "slot.suggestion_removed": gettext_noop(
            "Removed the suggested slot at %(time)s for the units of %(object)s"
        ),
        "calendar_link.made": gettext_noop("Made a calendar link: %(object)s"),
        "calendar_link.revoked": gettext_noop("Revoked a calendar link: %(object)s"),
        "calendar_link.ended": gettext_noop(
            "Ended a calendar link whose owner no longer sees the unit: %(object)s"
        ),
        "recall.started": gettext_noop("Recalled “%(object)s” from %(pages)s pages"),
        "recall.finished": gettext_noop("The recall of “%(object)s” came to its end on all pages"),
        "broadcast.planned": gettext_noop(
            "Asked for a broadcast to the followers of %(channel)s: %(object)s"
        ),
        "broadcast.confirmed": gettext_noop(
            "Confirmed the broadcast to the followers of %(channel)s: %(object)s"
        ),
        "broadcast.sending": gettext_noop(
            "The broadcast to the followers of %(channel)s has begun: %(object)s"
        ),
        "broadcast.sent": gettext_noop("Sent to the followers of %(channel)s: %(object)s"),
        "broadcast.unknown": gettext_noop(
            "Nobody can tell whether the followers of %(channel)s received it: %(object)s"
        ),
        "broadcast.failed": gettext_noop("Not sent to the followers of %(channel)s: %(object)s"),
        "broadcast.cancelled": gettext_noop(
            "Called off the broadcast to the followers of %(channel)s: %(object)s"
        ),
        "share.made": gettext_noop("Opened a share page: %(object)s"),
        "share.revoked": gettext_noop("Closed the share page: %(object)s"),
        "share.closed": gettext_noop("The share page closed with the agreement: %(object)s"),
        "publishing.frozen": gettext_noop("Froze publishing as a whole"),
        "publishing.release_asked": gettext_noop("Asked for a second person to release publishing"),
        "publishing.released": gettext_noop("Released publishing"),
    },
    groups={
        "delivery": gettext_noop("Publication"),
        "pause": gettext_noop("Pauses"),
        "slot": gettext_noop("Slots"),
        "calendar_link": gettext_noop("Calendar links"),
        "series": gettext_noop("Series of posts"),
        "recall": gettext_noop("Recalls"),
        "share": gettext_noop("Posts shared with partners"),
        "broadcast": gettext_noop("Broadcasts to followers"),
        "publishing": gettext_noop("All publishing"),
    },
    place=20,
)

register_page("posts.post", "publishing:post", right=Permission.POST_VIEW)
register_page("publishing.delivery", "publishing:delivery", right=Permission.POST_VIEW)
register_names("publishing.delivery", names_of_deliveries)
