"""The words a delivery can be in, and which may follow which: the one table that `services.move` holds everyone to."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class State(models.TextChoices):
    SCHEDULED = "scheduled", _("scheduled")
    CLAIMED = "claimed", _("being prepared")
    STAGED = "staged", _("prepared")
    COMMITTING = "committing", _("being published")
    PROCESSING = "processing", _("processed by the platform")
    VERIFYING = "verifying", _("being verified")
    NEEDS_PERSON = "needs_person", _("needs a person")
    BY_HAND = "by_hand", _("by hand")
    PUBLISHED = "published", _("published")
    RECALLING = "recalling", _("being withdrawn")
    RECALLED = "recalled", _("withdrawn")
    FAILED = "failed", _("not published")
    EXPIRED = "expired", _("too late")
    CANCELLED = "cancelled", _("cancelled")


class PauseStage(models.TextChoices):
    """Where a pause stands: read from its times, never stored."""

    ACTIVE = "active", _("active")
    PLANNED = "planned", _("planned")
    PREPARED = "prepared", _("kept ready")
    PAST = "past", _("ended")
    DISCARDED = "discarded", _("called off")


S = State
NEXT: dict[str, frozenset[str]] = {
    # Recalling: an earlier try left an invisible draft, which is withdrawn instead of forgotten.
    # Verifying: after a restore the row may be older than the page, so the page is asked first.
    S.SCHEDULED: frozenset({S.CLAIMED, S.BY_HAND, S.VERIFYING, S.CANCELLED, S.EXPIRED, S.FAILED, S.RECALLING}),
    S.CLAIMED: frozenset({S.STAGED, S.COMMITTING, S.SCHEDULED, S.VERIFYING, S.FAILED, S.CANCELLED, S.RECALLING}),
    S.STAGED: frozenset({S.COMMITTING, S.RECALLING, S.SCHEDULED, S.VERIFYING}),
    S.COMMITTING: frozenset({S.PUBLISHED, S.PROCESSING, S.VERIFYING, S.SCHEDULED, S.FAILED}),
    S.PROCESSING: frozenset({S.PUBLISHED, S.FAILED, S.NEEDS_PERSON}),
    S.VERIFYING: frozenset({S.PUBLISHED, S.PROCESSING, S.SCHEDULED, S.NEEDS_PERSON, S.VERIFYING}),
    S.NEEDS_PERSON: frozenset({S.PUBLISHED, S.FAILED, S.SCHEDULED, S.RECALLED}),
    # A person: it was recalled, and may have been posted by hand a moment before.
    S.BY_HAND: frozenset({S.PUBLISHED, S.EXPIRED, S.CANCELLED, S.NEEDS_PERSON}),
    S.PUBLISHED: frozenset({S.RECALLING}),
    S.RECALLING: frozenset({S.RECALLED, S.NEEDS_PERSON, S.RECALLING}),
    S.RECALLED: frozenset(),
    S.FAILED: frozenset(),
    S.EXPIRED: frozenset(),
    S.CANCELLED: frozenset(),
}
ENDED = frozenset({S.RECALLED, S.FAILED, S.EXPIRED, S.CANCELLED})
# The engine has it in hand: a lease runs.
IN_HAND = frozenset({S.CLAIMED, S.STAGED, S.COMMITTING})
OPEN = frozenset(S) - ENDED - {S.PUBLISHED}


class BroadcastState(models.TextChoices):
    PLANNED = "planned", _("waits for a second person")
    CONFIRMED = "confirmed", _("confirmed")
    SENDING = "sending", _("being sent")
    UNKNOWN = "unknown", _("unknown")
    SENT = "sent", _("sent")
    FAILED = "failed", _("not sent")
    CANCELLED = "cancelled", _("called off")


B = BroadcastState
BROADCAST_NEXT: dict[str, frozenset[str]] = {
    B.PLANNED: frozenset({B.CONFIRMED, B.CANCELLED}),
    # Unknown: after a restore the row may be older than what was sent.
    B.CONFIRMED: frozenset({B.SENDING, B.UNKNOWN, B.FAILED, B.CANCELLED}),
    # Confirmed: the platform said for certain that nothing was sent, and may be asked again.
    B.SENDING: frozenset({B.SENT, B.UNKNOWN, B.FAILED, B.CONFIRMED}),
    # Only a person ends a doubt.
    B.UNKNOWN: frozenset({B.SENT, B.FAILED}),
    B.SENT: frozenset(),
    B.FAILED: frozenset(),
    B.CANCELLED: frozenset(),
}
# Nothing of it has reached a follower, for certain: another may be asked for.
NEVER_SENT = frozenset({B.FAILED, B.CANCELLED})
# Waits for somebody, for its hour or for the platform.
BROADCAST_OPEN = frozenset({B.PLANNED, B.CONFIRMED, B.SENDING, B.UNKNOWN})
MAY_HAVE_BEEN_SENT = frozenset({B.SENDING, B.UNKNOWN, B.SENT})
# Why a recalled delivery needs a person: to delete it on the page, and to say so.
RECALL_TASKS = frozenset({"withdraw_by_hand", "withdraw_failed"})
