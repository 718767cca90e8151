"""What a delivery's state and errors mean, in the words of the person who has to do something about it."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from django.utils import timezone
from django.utils.text import Truncator, capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from audit.models import Entry
from channels.connectors import CONNECTORS
from channels.models import Channel
from channels.reasons import in_words, known
from channels.states import Health, Life
from posts.models import Post
from posts.states import PostState
from publishing import misfits
from publishing.models import Attempt, Delivery, Pause
from publishing.queries import MOVING, FullDay, Other, Pauses
from publishing.services import spread
from publishing.states import RECALL_TASKS, PauseStage, State
from units.models import Level

# Whole sentences a day, because Vietnamese writes "thứ Hai" in a sentence and the library's calendars say "Thứ 2".
_DAYS = (
    gettext_lazy("%(time)s Monday %(date)s"),
    gettext_lazy("%(time)s Tuesday %(date)s"),
    gettext_lazy("%(time)s Wednesday %(date)s"),
    gettext_lazy("%(time)s Thursday %(date)s"),
    gettext_lazy("%(time)s Friday %(date)s"),
    gettext_lazy("%(time)s Saturday %(date)s"),
    gettext_lazy("%(time)s Sunday %(date)s"),
)
_OUTCOMES = {
    "published": gettext_lazy("published"),
    "later": gettext_lazy("the platform was not ready; tried again later"),
    "refused": gettext_lazy("refused by the platform"),
    "access": gettext_lazy("the connection to the channel was lost"),
    "unknown": gettext_lazy("no answer; verified on the page"),
    "stopped": gettext_lazy("stopped before it was visible"),
    "prepared": gettext_lazy("brought to the platform ahead of time"),
    "processing": gettext_lazy("taken by the platform, which still works on it"),
}
_ACTS = {
    "post.started": gettext_lazy("began the draft"),
    "post.duplicated": gettext_lazy("made the draft from another post"),
    "post.correction_begun": gettext_lazy("began the draft of this correction"),
    "post.in_review": gettext_lazy("submitted for approval"),
    "post.approved": gettext_lazy("approved"),
    "post.changes_requested": gettext_lazy("returned for revision"),
    "post.draft": gettext_lazy("opened again for editing"),
    "post.withdrawn": gettext_lazy("withdrew the post"),
    "post.archived": gettext_lazy("put the post away"),
    "delivery.scheduled": gettext_lazy("scheduled"),
    "delivery.moved": gettext_lazy("changed the time"),
    "delivery.claimed": gettext_lazy("prepared"),
    "delivery.staged": gettext_lazy("prepared on the platform"),
    "delivery.committing": gettext_lazy("sent"),
    "delivery.processing": gettext_lazy("taken by the platform"),
    "delivery.verifying": gettext_lazy("no answer; being verified"),
    "delivery.needs_person": gettext_lazy("a person has to look"),
    "delivery.by_hand": gettext_lazy("made it a task by hand"),
    "delivery.published": gettext_lazy("published"),
    "delivery.counted": gettext_lazy("entered figures by hand"),
    "delivery.recalling": gettext_lazy("began to take it down"),
    "delivery.recalled": gettext_lazy("taken down"),
    "delivery.failed": gettext_lazy("not published"),
    "delivery.expired": gettext_lazy("too late, not published"),
    "delivery.cancelled": gettext_lazy("cancelled"),
    "delivery.left": gettext_lazy("left it unpublished after the pause"),
    "broadcast.planned": gettext_lazy("asked to send it to the followers"),
    "broadcast.confirmed": gettext_lazy("confirmed the broadcast"),
    "broadcast.sending": gettext_lazy("began to send it to the followers"),
    "broadcast.sent": gettext_lazy("sent to the followers"),
    "broadcast.unknown": gettext_lazy("nobody can tell whether it reached the followers"),
    "broadcast.failed": gettext_lazy("not sent to the followers"),
    "broadcast.cancelled": gettext_lazy("called the broadcast off"),
    "pause.prepared": gettext_lazy("prepared the pause"),
    "pause.planned": gettext_lazy("planned the pause"),
    "pause.started": gettext_lazy("paused publishing"),
    "pause.changed": gettext_lazy("changed the planned end"),
    "pause.ended": gettext_lazy("ended the pause"),
    "pause.discarded": gettext_lazy("called the pause off"),
}
NO_PAUSES = Pauses()
# The worst comes first: what an event that stands for several channels shows.
TONES = ("red", "yellow", "blue", "green", "grey")


class Told(NamedTuple):
    """How a state is shown: never by colour alone."""

    label: str
    tone: str
    icon: str
    sentence: str


def moment(when: datetime) -> str:
    """'07:00 thứ Hai 30/11/2026', on the clock of the station."""
    here = timezone.localtime(when)
    return str(_DAYS[here.weekday()]) % {"time": here.strftime("%H:%M"), "date": here.strftime("%d/%m/%Y")}


def clock(when: datetime) -> str:
    return timezone.localtime(when).strftime("%H:%M %d/%m/%Y")


def page_name(channel: Channel) -> str:
    return _(CONNECTORS[channel.platform].words.page) % {"name": channel.name}


def sentence(delivery: Delivery) -> str:
    """The state in a sentence that says what happens next, or what to do. Needs ``channel`` loaded."""
    return told(delivery).sentence


def told(delivery: Delivery, pauses: Pauses = NO_PAUSES) -> Told:
    """``pauses`` are those of the person who reads it; then ``post`` and ``unit`` must be loaded, too."""
    page = {"page": page_name(delivery.channel)}
    match State(delivery.state):
        case State.SCHEDULED | State.CLAIMED | State.STAGED if pause := pauses.over(delivery):
            return _paused(delivery, pause, page, pauses.now)
        case State.BY_HAND if pause := pauses.over(delivery):
            words = _("Paused: %(reason)s Do not post it by hand on %(page)s while the pause lasts.")
            return Told(_("Paused"), "yellow", "player-pause", words % {**page, "reason": _closed(pause.reason)})
        case State.SCHEDULED:
            return _scheduled(delivery, page)
        case State.CLAIMED if delivery.is_prepared_early:
            words = _("Its video is being brought to %(page)s ahead of time; it goes out at %(when)s.")
            return Told(_("Scheduled"), "yellow", "upload", words % {**page, "when": moment(delivery.fire_at)})
        case State.CLAIMED | State.STAGED:
            words = _("Ready to go out to %(page)s at %(when)s.") % {**page, "when": moment(delivery.fire_at)}
            return Told(_("Going out"), "blue", "send", words)
        case State.COMMITTING:
            return Told(_("Going out"), "blue", "send", _("Being published on %(page)s now.") % page)
        case State.PROCESSING:
            return _processing(delivery, page)
        case State.VERIFYING:
            words = (
                _(
                    "%(page)s gave no answer. The portal is looking whether the post stands there and will not send it "
                    "twice. There is nothing to do."
                )
                % page
            )
            return Told(_("Being verified"), "yellow", "zoom-check", words)
        case State.NEEDS_PERSON:
            return _needs_person(delivery, page)
        case State.BY_HAND:
            until = moment(delivery.hand_until or delivery.not_after)
            words = _("Please post it by hand on %(page)s before %(when)s, then enter the link.")
            words %= {**page, "when": until}
            return Told(_("By hand"), "yellow", "pencil", words)
        case State.PUBLISHED if delivery.remote_id.startswith("hand:"):
            words = _("Posted by hand on %(page)s at %(when)s.") % {**page, "when": moment(delivery.published_at)}
            return Told(_("Published"), "green", "circle-check", words)
        case State.PUBLISHED:
            words = _("Published on %(page)s at %(when)s.") % {**page, "when": moment(delivery.published_at)}
            return Told(_("Published"), "green", "circle-check", words)
        case State.RECALLING:
            if delivery.published_at is None:
                words = _("Cancelled; the unpublished copy on %(page)s is being removed.") % page
                return Told(_("Being cancelled"), "yellow", "ban", words)
            if delivery.channel.health == Health.LOST or delivery.error_code == "access":
                words = _(
                    "The connection to %(page)s is lost, so the post still stands there. It is taken down by itself as "
                    "soon as the channel is connected again."
                )
                return Told(_("Waiting for the connection"), "red", "plug-connected-x", words % page)
            words = _("Being taken down from %(page)s. The portal checks that it is gone.") % page
            return Told(_("Being taken down"), "yellow", "arrow-back-up", words)
        case State.RECALLED:
            if delivery.published_at is None:
                return Told(_("Cancelled"), "grey", "ban", _("Cancelled before it was published on %(page)s.") % page)
            if delivery.error_code == "hidden":
                words = _("Hidden on %(page)s: residents no longer see it.") % page
                return Told(_("Hidden"), "grey", "eye-off", words)
            if delivery.error_code == "by_hand":
                words = _("Deleted by hand on %(page)s, as a colleague has confirmed.") % page
                return Told(_("Taken down"), "grey", "arrow-back-up", words)
            return Told(_("Taken down"), "grey", "arrow-back-up", _("Taken down from %(page)s.") % page)
        case State.FAILED:
            return Told(_("Not published"), "red", "circle-x", _failure(delivery, page))
        case State.EXPIRED if delivery.error_code == "paused":
            words = _("It fell due during a pause, so it was not published on %(page)s.") % page
            words += " " + _("Decide: schedule it again or leave it.")
            return Told(_("Please decide"), "red", "player-pause", words)
        case State.EXPIRED if delivery.error_code == "left":
            words = _("It fell due during a pause and was left unpublished on %(page)s.") % page
            return Told(_("Left unpublished"), "grey", "player-pause", words)
        case State.EXPIRED if delivery.hand_until:
            words = _(
                "The deadline for posting by hand on %(page)s passed without a link. Does the post stand there? "
                "Schedule it again at once and enter its link. Otherwise choose a new time."
            )
            return Told(_("No link entered"), "red", "clock-exclamation", words % page)
        case State.EXPIRED:
            words = _("Too late for %(page)s, so it was not published. Schedule it again at a new time.") % page
            return Told(_("Too late"), "red", "clock-exclamation", words)
        case State.CANCELLED:
            if delivery.error_code == "stopped":
                words = _("Stopped because the approval ended; nothing was published on %(page)s.") % page
            elif delivery.error_code == "channel_left":
                words = _("Nothing was published on %(page)s: the page was closed or handed to another unit.") % page
            else:
                words = _("Cancelled before it was published on %(page)s.") % page
            return Told(_("Cancelled"), "grey", "ban", words)


def _paused(delivery: Delivery, pause: Pause, page: dict[str, str], now: datetime) -> Told:
    told = {**page, "reason": _closed(pause.reason), "when": moment(delivery.fire_at)}
    if delivery.fire_at <= now:
        words = _(
            "Paused: %(reason)s It was due at %(when)s on %(page)s and will not be sent by itself any more. "
            "When the pause ends, decide: schedule it again or leave it."
        )
        return Told(_("Paused"), "yellow", "player-pause", words % told)
    if pause.started_at > now:
        words = _("A pause is planned from %(start)s: %(reason)s The time %(when)s on %(page)s falls into it.")
        return Told(_("Pause planned"), "yellow", "clock-pause", words % {**told, "start": moment(pause.started_at)})
    if pause.ended_at:
        words = _(
            "Paused until %(end)s: %(reason)s It is due at %(when)s on %(page)s and does not go out "
            "unless the pause ends sooner."
        )
        return Told(_("Paused"), "yellow", "player-pause", words % {**told, "end": moment(pause.ended_at)})
    words = _("Paused: %(reason)s It is due at %(when)s on %(page)s and goes out only if the pause has ended by then.")
    return Told(_("Paused"), "yellow", "player-pause", words % told)


def _scheduled(delivery: Delivery, page: dict[str, str]) -> Told:
    if delivery.channel.health == Health.BY_HAND:
        words = _("At %(when)s it becomes a task: an officer posts it by hand on %(page)s.")
        return Told(_("Scheduled, by hand"), "yellow", "pencil", words % {**page, "when": moment(delivery.due_at)})
    if delivery.channel.life != Life.ACTIVE or delivery.channel.unit_id != delivery.unit_id:
        return _kept_back(delivery, page)
    if delivery.channel.health != Health.CONNECTED or delivery.error_code == "access":
        words = _(
            "The connection to %(page)s is lost. The head of the unit opens Channels → Connect again. "
            "The post goes out by itself if the connection is back before %(when)s."
        ) % {**page, "when": moment(delivery.not_after)}
        return Told(_("Connection lost"), "red", "plug-connected-x", words)
    if delivery.error_code == "later" and delivery.fire_at > delivery.due_at:
        words = _("%(page)s was not ready; the portal tries again at %(when)s. There is nothing to do.") % {
            **page,
            "when": moment(delivery.fire_at),
        }
        return Told(_("Trying again"), "yellow", "refresh", words)
    words = _("Will be published at %(when)s on %(page)s.") % {**page, "when": moment(delivery.fire_at)}
    return Told(_("Scheduled"), "yellow", "clock", words)


def _processing(delivery: Delivery, page: dict[str, str]) -> Told:
    if delivery.recall_id:
        words = _(
            "%(page)s has taken the post and is still working on it. It is recalled, and is taken down as soon as it "
            "stands there."
        )
        return Told(_("Being recalled"), "yellow", "arrow-back-up", words % page)
    if delivery.error_code == "in_app":
        words = _(
            "The video waits in the app's inbox for %(page)s. Open the app, complete the post there and publish it. "
            "The portal notices by itself; residents do not see it before."
        )
        return Told(_("Finish in the app"), "yellow", "device-mobile", words % page)
    words = _(
        "%(page)s has taken the post and still works on it; residents do not see it yet. The portal asks until it "
        "stands there. There is nothing to do."
    )
    return Told(_("Being processed"), "blue", "progress", words % page)


def _kept_back(delivery: Delivery, page: dict[str, str]) -> Told:
    told = {**page, "when": moment(delivery.not_after)}
    if delivery.channel.unit_id != delivery.unit_id:
        words = _("%(page)s belongs to another unit now, so nothing goes out there.")
        return Told(_("Kept back"), "red", "ban", words % told)
    match delivery.channel.life:
        case Life.FROZEN:
            words = _(
                "%(page)s is no longer called what it was, so nothing goes out there. The head of the unit opens "
                "Channels and confirms that the page is still the unit's. The post goes out by itself if that is done "
                "before %(when)s."
            )
            return Told(_("Waiting for the page"), "red", "eye-check", words % told)
        case Life.TAKEN_OVER:
            words = _("%(page)s is in other hands, so nothing goes out there.")
            return Told(_("Kept back"), "red", "ban", words % told)
        case _:
            words = _("The unit does not use %(page)s at present, so nothing goes out there.")
            return Told(_("Kept back"), "yellow", "player-pause", words % told)


def _needs_person(delivery: Delivery, page: dict[str, str]) -> Told:
    if delivery.error_code not in RECALL_TASKS:
        match delivery.error_code:
            case "processing":
                words = _(
                    "%(page)s has worked on the post for more than a day without saying what became of it. Look at the "
                    "page, then say here whether the post stands there."
                )
            case "in_app":
                words = _(
                    "The video has waited in the app's inbox for %(page)s for more than a day. Look whether it was "
                    "published from there, then say so here."
                )
            case _:
                words = _(
                    "The portal cannot tell whether the post stands on %(page)s. Look at the page, then say so here."
                )
        words %= page
        if delivery.recall_id:
            words += " " + _("It is recalled: if it stands there, it is taken down at once.")
        return Told(_("Please look"), "red", "eye-check", words)
    if delivery.published_at is None and not delivery.draft_ref:
        words = _(
            "It was to be posted by hand and is recalled. Make sure that it is not on %(page)s, then say so here."
        )
    elif delivery.error_code == "withdraw_failed" and (reason := known(delivery.platform, delivery.platform_code)):
        page = {**page, "reason": reason}
        words = _(
            "%(page)s did not let the portal take the post down: %(reason)s. Delete it on the page, then confirm it "
            "here."
        )
    elif delivery.error_code == "withdraw_failed":
        words = _("%(page)s did not let the portal take the post down. Delete it on the page, then confirm it here.")
    else:
        words = _("The portal cannot take the post down from %(page)s. Delete it on the page, then confirm it here.")
    words %= page
    if delivery.hand_until is None:
        return Told(_("Please look"), "red", "eye-check", words)
    when = {"when": moment(delivery.hand_until)}
    if delivery.hand_until <= timezone.now():
        return Told(
            _("Overdue"), "red", "clock-exclamation", f"{words} {_('It should have been done by %(when)s.') % when}"
        )
    return Told(_("Delete by hand"), "red", "eye-check", f"{words} {_('Do it before %(when)s.') % when}")


def _failure(delivery: Delivery, page: dict[str, str]) -> str:
    told = {**page, "reason": in_words(delivery.platform, delivery.platform_code, delivery.error_detail)}
    match delivery.error_code:
        case "refused":
            return _("%(page)s refused the post: %(reason)s. Revise the post, or schedule it again.") % told
        case "does_not_fit":
            told["reason"] = misfits.in_words(delivery.error_detail, page=page["page"])
            return _("Not sent to %(page)s, which would not take it: %(reason)s Revise the post.") % told
        case "too_many_tries":
            return (
                _("%(page)s was not ready after several tries (%(reason)s). Schedule it again at another time.") % told
            )
        case "not_there":
            return _("A colleague looked: the post does not stand on %(page)s. Schedule it again.") % told
        case "content_changed":
            return (
                _(
                    "Not sent to %(page)s: the stored text or picture is no longer what was approved. "
                    "Report this to the system administrator at once."
                )
                % told
            )
        case "access":
            return (
                _("The connection to %(page)s is lost. Connect the channel again, then schedule the post again.") % told
            )
        case "stopped":
            return _("Stopped because the approval ended; nothing was published on %(page)s.") % told
        case _:
            return _("Not published on %(page)s: %(reason)s. Schedule it again.") % told


def attempt_words(attempt: Attempt) -> str:
    outcome = _OUTCOMES.get(attempt.outcome)
    told = {"n": attempt.number, "when": clock(attempt.started_at), "outcome": outcome or _("under way")}
    return _("Try %(n)s, %(when)s: %(outcome)s") % told


def will(times: Iterable[datetime], *, now: datetime) -> str:
    """'Sẽ đăng lúc … lên n kênh': said before the act and after it."""
    times = sorted(times)
    n = len(times)
    if not times:
        return ""
    if times[-1] <= now:
        return ngettext("Goes out now to %(n)s channel.", "Goes out now to %(n)s channels.", n) % {"n": n}
    if times[0] == times[-1]:
        return ngettext(
            "Will be published at %(when)s on %(n)s channel.", "Will be published at %(when)s on %(n)s channels.", n
        ) % {"when": moment(times[0]), "n": n}
    return _("Will be published on %(n)s channels, from %(first)s to %(last)s.") % {
        "n": n,
        "first": moment(max(times[0], now)),
        "last": moment(times[-1]),
    }


def pause_warning(post: Post, times: Mapping[Channel, datetime], pauses: Pauses) -> str:
    """What a pause does to the times that are about to be set, or have just been set; empty when nothing."""
    meant = [Delivery(post=post, unit=post.unit, channel=channel, fire_at=at) for channel, at in times.items()]
    held = [pause for delivery in meant if (pause := pauses.over(delivery))]
    if not held:
        return ""
    told = {
        "n": len(held),
        "all": len(meant),
        "reason": _closed(held[0].reason),
        "when": moment(min(times.values())),
    }
    if len(held) == len(meant):
        words = _("Paused: %(reason)s Due at %(when)s, but it does not go out unless the pause has ended by then.")
    else:
        words = _(
            "Due at %(when)s, but paused on %(n)s of %(all)s channels: %(reason)s "
            "There it does not go out unless the pause has ended by then."
        )
    return words % told


def scope(pause: Pause) -> str:
    """What a pause covers, to go on in a sentence. Needs ``unit``, ``channel`` and ``topic`` loaded."""
    match pause.unit.level:
        case Level.MINISTRY:
            where = _("the whole country")
        case Level.PROVINCE:
            where = _("%(unit)s and all its communes") % {"unit": pause.unit}
        case _:
            where = str(pause.unit)
    if pause.channel:
        where = page_name(pause.channel)
        if str(pause.unit) not in where:
            where = _("%(page)s of %(unit)s") % {"page": where, "unit": pause.unit}
    if pause.topic:
        where = _("%(scope)s, posts on “%(topic)s” only") % {"scope": where, "topic": pause.topic}
    return where


def pause_effect(
    pause: Pause, *, start: datetime, end: datetime | None, now: datetime, units: int, waiting: int
) -> str:
    """What a pause does when it begins at ``start``: one sentence on its scope, then what it touches. ``waiting`` is
    how many publications fall due within its first day."""
    told = {"scope": scope(pause), "start": moment(start), "end": moment(end) if end else "", "n": waiting}
    within = ngettext(
        "%(n)s scheduled publication falls due within the next 24 hours and is held.",
        "%(n)s scheduled publications fall due within the next 24 hours and are held.",
        waiting,
    )
    if start > now:
        first = _("From %(start)s nothing goes out: %(scope)s.")
        within = ngettext(
            "%(n)s scheduled publication falls due within its first 24 hours and is held.",
            "%(n)s scheduled publications fall due within its first 24 hours and are held.",
            waiting,
        )
    elif pause.lasts(now):
        first = _("Nothing goes out: %(scope)s.")
    else:
        first = _("From now on nothing goes out: %(scope)s.")
    said = [first % told]
    if pause.urgent_passes:
        said.append(_("Urgent posts go out all the same."))
    said.append(ngettext("It touches %(n)s unit.", "It touches %(n)s units.", units) % {"n": units})
    said.append(within % told)
    if end:
        said.append(_("It ends by itself at %(end)s.") % told)
    return " ".join(said)


def fell_due(n: int) -> str:
    """Said before and after a pause ends."""
    if not n:
        return _("Nothing fell due meanwhile.")
    return ngettext(
        "%(n)s publication fell due meanwhile. It is not sent any more: its unit decides whether to schedule it again.",
        "%(n)s publications fell due meanwhile. They are not sent any more: their units decide whether to schedule "
        "them again.",
        n,
    ) % {"n": n}


def pause_reason(pause: Pause) -> str:
    """The beginning of the reason, to go before another sentence."""
    return _closed(Truncator(pause.reason).chars(160))


def pause_look(pause: Pause, now: datetime) -> Told:
    """Where a pause stands, as a badge, and its times in words."""
    stage = pause.stage(now)
    tone, icon = {
        PauseStage.ACTIVE: ("yellow", "player-pause"),
        PauseStage.PLANNED: ("blue", "clock-pause"),
        PauseStage.PREPARED: ("grey", "clipboard-list"),
        PauseStage.PAST: ("green", "player-play"),
        PauseStage.DISCARDED: ("grey", "ban"),
    }[stage]
    times = {
        "start": moment(pause.started_at) if pause.started_at else "",
        "end": moment(pause.ended_at) if pause.ended_at else "",
    }
    match stage:
        case PauseStage.ACTIVE if pause.ended_at:
            words = _("since %(start)s, ends by itself at %(end)s")
        case PauseStage.ACTIVE:
            words = _("since %(start)s, until somebody ends it")
        case PauseStage.PLANNED if pause.ended_at:
            words = _("begins by itself at %(start)s and ends at %(end)s")
        case PauseStage.PLANNED:
            words = _("begins by itself at %(start)s, until somebody ends it")
        case PauseStage.PREPARED:
            words = _("waits to be started")
        case PauseStage.PAST:
            words = _("from %(start)s to %(end)s")
        case PauseStage.DISCARDED:
            words = _("called off at %(end)s")
    return Told(capfirst(stage.label), tone, icon, words % times)


def post_label(state: str) -> Told:
    """A post's own state, as a badge."""
    tone, icon = {
        PostState.DRAFT: ("grey", "pencil"),
        PostState.IN_REVIEW: ("yellow", "hourglass"),
        PostState.CHANGES_REQUESTED: ("red", "corner-down-right"),
        PostState.APPROVED: ("green", "circle-check"),
        PostState.WITHDRAWN: ("red", "ban"),
        PostState.ARCHIVED: ("grey", "archive"),
    }[PostState(state)]
    return Told(capfirst(PostState(state).label), tone, icon, "")


