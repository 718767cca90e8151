"""docker-compose.yml as docker would read it: merged, with the values that .env would give."""

import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent.parent
_VALUE = re.compile(r"\$\$|\$\{(\w+)(:[-?])?([^}]*)\}")


def read() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))


def services() -> dict[str, dict[str, Any]]:
    return read()["services"]


def portal_services() -> dict[str, dict[str, Any]]:
    """Return the services that run our own image."""
    return {name: s for name, s in services().items() if s["image"].startswith("outreach-portal:")}


def filled(text: str, values: dict[str, str]) -> str:
    """Return ``text`` with its ${…} replaced from ``values``; a value that is demanded and missing
    is a KeyError."""

    def value(match: re.Match[str]) -> str:
        if match[0] == "$$":
            return "$"
        name, how, otherwise = match.groups()
        return values.get(name, otherwise) if how == ":-" else values[name]

    return _VALUE.sub(value, text)


def command_of(service: str) -> list[str]:
    return [filled(part, {}) for part in services()[service]["command"]]
