"""Keep leaks out of words that no approver reads: reasons, names, notes, names of files.

The rules are those of posts, which lie above: they are registered when the apps start.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any


@dataclass(frozen=True, slots=True)
class LeakCheck:
    """The rules as the app that owns them offers them. The first two raise Refused."""

    require_recordable: Callable[[str], None]
    require_storable: Callable[[Iterable[str], Any], None]
    mask: Callable[[str], str]


_registered: list[LeakCheck] = []


def register_leak_check(check: LeakCheck) -> None:
    """Set the rules by which this module checks; the app that owns them calls it once at start."""
    _registered[:] = [check]


def require_recordable(text: str) -> None:
    """Raise Refused for words that go into the record or a notice and hold what may not stand
    there.
    """
    for check in _registered:
        check.require_recordable(text)


def require_storable(texts: Iterable[str], unit: Any) -> None:
    """Raise Refused, with what they seem to hold, for words of ``unit`` that colleagues read and
    that hold what may never be published.
    """
    for check in _registered:
        check.require_storable(texts, unit)


def remove_leaks_from_file_name(name: str) -> str:
    """Return the name of a file with an ellipsis for what may not be kept of it."""
    path = PurePosixPath(name)
    readable = path.stem.replace("_", " ")
    for check in _registered:
        masked = check.mask(readable)
        name = name if masked == readable else f"{masked}{path.suffix}"
    return name