def next_step(
    post: Post, deliveries: list[Delivery], *, now: datetime, reason: str = "", pauses: Pauses = NO_PAUSES
) -> Told:
    """What happens next with the post and when, in one sentence. ``reason`` is why it was returned or withdrawn."""
    badge = post_label(post.state)
    match PostState(post.state):
        case PostState.DRAFT:
            words = _("Being drafted by %(who)s. Next: submit it for approval.") % {"who": post.last_editor}
        case PostState.IN_REVIEW:
            words = _("Submitted at %(when)s. Next: the head of %(unit)s approves or returns it.") % {
                "when": moment(post.submitted_at or post.changed_at),
                "unit": post.unit,
            }
        case PostState.CHANGES_REQUESTED:
            words = _("Returned: %(reason)s Next: revise it and submit it again.") % {"reason": _closed(reason)}
        case PostState.WITHDRAWN:
            standing = sum(d.state == State.PUBLISHED for d in deliveries)
            words = _("Withdrawn: %(reason)s") % {"reason": _closed(reason)}
            if standing:
                words += " " + ngettext(
                    "It still stands on %(n)s channel; take it down there.",
                    "It still stands on %(n)s channels; take it down there.",
                    standing,
                ) % {"n": standing}
        case PostState.ARCHIVED:
            words = _("Put away. Its record stays.")
        case PostState.APPROVED:
            return _approved(deliveries, now, pauses)
    return badge._replace(sentence=words)


