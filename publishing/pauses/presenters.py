"""Pauses in words: scope, effect, stage."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.text import Truncator, capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from publishing.models import Delivery, Pause
from publishing.presenters.status import StatusView
from publishing.presenters.text import as_sentence, format_moment, page_name
from publishing.states import (
    PauseStage,
)
from units.models import Level


def pause_scope(pause: Pause) -> str:
    """Say what a pause covers, to go on in a sentence.

    Needs ``unit``, ``channel`` and ``topic`` loaded.
    """
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
    """Say what a pause does from ``start``: one sentence on its scope, then what it touches.

    ``waiting`` is how many publications fall due within its first day.
    """
    facts = {
        "scope": pause_scope(pause),
        "start": format_moment(start),
        "end": format_moment(end) if end else "",
        "n": waiting,
    }
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
    texts = [first % facts]
    if pause.is_blackout:
        texts.append(_("Nothing can be scheduled for this time."))
    if pause.urgent_passes:
        texts.append(_("Urgent posts go out all the same."))
    texts.append(
        ngettext("It touches %(n)s unit.", "It touches %(n)s units.", units) % {"n": units}
    )
    texts.append(within % facts)
    if end:
        texts.append(_("It ends by itself at %(end)s.") % facts)
    return " ".join(texts)


def fell_due_sentence(n: int) -> str:
    """Say how many publications fell due during a pause, before and after it ends."""
    if not n:
        return _("Nothing fell due meanwhile.")
    return ngettext(
        (
            "%(n)s publication fell due meanwhile. It is not sent any more: its unit decides "
            "whether to schedule it again."
        ),
        "%(n)s publications fell due meanwhile. They are not sent any more: their units decide "
        "whether to schedule them again.",
        n,
    ) % {"n": n}


def pause_reason(pause: Pause) -> str:
    """Return the beginning of the reason, to go before another sentence."""
    return as_sentence(Truncator(pause.reason).chars(160))


def pause_status(pause: Pause, now: datetime) -> StatusView:
    """Describe the stage of a pause as a badge, and its times in words."""
    stage = pause.stage(now)
    tone, icon = {
        PauseStage.ACTIVE: ("yellow", "player-pause"),
        PauseStage.PLANNED: ("blue", "clock-pause"),
        PauseStage.PREPARED: ("grey", "clipboard-list"),
        PauseStage.PAST: ("green", "player-play"),
        PauseStage.DISCARDED: ("grey", "ban"),
    }[stage]
    times = {
        "start": format_moment(pause.started_at) if pause.started_at else "",
        "end": format_moment(pause.ended_at) if pause.ended_at else "",
    }
    match stage:
        case PauseStage.ACTIVE if pause.ended_at:
            message = _("since %(start)s, ends by itself at %(end)s")
        case PauseStage.ACTIVE:
            message = _("since %(start)s, until somebody ends it")
        case PauseStage.PLANNED if pause.ended_at:
            message = _("begins by itself at %(start)s and ends at %(end)s")
        case PauseStage.PLANNED:
            message = _("begins by itself at %(start)s, until somebody ends it")
        case PauseStage.PREPARED:
            message = _("waits to be started")
        case PauseStage.PAST:
            message = _("from %(start)s to %(end)s")
        case PauseStage.DISCARDED:
            message = _("called off at %(end)s")
    return StatusView(str(capfirst(stage.label)), tone, icon, message % times)


def decided_status(delivery: Delivery) -> StatusView:
    """Describe what a pause held back and is scheduled again since, or may no longer go out."""
    text = _("It fell due during a pause and was not published on %(page)s. This is decided.")
    text %= {"page": page_name(delivery.channel)}
    return StatusView(_("Decided"), "grey", "player-pause", text)


@dataclass(frozen=True, slots=True)
class PauseCard:
    """A pause at a moment; ``may_act``: the person may start, change and end it."""

    pause: Pause
    scope: str
    status: StatusView
    is_active: bool
    is_open: bool  # not begun, and not called off
    may_act: bool


def pause_card(pause: Pause, *, now: datetime, may_act: bool) -> PauseCard:
    is_open = pause.stage(now) in (PauseStage.PREPARED, PauseStage.PLANNED)
    return PauseCard(
        pause, pause_scope(pause), pause_status(pause, now), pause.lasts(now), is_open, may_act
    )


@dataclass(frozen=True, slots=True)
class UndecidedCard:
    """A delivery that fell due during a pause."""

    delivery: Delivery
    status: StatusView
    can_be_decided: bool
