"""Tell people who follow a link from programs that fetch it: their visits are not counted."""

from collections.abc import Mapping
from pathlib import Path


def _read_names() -> tuple[str, ...]:
    lines = Path(__file__).with_name("data").joinpath("robots.txt").read_text().splitlines()
    return tuple(line for line in lines if line and not line.startswith("#"))


NAMES = _read_names()
# Browsers that fetch ahead what a person may open later.
_AHEAD = ("HTTP_SEC_PURPOSE", "HTTP_PURPOSE", "HTTP_X_PURPOSE", "HTTP_X_MOZ")


def is_counted(environ: Mapping[str, str]) -> bool:
    """Check whether a request is a person's. What it says of its sender is read here and kept
    nowhere.
    """
    if environ.get("REQUEST_METHOD") != "GET" or any(environ.get(name) for name in _AHEAD):
        return False
    agent = environ.get("HTTP_USER_AGENT", "")[:500].lower()
    return bool(agent) and not any(name in agent for name in NAMES)
