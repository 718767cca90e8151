"""The pages of a recall as its report shows them."""

from dataclasses import dataclass

from publishing.models import Broadcast, Delivery
from publishing.presenters.status import StatusView
from publishing.recalls.report import PageOutcome


@dataclass(frozen=True, slots=True)
class PageCard:
    """A page and its outcome; ``sent_broadcast`` had told the followers of the post."""

    delivery: Delivery
    status: StatusView
    outcome: PageOutcome
    sent_broadcast: Broadcast | None
    can_be_decided: bool
