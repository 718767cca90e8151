"""A post's state and next step, from its own state and its deliveries."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from posts.models import Post
from posts.states import PostState
from publishing.deliveries.queries import newest_by_channel
from publishing.models import Delivery, Pauses
from publishing.presenters.delivery import NO_PAUSES, delivery_status
from publishing.presenters.scheduling import planned_times_sentence, second_step_sentence
from publishing.presenters.status import TONES, StatusView
from publishing.presenters.text import as_sentence, format_moment
from publishing.states import (
    ENDED,
    MISSED,
    MOVING,
    PAUSABLE,
    State,
)

# Tone and icon of each state.
_BADGES = {
    PostState.DRAFT: ("grey", "pencil"),
    PostState.IN_REVIEW: ("yellow", "hourglass"),
    PostState.CHANGES_REQUESTED: ("red", "corner-down-right"),
    PostState.APPROVED: ("green", "circle-check"),
    PostState.WITHDRAWN: ("red", "ban"),
    PostState.ARCHIVED: ("grey", "archive"),
}


def post_label(state: str) -> StatusView:
    """Describe a post's own state as a badge."""
    tone, icon = _BADGES[PostState(state)]
    return StatusView(str(capfirst(PostState(state).label)), tone, icon, "")


def _own_label(post: Post) -> StatusView:
    badge = post_label(post.state)
    if post.endorsed_revision_id:
        return badge._replace(label=_("Awaiting the second approval"))
    return badge


def summarise(statuses: Iterable[StatusView]) -> StatusView:
    """Say in one line what became of a post on its channels: "Published 2/5 · 1 connection lost".

    What is published is said first, then the worst; tone and icon are the worst one's.
    """
    counted = Counter(status._replace(sentence="") for status in statuses)
    published = _("Published")
    first, *others = sorted(
        counted, key=lambda status: (status.label != published, TONES.index(status.tone))
    )
    worst = min(counted, key=lambda status: TONES.index(status.tone))
    n = counted.total()
    parts = [first.label if n == 1 else f"{first.label} {counted[first]}/{n}"]
    parts += [f"{counted[status]} {status.label[0].lower()}{status.label[1:]}" for status in others]
    return worst._replace(label=" · ".join(parts))


def post_status(
    post: Post, deliveries: Iterable[Delivery], pauses: Pauses = NO_PAUSES
) -> StatusView:
    """Say in a badge what became of a post: its own state, and that on its channels.

    The ``deliveries`` need ``channel``, ``unit`` and ``post`` loaded.
    """
    badge = _own_label(post)
    newest = newest_by_channel(deliveries)
    if post.state != PostState.APPROVED:
        # What the approval let out may still stand there, or wait to be taken down.
        statuses = [delivery_status(d, pauses) for d in newest if d.state not in ENDED]
        if not statuses:
            return badge
        there = summarise(statuses)
        worse = there if there.tone == "red" else badge
        return worse._replace(label=f"{badge.label} · {there.label[0].lower()}{there.label[1:]}")
    if all(
        d.state == State.CANCELLED or (d.state == State.RECALLED and not d.published_at)
        for d in newest
    ):
        return StatusView(_("Approved, no time set"), "yellow", "calendar-plus", "")
    return summarise(delivery_status(d, pauses) for d in newest)


def next_step(
    post: Post,
    deliveries: list[Delivery],
    *,
    now: datetime,
    reason: str = "",
    pauses: Pauses = NO_PAUSES,
) -> StatusView:
    """Say what happens next with the post and when, in one sentence.

    ``reason`` is why it was returned or withdrawn.
    """
    badge = _own_label(post)
    match PostState(post.state):
        case PostState.DRAFT:
            text = _("Being drafted by %(who)s. Next: submit it for approval.") % {
                "who": post.last_editor
            }
        case PostState.IN_REVIEW if post.endorsed_revision_id:
            text = second_step_sentence(post)
        case PostState.IN_REVIEW:
            text = _(
                "Submitted at %(when)s. Next: the head of %(unit)s approves or returns it."
            ) % {
                "when": format_moment(post.submitted_at or post.changed_at),
                "unit": post.unit,
            }
        case PostState.CHANGES_REQUESTED:
            text = _("Returned: %(reason)s Next: revise it and submit it again.") % {
                "reason": as_sentence(reason)
            }
        case PostState.WITHDRAWN:
            text = _withdrawn_sentence(deliveries, reason)
        case PostState.ARCHIVED:
            text = _("Put away. Its record stays.")
        case PostState.APPROVED:
            newest = _Newest(newest_by_channel(deliveries), now, pauses)
            return _add_trouble(_step_of_approved(newest), newest)
    return badge._replace(sentence=text)


