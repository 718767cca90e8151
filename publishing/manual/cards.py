"""Manual tasks as a list shows them."""

from dataclasses import dataclass

from publishing.models import Delivery


@dataclass(frozen=True, slots=True)
class TaskCard:
    """A task by hand, due or to come.

    ``is_stopped``: it is due, and may not be posted now. ``time_left``: in words, of one that is
    due.
    """

    delivery: Delivery
    is_due: bool
    is_stopped: bool
    time_left: str
    may_do: bool
