"""Record during a run which figures a platform returned, left out or refused, by their names."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Metrics:
    """Count by name what became of the figures that were requested. Names in ``skipped`` are not
    requested: the platform refused them before.
    """

    skipped: frozenset[str] = frozenset()
    returned: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    calls: int = 0  # made in all, answered or not

    def without_skipped(self, names: Iterable[str]) -> list[str]:
        return [name for name in names if name not in self.skipped]

    def record(self, requested: Iterable[str], returned: Iterable[str]) -> None:
        """Count an answer that holds any figure: an empty one says nothing about a name."""
        if names := set(returned):
            self.returned.update(names)
            self.left_out.update(set(requested) - names)
