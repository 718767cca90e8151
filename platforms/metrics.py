"""Note during a run which names of figures a platform told, left out or refused."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Metrics:
    """Count by name what became of the figures that were asked for. Names in ``skipped`` are not
    asked for: the platform refused them before.
    """

    skipped: frozenset[str] = frozenset()
    told: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    calls: int = 0  # that were made, answered or not

    def wanted(self, names: Iterable[str]) -> list[str]:
        return [name for name in names if name not in self.skipped]

    def note(self, asked: Iterable[str], told: Iterable[str]) -> None:
        """Note an answer that told anything at all: an empty one says nothing of a name."""
        if found := set(told):
            self.told.update(found)
            self.left_out.update(set(asked) - found)