def _withdrawn_sentence(deliveries: list[Delivery], reason: str) -> str:
    text = _("Withdrawn: %(reason)s") % {"reason": as_sentence(reason)}
    if n := sum(row.state == State.PUBLISHED for row in deliveries):
        text += " " + ngettext(
            "It still stands on %(n)s channel; take it down there.",
            "It still stands on %(n)s channels; take it down there.",
            n,
        ) % {"n": n}
    return text


@dataclass(frozen=True, slots=True)
class _Newest:
    """Each channel's newest delivery of an approved post, and the pauses of the person who reads of
    it.
    """

    rows: list[Delivery]
    now: datetime
    pauses: Pauses

    def count(self, state: State) -> int:
        return sum(row.state == state for row in self.rows)

    @property
    def waiting(self) -> list[Delivery]:
        return [row for row in self.rows if row.state == State.SCHEDULED or row.is_prepared_early]

    @property
    def missed(self) -> list[Delivery]:
        return [row for row in self.rows if row.state in MISSED and not row.left_unpublished_at]


def _step_to_check(newest: _Newest) -> StatusView | None:
    if not (n := newest.count(State.NEEDS_PERSON)):
        return None
    message = ngettext(
        "%(n)s channel needs somebody to look at the page.",
        "%(n)s channels need somebody to look at the page.",
        n,
    )
    return StatusView(_("Please look"), "red", "eye-check", message % {"n": n})


def _step_to_post_manually(newest: _Newest) -> StatusView | None:
    if not (n := newest.count(State.MANUAL)):
        return None
    message = ngettext(
        "Waits to be posted by hand on %(n)s channel.",
        "Waits to be posted by hand on %(n)s channels.",
        n,
    )
    return StatusView(_("By hand"), "yellow", "pencil", message % {"n": n})


def _step_while_paused(newest: _Newest) -> StatusView | None:
    """Describe the post as a whole under a pause: the channels say the rest, each for itself."""
    rows = [row for row in newest.rows if row.state in PAUSABLE]
    paused = [(row, pause) for row in rows if (pause := newest.pauses.over(row))]
    if not paused:
        return None
    first_row, pause = paused[0]
    first = delivery_status(first_row, newest.pauses)
    if len(newest.rows) == 1:
        return first
    message = ngettext(
        "Paused on %(n)s of %(all)s channels: %(reason)s",
        "Paused on %(n)s of %(all)s channels: %(reason)s",
        len(paused),
    )
    facts = {"n": len(paused), "all": len(newest.rows), "reason": as_sentence(pause.reason)}
    return first._replace(sentence=message % facts)


def _step_going_out(newest: _Newest) -> StatusView | None:
    n = sum(row.state in MOVING and not row.is_prepared_early for row in newest.rows)
    if not n:
        return None
    message = _("On its way to the channels now.")
    if n < len(newest.rows):
        message = _(
            "Published on %(done)s of %(all)s channels; %(n)s on the way or being checked."
        ) % {
            "done": newest.count(State.PUBLISHED),
            "all": len(newest.rows),
            "n": n,
        }
    return StatusView(_("Going out"), "blue", "send", message)


def _step_waiting(newest: _Newest) -> StatusView | None:
    """Describe what is scheduled; a channel on which it would not go out comes first."""
    if not newest.waiting:
        return None
    for status in map(delivery_status, newest.waiting):
        if status.tone == "red":
            return status
    text = planned_times_sentence((row.fire_at for row in newest.waiting), now=newest.now)
    if all(row.fire_at <= newest.now for row in newest.waiting):
        return StatusView(_("Going out"), "blue", "send", text)
    return StatusView(_("Scheduled"), "yellow", "clock", text)


