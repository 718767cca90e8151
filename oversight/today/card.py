"""A card of Today: a few rows, and how many there are in all."""

from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet

SHOWN = 5


@dataclass(frozen=True, slots=True)
class Card:
    rows: list[Any] = field(default_factory=list)
    count: int = 0

    @property
    def more(self) -> int:
        return self.count - len(self.rows)

    def __bool__(self) -> bool:
        return self.count > 0


def make_card(rows: QuerySet) -> Card:
    """Return the first of ``rows`` as a card. One more is read than shown; only where there is
    one, all are counted.
    """
    some = list(rows[: SHOWN + 1])
    return Card(some[:SHOWN], rows.count() if len(some) > SHOWN else len(some))
