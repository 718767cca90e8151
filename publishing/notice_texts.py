"""The sentences of the notices that publishing sends."""

from django.utils.translation import gettext_noop

from accounts.notices import register

SENTENCES = {
    "schedule_stopped": gettext_noop(
        "“%(title)s” was changed after approval, so its schedule was stopped."
    ),
    "delivery_failed": gettext_noop(
        "“%(title)s” could not be published on %(channel)s: %(reason)s"
    ),
    "delivery_expired": gettext_noop(
        "“%(title)s” was too late for %(channel)s and was not published."
    ),
    "picture_over": gettext_noop(
        "“%(title)s” was not published on %(channel)s: a picture in it could be used until %(day)s "
        "only. Take another picture."
    ),
    "post_recalled": gettext_noop("%(by)s recalled “%(title)s” from %(channel)s: %(reason)s"),
    "campaign_recalled": gettext_noop("%(by)s recalled the posts of “%(campaign)s”: %(reason)s"),
    "kit_posts_ended": gettext_noop(
        "%(by)s withdrew the kit “%(title)s”; the posts that came of it stop: %(reason)s"
    ),
    "recall_by_hand": gettext_noop(
        "Please delete “%(title)s” on %(channel)s by hand before %(when)s, then confirm it."
    ),
    "recall_finished": gettext_noop("The recall of “%(title)s” is done on all pages."),
    "delivery_by_hand": gettext_noop(
        "Please post “%(title)s” on %(channel)s by hand before %(until)s."
    ),
    "delivery_needs_person": gettext_noop("Please look whether “%(title)s” stands on %(channel)s."),
    "delivery_in_app": gettext_noop(
        "The video of “%(title)s” lies in the app's inbox for %(channel)s. Open the app, complete "
        "the post and publish it; residents do not see it before."
    ),
    "broadcast_asked": gettext_noop(
        "%(by)s wants to send “%(title)s” to all followers of %(channel)s. Please look "
        "and confirm it, or call it off."
    ),
    "broadcast_sent": gettext_noop("“%(title)s” went to the followers of %(channel)s."),
    "broadcast_failed": gettext_noop("“%(title)s” was not sent to the followers of %(channel)s."),
    "broadcast_unknown": gettext_noop(
        "Please look in OA Manager whether “%(title)s” went to the followers of %(channel)s."
    ),
    "series_submitted": gettext_noop(
        "%(by)s submitted %(n)s posts of the series “%(title)s” for approval."
    ),
    "series_approved": gettext_noop("%(by)s approved %(n)s posts of the series “%(title)s”."),
    "series_to_schedule": gettext_noop(
        "%(by)s approved %(n)s posts of the series “%(title)s”. Next: choose the time of %(left)s "
        "of them."
    ),
    "series_second_asked": gettext_noop(
        "%(n)s posts of the series “%(title)s” of %(unit)s wait for your second approval, the "
        "first until %(when)s."
    ),
    "series_first_approved": gettext_noop(
        "%(by)s approved %(n)s posts of the series “%(title)s”. Their topic asks for a second "
        "approval: the province has until %(when)s for the first of them."
    ),
    "pause_held_back": gettext_noop(
        "A pause held back what fell due meanwhile, and it was not published (%(n)s). Decide about "
        "each: schedule it again or leave it."
    ),
    "pause_started": gettext_noop("%(by)s paused publishing: %(scope)s. Reason: %(reason)s"),
    "pause_planned": gettext_noop(
        "%(by)s planned a pause of publishing from %(start)s: %(scope)s. Reason: %(reason)s"
    ),
    "blackout_started": gettext_noop(
        "%(by)s began a blackout until %(end)s, nothing can be scheduled for it: %(scope)s. "
        "Reason: %(reason)s"
    ),
    "blackout_planned": gettext_noop(
        "%(by)s set a blackout from %(start)s until %(end)s, nothing can be scheduled for it: "
        "%(scope)s. Reason: %(reason)s"
    ),
    "pause_ended": gettext_noop("%(by)s ended the pause of publishing: %(scope)s."),
    "pause_discarded": gettext_noop(
        "%(by)s called off the planned pause of publishing: %(scope)s."
    ),
    "post_gone": gettext_noop(
        "The platform says that “%(title)s” is no longer to be seen on %(channel)s, and "
        "nobody recalled it."
    ),
}

register(
    SENTENCES,
    urgent={
        "delivery_failed",
        "delivery_expired",
        "delivery_by_hand",
        "delivery_needs_person",
        "delivery_in_app",
        "recall_by_hand",
        "broadcast_unknown",
        "pause_held_back",
        "pause_started",
        "post_recalled",
        "campaign_recalled",
        "post_gone",
    },
    later={
        "recall_finished",
        "broadcast_sent",
        "series_approved",
        "series_first_approved",
        "pause_planned",
        "blackout_planned",
        "pause_discarded",
        "pause_ended",
    },
    joined={
        "delivery_failed": ("title", "channel"),
        "delivery_expired": ("title", "channel"),
        "picture_over": ("title", "channel"),
        "recall_by_hand": ("title", "channel"),
        "delivery_by_hand": ("title", "channel"),
        "delivery_needs_person": ("title", "channel"),
        "delivery_in_app": ("title", "channel"),
        "post_gone": ("title", "channel"),
        "broadcast_failed": ("title", "channel"),
        "broadcast_unknown": ("title", "channel"),
    },
)
