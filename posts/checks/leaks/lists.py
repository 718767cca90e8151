"""Word lists and codes, kept as files: one entry a line, comments and sources behind #."""

import re
from pathlib import Path

_FILES = Path(__file__).parent / "data"


def read_list(name: str) -> frozenset[str]:
    lines = (_FILES / name).read_text(encoding="utf-8").splitlines()
    return frozenset(line.strip() for line in lines if line.strip() and not line.startswith("#"))


def pattern_of_list(name: str) -> str:
    """Return a pattern for any entry of a list, the longest first."""
    entries = sorted(read_list(name), key=lambda entry: (-len(entry), entry))
    return "|".join(re.escape(entry) for entry in entries)
