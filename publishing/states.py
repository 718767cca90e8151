"""The words a delivery can be in, and which may follow which: the one table that `transitions.move`
holds everyone to.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class State(models.TextChoices):
    SCHEDULED = "scheduled", _("scheduled")
    CLAIMED = "claimed", _("being prepared")
    STAGED = "staged", _("prepared")
    COMMITTING = "committing", _("being published")
    PROCESSING = "processing", _("processed by the platform")
    VERIFYING = "verifying", _("being verified")
    NEEDS_PERSON = "needs_person", _("needs a person")
    MANUAL = "by_hand", _("by hand")
    PUBLISHED = "published", _("published")
    RECALLING = "recalling", _("being withdrawn")
    RECALLED = "recalled", _("withdrawn")
    FAILED = "failed", _("not published")
    EXPIRED = "expired", _("too late")
    CANCELLED = "cancelled", _("cancelled")


class Reason(models.TextChoices):
    """The reason for a delivery's state, and so for the
    sentence people read: see `publishing/presenters/delivery.py`."""

    NONE = ""
    # It waits for another try, or for its channel.
    LATER = "later"
    ACCESS = "access"
    # Nobody knows whether it is visible.
    UNKNOWN = "unknown"
    PROCESSING = "processing"  # the platform has not said for a day what became of it
    IN_APP = "in_app"  # a person completes it in the platform's app, or did
    # It was not published.
    REFUSED = "refused"
    DOES_NOT_FIT = "does_not_fit"
    TOO_MANY_TRIES = "too_many_tries"
    CONTENT_CHANGED = "content_changed"
    NOT_APPROVED = "not_approved"
    LEAK = "leak"  # a rule of the leak check became stricter since the approval
    NOT_THERE = "not_there"  # a person has looked
    OTHER = "other"  # what earlier versions gave as a reason, and no longer has a sentence
    EXPIRED = "expired"
    PAUSED = "paused"
    STOPPED = "stopped"
    CHANNEL_LEFT = "channel_left"
    KIT_WITHDRAWN = "kit_withdrawn"  # by those who wrote the kit from which it came
    # It is to be taken down, or was.
    MANUAL_WITHDRAWAL = "withdraw_by_hand"
    WITHDRAW_FAILED = "withdraw_failed"
    TAKEN_DOWN = "taken_down"  # the platform said so; it has not been read back yet
    HIDDEN = "hidden"
    MANUAL = "by_hand"


class Outcome(models.TextChoices):
    """The end of one try. Under way, it has none."""

    PUBLISHED = "published", _("published")
    LATER = "later", _("the platform was not ready; tried again later")
    REFUSED = "refused", _("refused by the platform")
    ACCESS = "access", _("the connection to the channel was lost")
    UNKNOWN = "unknown", _("no answer; verified on the page")
    STOPPED = "stopped", _("stopped before it was visible")
    PREPARED = "prepared", _("brought to the platform ahead of time")
    PROCESSING = "processing", _("taken by the platform, which still works on it")


class ReceiptSource(models.TextChoices):
    """The source that says that the post is or was on the
    page: the platform, unless an officer had to."""

    PLATFORM = "platform"  # by its number
    POSTED = "posted"  # an officer, who posted it by hand
    SEEN = "seen"  # an officer, who saw it there


class PauseStage(models.TextChoices):
    """The stage of a pause: read from its times, never stored."""

    # With a context: Django calls an account "active", too.
    ACTIVE = "active", pgettext_lazy("pause", "active")
    PLANNED = "planned", _("planned")
    PREPARED = "prepared", _("kept ready")
    PAST = "past", _("ended")
    DISCARDED = "discarded", _("called off")


class PostGroup(models.TextChoices):
    """The tabs of the list of posts: each post is in one of them at most. Read from the post and
    its deliveries.
    """

    DRAFTS = "drafts", _("Drafts")
    REVIEW = "review", _("Awaiting approval")
    UNSCHEDULED = "unscheduled", _("No time set")
    UPCOMING = "upcoming", _("Will be published")
    PUBLISHED = "published", _("Published")
    TROUBLE = "trouble", _("With problems")


NEXT: dict[str, frozenset[str]] = {
    # Recalling: an earlier try left an invisible draft, which is withdrawn instead of forgotten.
    # Verifying: after a restore the row may be older than the page, so the page is asked first.
    State.SCHEDULED: frozenset(
        {
            State.CLAIMED,
            State.MANUAL,
            State.VERIFYING,
            State.CANCELLED,
            State.EXPIRED,
            State.FAILED,
            State.RECALLING,
        }
    ),
    State.CLAIMED: frozenset(
        {
            State.STAGED,
            State.COMMITTING,
            State.SCHEDULED,
            State.VERIFYING,
            State.FAILED,
            State.CANCELLED,
            State.RECALLING,
        }
    ),
    State.STAGED: frozenset({State.COMMITTING, State.RECALLING, State.SCHEDULED, State.VERIFYING}),
    State.COMMITTING: frozenset(
        {State.PUBLISHED, State.PROCESSING, State.VERIFYING, State.SCHEDULED, State.FAILED}
    ),
    State.PROCESSING: frozenset({State.PUBLISHED, State.FAILED, State.NEEDS_PERSON}),
    State.VERIFYING: frozenset(
        {
            State.PUBLISHED,
            State.PROCESSING,
            State.SCHEDULED,
            State.NEEDS_PERSON,
            State.VERIFYING,
        }
    ),
    State.NEEDS_PERSON: frozenset({State.PUBLISHED, State.FAILED, State.SCHEDULED, State.RECALLED}),
    # A person: it was recalled, and may have been posted by hand a moment before.
    State.MANUAL: frozenset({State.PUBLISHED, State.EXPIRED, State.CANCELLED, State.NEEDS_PERSON}),
    State.PUBLISHED: frozenset({State.RECALLING}),
    State.RECALLING: frozenset({State.RECALLED, State.NEEDS_PERSON, State.RECALLING}),
    State.RECALLED: frozenset(),
    State.FAILED: frozenset(),
    State.EXPIRED: frozenset(),
    State.CANCELLED: frozenset(),
}

# Which reasons a state may bear. `transitions.move` and a constraint of the database hold to it.
REASONS: dict[str, frozenset[str]] = {
    State.SCHEDULED: frozenset({Reason.NONE, Reason.LATER, Reason.ACCESS}),
    State.CLAIMED: frozenset({Reason.NONE}),
    State.STAGED: frozenset({Reason.NONE}),
    State.COMMITTING: frozenset({Reason.NONE}),
    State.PROCESSING: frozenset({Reason.NONE, Reason.IN_APP}),
    State.VERIFYING: frozenset({Reason.UNKNOWN}),
    State.NEEDS_PERSON: frozenset(
        {
            Reason.UNKNOWN,
            Reason.PROCESSING,
            Reason.IN_APP,
            Reason.MANUAL_WITHDRAWAL,
            Reason.WITHDRAW_FAILED,
        }
    ),
    State.MANUAL: frozenset({Reason.NONE}),
    State.PUBLISHED: frozenset({Reason.NONE, Reason.IN_APP}),
    # Stopped: what is withdrawn is a draft whose approval ended.
    State.RECALLING: frozenset({Reason.NONE, Reason.STOPPED, Reason.TAKEN_DOWN, Reason.ACCESS}),
    State.RECALLED: frozenset({Reason.NONE, Reason.HIDDEN, Reason.MANUAL}),
    State.FAILED: frozenset(
        {
            Reason.REFUSED,
            Reason.DOES_NOT_FIT,
            Reason.TOO_MANY_TRIES,
            Reason.CONTENT_CHANGED,
            Reason.NOT_APPROVED,
            Reason.LEAK,
            Reason.NOT_THERE,
            Reason.OTHER,
        }
    ),
    State.EXPIRED: frozenset({Reason.EXPIRED, Reason.PAUSED}),
    State.CANCELLED: frozenset(
        {Reason.NONE, Reason.STOPPED, Reason.CHANNEL_LEFT, Reason.KIT_WITHDRAWN}
    ),
}
# Why a recalled delivery needs a person: to delete it on the page, and to say so.
RECALL_TASKS = frozenset({Reason.MANUAL_WITHDRAWAL, Reason.WITHDRAW_FAILED})

# --- sets of states, each named for the question that it answers ----------------------------------

# Is it over, so that the post may be scheduled again on its channel?
ENDED = frozenset({State.RECALLED, State.FAILED, State.EXPIRED, State.CANCELLED})
# Is nothing left to do, by the portal or by a person?
CONCLUDED = ENDED | {State.PUBLISHED}
OPEN = frozenset(State) - CONCLUDED
# Once the record knows one of these, does nothing of it go out again, whatever its row says?
OVER = CONCLUDED | {State.RECALLING}
# Has the engine taken it, so that a lease runs?
IN_HAND = frozenset({State.CLAIMED, State.STAGED, State.COMMITTING})
# Is it in hand, and its visible call not begun?
IN_PREPARATION = frozenset({State.CLAIMED, State.STAGED})
# Has nobody taken it: does it wait for its hour, or for a person to post it?
WAITING = frozenset({State.SCHEDULED, State.MANUAL})
# Does a pause that begins now keep it back?
PAUSABLE = frozenset({State.SCHEDULED}) | IN_PREPARATION
# Can it still be stopped, for nothing that makes it visible has begun?
CANCELLABLE = WAITING | IN_PREPARATION
# Can its time be changed, for nobody has it in hand and nothing of it is out?
MOVABLE = frozenset({State.SCHEDULED})
# May it have become visible under an id that is not known yet?
MAY_BE_VISIBLE = frozenset(
    {State.COMMITTING, State.PROCESSING, State.VERIFYING, State.NEEDS_PERSON}
)
# Can it be taken down, now or when it is known to be visible?
RECALLABLE = MAY_BE_VISIBLE | {State.PUBLISHED}
# Is there something on the platform, whatever the row's references say?
ON_THE_PLATFORM = frozenset({State.STAGED, State.PUBLISHED})
# May the platform still fetch its pictures from the portal?
MAY_BE_FETCHED = IN_HAND | {State.PROCESSING, State.VERIFYING, State.PUBLISHED}
# Does it change by itself, for the engine or the platform works on it?
MOVING = IN_HAND | {State.PROCESSING, State.VERIFYING, State.RECALLING}
# Does it wait for a person, or may it?
UNDECIDED = frozenset({State.NEEDS_PERSON, State.PROCESSING})
# Is the platform asked what became of it?
ASKED_ABOUT = frozenset({State.VERIFYING, State.PROCESSING})
# Will it become visible by itself, unless something goes wrong?
GOING_OUT = frozenset({State.SCHEDULED}) | IN_HAND | ASKED_ABOUT
# May it still become visible, so that people expect it at its hour?
EXPECTED = GOING_OUT | {State.MANUAL}
# Is it late once its hour has passed, for nobody has reported a visible call?
LATE_AFTER_ITS_HOUR = WAITING | IN_HAND
# Will residents read it on the page, now or later?
READABLE = EXPECTED | {State.NEEDS_PERSON, State.PUBLISHED}
# Was it to be published, and was not?
MISSED = frozenset({State.FAILED, State.EXPIRED})
# May it wait for a person's act before anything comes of it, as its page or its reason says?
MAY_BE_IN_TROUBLE = MISSED | {State.NEEDS_PERSON, State.SCHEDULED, State.RECALLING}
# Did it end without ever being visible? (Of RECALLED its `published_at` says so.)
ENDED_UNPUBLISHED = ENDED - {State.RECALLED}
# Was it stopped, or is it being stopped?
STOPPED = frozenset({State.CANCELLED, State.RECALLING})
# Is it gone from the page, or being taken down?
TAKEN_DOWN = frozenset({State.RECALLING, State.RECALLED})
# Was it recalled while it was under way, and can be taken down or stopped now?
TO_PULL_BACK = frozenset({State.PUBLISHED, State.SCHEDULED})
# May it be visible in spite of its recall?
RECALL_PENDING = frozenset({State.RECALLING, State.VERIFYING})
# May it have gone further than a database knows that was restored from a copy?
UNKNOWN_AFTER_RESTORE = IN_HAND | {State.VERIFYING}
# May a restored database show it as planned, though it was sent since the copy was made?
PLANNED_IN_A_COPY = frozenset({State.SCHEDULED})
# Has its unit, or its platform, time until the deadline?
HAS_UNTIL_THE_DEADLINE = frozenset({State.MANUAL, State.PROCESSING})
# Which states does each filter of the calendar show?
CALENDAR_FILTERS: dict[str, frozenset[State]] = {
    "waiting": frozenset({State.SCHEDULED}),
    "going": MOVING,
    "attention": MISSED | {State.NEEDS_PERSON, State.MANUAL},
    "published": frozenset({State.PUBLISHED}),
    "ended": frozenset({State.CANCELLED, State.RECALLED}),
}


class BroadcastState(models.TextChoices):
    PLANNED = "planned", _("waits for a second person")
    CONFIRMED = "confirmed", _("confirmed")
    SENDING = "sending", _("being sent")
    UNKNOWN = "unknown", _("unknown")
    SENT = "sent", _("sent")
    FAILED = "failed", _("not sent")
    CANCELLED = "cancelled", _("called off")


class BroadcastReason(models.TextChoices):
    """The reason for a broadcast's state: see `publishing/broadcasts/presenters.py`."""

    NONE = ""
    LATER = "later"
    # Nobody knows whether it was sent: no answer, the worker died, the database is an old one.
    UNKNOWN = "unknown"
    DIED = "died"
    RESTORED = "restored"
    # It was not sent.
    REFUSED = "refused"
    ACCESS = "access"
    TOO_LATE = "too_late"
    NOT_LIVE = "not_standing"
    NOT_APPROVED = "not_approved"
    NOT_THERE = "not_there"
    UNCONFIRMED = "unconfirmed"


