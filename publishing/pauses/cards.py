"""Pauses and what they kept back, as pages show them to one person."""

from dataclasses import dataclass
from datetime import datetime

from publishing.models import Delivery, Pause
from publishing.pauses.presenters import pause_scope, pause_status
from publishing.presenters.status import StatusView
from publishing.states import PauseStage


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
