"""Word lists and codes, kept as files: one entry a line, the source in lines that begin with #."""

from pathlib import Path

_FILES = Path(__file__).parent / "data"


def read_list(name: str) -> frozenset[str]:
    lines = (_FILES / name).read_text(encoding="utf-8").splitlines()
    return frozenset(line.strip() for line in lines if line.strip() and not line.startswith("#"))
