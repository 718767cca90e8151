"""A delivery's state and reason, in the words of the person who has to act on it."""

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from core.clock import format_local_time
from publishing.models import Attempt, Delivery, Pause, Pauses
from publishing.presenters import delivery_texts as texts
from publishing.presenters.status import StatusView, pick
from publishing.presenters.text import as_sentence, format_moment
from publishing.states import PAUSABLE, RECALL_TASKS, State

NO_PAUSES = Pauses()


def delivery_sentence(delivery: Delivery) -> str:
    """Describe the state in a sentence that says what happens next, or what to do.

    Needs ``channel`` loaded.
    """
    return delivery_status(delivery).sentence


def delivery_status(delivery: Delivery, pauses: Pauses = NO_PAUSES) -> StatusView:
    """Describe the delivery's state as a badge and a sentence.

    ``pauses`` are those of the person who reads it; then ``post`` and ``unit`` must be loaded, too.
    """
    state = State(delivery.state)
    if state in PAUSABLE | {State.MANUAL} and (pause := pauses.over(delivery)):
        return _paused_status(delivery, pause, pauses.now)
    status = pick(delivery, texts.CASES.get(state, ()), texts.BY_REASON[state]).of(delivery)
    if state == State.NEEDS_PERSON:
        return _add_recall_words(delivery, status)
    if state == State.EXPIRED and delivery.awaits_decision:
        return _append_words(status, _("Decide: schedule it again or leave it."))
    return status


def _append_words(status: StatusView, text: str) -> StatusView:
    return status._replace(sentence=f"{status.sentence} {text}")


def _paused_status(delivery: Delivery, pause: Pause, now: datetime) -> StatusView:
    reason = as_sentence(pause.reason)
    if delivery.state == State.MANUAL:
        return texts.MANUAL_PAUSED.of(delivery, reason=reason)
    if delivery.fire_at <= now:
        return texts.PAUSED_TOO_LONG.of(delivery, reason=reason)
    if pause.started_at and pause.started_at > now:
        return texts.PAUSE_PLANNED.of(
            delivery, reason=reason, start=format_moment(pause.started_at)
        )
    if pause.ended_at:
        return texts.PAUSED_UNTIL.of(delivery, reason=reason, end=format_moment(pause.ended_at))
    return texts.PAUSED_FOR_NOW.of(delivery, reason=reason)


def _add_recall_words(delivery: Delivery, status: StatusView) -> StatusView:
    """Add what a recall means for a person's look, or by when the person is to take the post
    down.
    """
    if delivery.error_code not in RECALL_TASKS:
        recalled = _("It is recalled: if it stands there, it is taken down at once.")
        return _append_words(status, recalled) if delivery.recall_id else status
    if delivery.manual_deadline is None:
        return status
    when = {"when": format_moment(delivery.manual_deadline)}
    if delivery.manual_deadline <= timezone.now():
        overdue = status._replace(label=_("Overdue"), icon="clock-exclamation")
        return _append_words(overdue, _("It should have been done by %(when)s.") % when)
    return _append_words(
        status._replace(label=_("Delete by hand")), _("Do it before %(when)s.") % when
    )


def describe_attempt(attempt: Attempt) -> str:
    outcome = attempt.get_outcome_display() or _("under way")
    facts = {"n": attempt.number, "when": format_local_time(attempt.started_at), "outcome": outcome}
    return _("Try %(n)s, %(when)s: %(outcome)s") % facts