BROADCAST_NEXT: dict[str, frozenset[str]] = {
    BroadcastState.PLANNED: frozenset({BroadcastState.CONFIRMED, BroadcastState.CANCELLED}),
    # Unknown: after a restore the row may be older than what was sent.
    BroadcastState.CONFIRMED: frozenset(
        {
            BroadcastState.SENDING,
            BroadcastState.UNKNOWN,
            BroadcastState.FAILED,
            BroadcastState.CANCELLED,
        }
    ),
    # Confirmed: the platform said for certain that nothing was sent, and may be asked again.
    BroadcastState.SENDING: frozenset(
        {
            BroadcastState.SENT,
            BroadcastState.UNKNOWN,
            BroadcastState.FAILED,
            BroadcastState.CONFIRMED,
        }
    ),
    # Only a person ends an unknown outcome.
    BroadcastState.UNKNOWN: frozenset({BroadcastState.SENT, BroadcastState.FAILED}),
    BroadcastState.SENT: frozenset(),
    BroadcastState.FAILED: frozenset(),
    BroadcastState.CANCELLED: frozenset(),
}
# Which reasons a broadcast's state may bear, as `REASONS` says of a delivery's.
# What the worker has something to do for, by itself.
BROADCASTS_UNDER_WAY = (
    BroadcastState.PLANNED,
    BroadcastState.CONFIRMED,
    BroadcastState.SENDING,
)