def _closed(reason: str) -> str:
    reason = reason.strip() or _("no reason given")
    return reason if reason[-1] in ".!?…" else f"{reason}."


def _approved(deliveries: list[Delivery], now: datetime, pauses: Pauses) -> Told:
    """The newest delivery of each channel decides; what needs somebody is said first."""
    latest = list({d.channel_id: d for d in sorted(deliveries, key=lambda d: d.pk)}.values())
    n = len(latest)
    look = [d for d in latest if d.state == State.NEEDS_PERSON]
    tasks = [d for d in latest if d.state == State.BY_HAND]
    going = [d for d in latest if d.state in MOVING and not d.is_prepared_early]
    waiting = [d for d in latest if d.state == State.SCHEDULED or d.is_prepared_early]
    out = [d for d in latest if d.state == State.PUBLISHED]
    missed = [d for d in latest if d.state in (State.FAILED, State.EXPIRED) and d.error_code != "left"]
    if look:
        words = ngettext(
            "%(n)s channel needs somebody to look at the page.",
            "%(n)s channels need somebody to look at the page.",
            len(look),
        ) % {"n": len(look)}
        return Told(_("Please look"), "red", "eye-check", words)
    if tasks:
        words = ngettext(
            "Waits to be posted by hand on %(n)s channel.", "Waits to be posted by hand on %(n)s channels.", len(tasks)
        ) % {"n": len(tasks)}
        return Told(_("By hand"), "yellow", "pencil", words)
    held = [d for d in latest if d.state in (State.SCHEDULED, State.CLAIMED, State.STAGED) and pauses.over(d)]
    if held:
        return _held(held, len(latest), pauses)
    if going:
        return Told(_("Going out"), "blue", "send", _("On its way to the channels now."))
    lost = [t for t in map(told, waiting) if t.tone == "red"]
    if lost:
        return lost[0]
    if waiting:
        return Told(_("Scheduled"), "yellow", "clock", will((d.fire_at for d in waiting), now=now))
    if undecided := [d for d in missed if d.error_code == "paused"]:
        words = ngettext(
            "It fell due during a pause and was not published on %(n)s channel.",
            "It fell due during a pause and was not published on %(n)s channels.",
            len(undecided),
        ) % {"n": len(undecided)}
        words += " " + _("Decide: schedule it again or leave it.")
        return Told(_("Please decide"), "red", "player-pause", words)
    if missed and out:
        words = _("Published on %(n)s of %(all)s channels. Schedule the others again.") % {"n": len(out), "all": n}
        return Told(_("Partly published"), "red", "alert-triangle", words)
    if missed:
        return Told(
            _("Not published"),
            "red",
            "circle-x",
            _("Not published. Look below for the reason, then schedule it again."),
        )
    if out:
        words = ngettext("Published on %(n)s channel.", "Published on %(n)s channels.", len(out)) % {"n": len(out)}
        return Told(_("Published"), "green", "circle-check", words)
    if latest and all(d.state == State.RECALLED and d.published_at for d in latest):
        return Told(
            _("Taken down"), "grey", "arrow-back-up", _("Taken down from its channels. The text stays on record.")
        )
    words = _("Approved, with no time set. Next: schedule it or publish it now.")
    return Told(_("Approved"), "green", "circle-check", words)