def _step_to_decide(newest: _Newest) -> StatusView | None:
    if not (n := sum(row.awaits_decision for row in newest.missed)):
        return None
    text = ngettext(
        "It fell due during a pause and was not published on %(n)s channel.",
        "It fell due during a pause and was not published on %(n)s channels.",
        n,
    ) % {"n": n}
    text += " " + _("Decide: schedule it again or leave it.")
    return StatusView(_("Please decide"), "red", "player-pause", text)


def _step_missed(newest: _Newest) -> StatusView | None:
    if not newest.missed:
        return None
    if n := newest.count(State.PUBLISHED):
        text = _("Published on %(n)s of %(all)s channels. Schedule the others again.")
        text %= {"n": n, "all": len(newest.rows)}
        return StatusView(_("Partly published"), "red", "alert-triangle", text)
    text = _("Not published. Look below for the reason, then schedule it again.")
    return StatusView(_("Not published"), "red", "circle-x", text)


def _step_published(newest: _Newest) -> StatusView | None:
    if not (n := newest.count(State.PUBLISHED)):
        return None
    message = ngettext(
        "Published on %(n)s of %(all)s channel.",
        "Published on %(n)s of %(all)s channels.",
        len(newest.rows),
    ) % {"n": n, "all": len(newest.rows)}
    return StatusView(_("Published"), "green", "circle-check", message)


def _step_taken_down(newest: _Newest) -> StatusView | None:
    if not newest.rows or not all(
        row.state == State.RECALLED and row.published_at for row in newest.rows
    ):
        return None
    message = _("Taken down from its channels. The text stays on record.")
    return StatusView(_("Taken down"), "grey", "arrow-back-up", message)


def _step_without_time(newest: _Newest) -> StatusView:
    message = _("Approved, with no time set. Next: schedule it or publish it now.")
    return StatusView(_("Approved"), "green", "circle-check", message)


# Who may describe the post while a channel's newest delivery is in the state. A post that has
# ended on all channels may be scheduled again.
_STEPS: dict[State, tuple[Callable[[_Newest], StatusView | None], ...]] = {
    State.SCHEDULED: (_step_while_paused, _step_waiting),
    State.CLAIMED: (_step_while_paused, _step_going_out, _step_waiting),
    State.STAGED: (_step_while_paused, _step_going_out),
    State.COMMITTING: (_step_going_out,),
    State.PROCESSING: (_step_going_out,),
    State.VERIFYING: (_step_going_out,),
    State.RECALLING: (_step_going_out,),
    State.NEEDS_PERSON: (_step_to_check,),
    State.MANUAL: (_step_to_post_manually,),
    State.PUBLISHED: (_step_published,),
    State.FAILED: (_step_to_decide, _step_missed, _step_without_time),
    State.EXPIRED: (_step_to_decide, _step_missed, _step_without_time),
    State.RECALLED: (_step_taken_down, _step_without_time),
    State.CANCELLED: (_step_without_time,),
}
# What needs somebody is said first, what is done last.
_IN_ORDER = (
    _step_to_check,
    _step_to_post_manually,
    _step_while_paused,
    _step_going_out,
    _step_waiting,
    _step_to_decide,
    _step_missed,
    _step_published,
    _step_taken_down,
    _step_without_time,
)


def _step_of_approved(newest: _Newest) -> StatusView:
    """Describe an approved post by each channel's newest delivery."""
    if not newest.rows:
        return _step_without_time(newest)
    may_describe = {step for row in newest.rows for step in _STEPS[State(row.state)]}
    steps = (describe(newest) for describe in _IN_ORDER if describe in may_describe)
    # Its second may come between two of them: then its channels speak for it.
    sentence = next((step for step in steps if step), None)
    return sentence or summarise(delivery_status(row, newest.pauses) for row in newest.rows)


def _add_trouble(step: StatusView, newest: _Newest) -> StatusView:
    """Add trouble on one channel to the post's state, so that no channel on which it goes well
    hides it.
    """
    statuses = [delivery_status(row, newest.pauses) for row in newest.rows]
    bad = [status for status in statuses if status.tone == "red"]
    if step.tone == "red" or not bad:
        return step
    message = ngettext(
        "On %(n)s channel it does not go on by itself: look below what to do.",
        "On %(n)s channels it does not go on by itself: look below what to do.",
        len(bad),
    ) % {"n": len(bad)}
    return summarise(statuses)._replace(sentence=f"{step.sentence} {message}")
