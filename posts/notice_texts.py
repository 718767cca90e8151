"""The sentences of the notices that posts sends."""

from django.utils.translation import gettext_noop

from accounts.notices import register

SENTENCES = {
    "post_submitted": gettext_noop("%(by)s submitted “%(title)s” for approval."),
    "posts_submitted": gettext_noop("%(by)s submitted %(n)s posts together for approval."),
    "post_approved": gettext_noop("%(by)s approved “%(title)s”."),
    "post_to_schedule": gettext_noop(
        "%(by)s approved “%(title)s”. Next: choose the time of publication."
    ),
    "post_second_asked": gettext_noop(
        "“%(title)s” of %(unit)s waits for your second approval, until %(when)s."
    ),
    "post_second_called_off": gettext_noop(
        "%(unit)s took its approval of “%(title)s” back. Please disregard the request for your "
        "second approval."
    ),
    "post_first_approved": gettext_noop(
        "%(by)s approved “%(title)s”. Its topic asks for a second approval: the province has until "
        "%(when)s."
    ),
    "post_second_reminder": gettext_noop(
        "Half of the time is over: “%(title)s” of %(unit)s waits for your second approval, until "
        "%(when)s."
    ),
    "post_second_last_reminder": gettext_noop(
        "Hardly any time is left: “%(title)s” of %(unit)s waits for a second approval, until "
        "%(when)s. Afterwards it goes back to the unit and is not published."
    ),
    "post_second_expired": gettext_noop(
        "“%(title)s” of %(unit)s was not approved a second time by %(when)s. It is back for "
        "revision and is not published."
    ),
    "post_approval_undone": gettext_noop(
        "%(by)s took the approval of “%(title)s” back; it waits for review again."
    ),
    "posts_without_approver": gettext_noop(
        "%(n)s posts of %(unit)s wait, and nobody there can approve them. Please appoint an "
        "approver, or have a leader hand approval over."
    ),
    "posts_wait_for_you": gettext_noop(
        "%(n)s posts of %(unit)s that nobody could approve wait for you now."
    ),
    "post_returned": gettext_noop("%(by)s returned “%(title)s”: %(reason)s"),
    "post_commented": gettext_noop("%(by)s commented on “%(title)s”."),
    "post_words_proposed": gettext_noop("%(by)s proposes other words in “%(title)s”."),
    "post_proposal_taken": gettext_noop("%(by)s took the words that you proposed in “%(title)s”."),
    "allowed_entered": gettext_noop(
        "%(by)s entered for %(unit)s “%(title)s”. Posts may name it once you confirm it."
    ),
    "media_end": gettext_noop(
        "%(n)s pictures or videos of the library end soon, the first after %(day)s. Posts on your "
        "pages that show them: %(live)s."
    ),
    "video_made": gettext_noop("The new video “%(title)s” is there, and is being checked."),
    "media_blurred_above": gettext_noop(
        "%(by)s blurred something out of “%(title)s”, which your unit took over. Yours still shows "
        "it: look whether it may go on being used."
    ),
    "media_blurred_out": gettext_noop(
        "A picture was taken out of the draft “%(title)s”: something was blurred out of it a week "
        "ago. Put the blurred one in its place."
    ),
    "kit_reminder": gettext_noop(
        "%(by)s reminds you of the kit “%(title)s”: nobody of your unit has opened it yet."
    ),
    "post_withdrawn": gettext_noop("%(by)s withdrew “%(title)s”: %(reason)s"),
}

register(
    SENTENCES,
    urgent={"post_second_last_reminder", "posts_without_approver"},
    later={
        "post_approved",
        "post_first_approved",
        "post_proposal_taken",
        "post_second_called_off",
        "video_made",
        "media_end",
    },
    joined={
        "post_second_asked": ("title", "unit", "when"),
        "post_second_reminder": ("title", "unit", "when"),
        "post_second_last_reminder": ("title", "unit", "when"),
        "post_second_expired": ("title", "unit", "when"),
        "allowed_entered": ("title",),
        "media_blurred_out": ("title",),
        "media_blurred_above": ("title",),
        "video_made": ("title",),
    },
)