def decided(delivery: Delivery) -> Told:
    """What a pause held back and has been scheduled again since, or may no longer go out."""
    words = _("It fell due during a pause and was not published on %(page)s. This is decided.")
    words %= {"page": page_name(delivery.channel)}
    return Told(_("Decided"), "grey", "player-pause", words)


def _held(held: list[Delivery], of: int, pauses: Pauses) -> Told:
    """The post's own line under a pause: the channels say the rest, each for itself."""
    first = told(held[0], pauses)
    if of == 1:
        return first
    words = ngettext(
        "Paused on %(n)s of %(all)s channels: %(reason)s", "Paused on %(n)s of %(all)s channels: %(reason)s", len(held)
    ) % {"n": len(held), "all": of, "reason": _closed(pauses.over(held[0]).reason)}
    return first._replace(sentence=words)


class Line(NamedTuple):
    """One line of the record: when, who in which post held, did what, where and why."""

    at: datetime
    who: str
    post_held: str
    act: str
    page: str
    reason: str


def record_line(entry: Entry) -> Line:
    """An audit entry with its ``channel`` (see ``queries.record_of``) in words."""
    act = str(_ACTS.get(entry.action, entry.action))
    page = page_name(entry.channel) if entry.channel else ""
    return Line(entry.at, entry.actor_name or _("the portal"), entry.post_held, act, page, entry.reason)