BROADCAST_REASONS: dict[str, frozenset[str]] = {
    BroadcastState.PLANNED: frozenset({BroadcastReason.NONE}),
    BroadcastState.CONFIRMED: frozenset({BroadcastReason.NONE, BroadcastReason.LATER}),
    BroadcastState.SENDING: frozenset({BroadcastReason.NONE, BroadcastReason.LATER}),
    BroadcastState.UNKNOWN: frozenset(
        {BroadcastReason.UNKNOWN, BroadcastReason.DIED, BroadcastReason.RESTORED}
    ),
    BroadcastState.SENT: frozenset({BroadcastReason.NONE}),
    BroadcastState.FAILED: frozenset(
        {
            BroadcastReason.REFUSED,
            BroadcastReason.ACCESS,
            BroadcastReason.TOO_LATE,
            BroadcastReason.NOT_LIVE,
            BroadcastReason.NOT_APPROVED,
            BroadcastReason.NOT_THERE,
        }
    ),
    BroadcastState.CANCELLED: frozenset(
        {BroadcastReason.NONE, BroadcastReason.UNCONFIRMED, BroadcastReason.RESTORED}
    ),
}
# Has nothing of it reached a follower, for certain, so that another may be asked for?
NEVER_SENT = frozenset({BroadcastState.FAILED, BroadcastState.CANCELLED})
# Can it still be called off?
BROADCAST_CANCELLABLE = frozenset({BroadcastState.PLANNED, BroadcastState.CONFIRMED})
# Does it go out by itself?
BROADCAST_GOING_OUT = frozenset({BroadcastState.CONFIRMED, BroadcastState.SENDING})
# Does it wait for somebody, for its hour or for the platform?
BROADCAST_OPEN = BROADCAST_CANCELLABLE | BROADCAST_GOING_OUT | {BroadcastState.UNKNOWN}
# Once the record knows one of these, is it sent no more, whatever its row says?
BROADCAST_OVER = NEVER_SENT | {BroadcastState.UNKNOWN, BroadcastState.SENT}
MAY_HAVE_BEEN_SENT = frozenset(
    {BroadcastState.SENDING, BroadcastState.UNKNOWN, BroadcastState.SENT}
)