def left(until: datetime, now: datetime) -> str:
    """How much time is left for a task, in words that count down."""
    minutes = int((until - now).total_seconds() // 60)
    if minutes < 1:
        return _("less than a minute left") if until > now else _("the deadline has passed")
    hours, minutes = divmod(minutes, 60)
    if hours and minutes:
        return _("%(hours)s h %(minutes)s min left") % {"hours": hours, "minutes": minutes}
    if hours:
        return _("%(hours)s h left") % {"hours": hours}
    return _("%(minutes)s min left") % {"minutes": minutes}


def hand_words(channels: Iterable[Channel]) -> str:
    """What people have to do themselves about a post that is being scheduled; empty when nothing."""
    pages = [page_name(channel) for channel in channels if channel.health == Health.BY_HAND]
    if not pages:
        return ""
    return _("By hand: when it is due, your unit gets a task for %(pages)s.") % {"pages": ", ".join(pages)}


def beside(other: Other) -> str:
    """What a second post in the same minute means, before it is decided."""
    told = {"title": other.delivery.post, "page": page_name(other.channel), "when": clock(other.delivery.due_at)}
    if other.same_text:
        return _("“%(title)s” shows the same text on %(page)s in the same minute (%(when)s).") % told
    return _("Another post, “%(title)s”, goes out on %(page)s in the same minute (%(when)s).") % told


def full_day(full: FullDay) -> str:
    """What it means to plan more for a day than the platform takes."""
    told = {
        "platform": full.channel.get_platform_display(),
        "page": page_name(full.channel),
        "day": full.day.strftime("%d/%m/%Y"),
        "n": full.most,
    }
    if full.of_app:
        words = _(
            "%(platform)s has a limit of %(n)s a day for all units together, and on %(day)s more posts are planned: "
            "what comes last waits or is too late. Choose another day if you can."
        )
    else:
        words = _(
            "%(page)s has a limit of %(n)s a day, and on %(day)s more posts are planned: what comes last waits or is "
            "too late. Choose another day if you can."
        )
    return words % told


def spread_words(post: Post, due_at: datetime, times: Iterable[datetime]) -> str:
    """Why the time is not the one that was entered; empty when nothing is spread."""
    at = spread(post, due_at)
    if at == due_at or at not in times:
        return ""
    return _(
        "The campaign “%(campaign)s” spreads its posts over %(n)s minutes so that the units do not all post at once: "
        "the turn of %(unit)s is %(time)s."
    ) % {
        "campaign": post.campaign,
        "n": post.campaign.spread_minutes,
        "unit": post.unit,
        "time": timezone.localtime(at).strftime("%H:%M:%S"),
    }
