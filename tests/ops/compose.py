"""docker-compose.yml, or another such file, as docker would read it: merged, with the values that
.env would give.
"""

import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent.parent
_VALUE = re.compile(r"\$\$|\$\{(\w+)(:[-?])?([^}]*)\}")


def read(name: str = "docker-compose.yml") -> dict[str, Any]:
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


def services() -> dict[str, dict[str, Any]]:
    return read()["services"]


def portal_services() -> dict[str, dict[str, Any]]:
    """Return the services that run our own image."""
    return {name: s for name, s in services().items() if s["image"].startswith("outreach-portal:")}


def keys_of(service: str) -> set[str]:
    """Return the names of the keys and passwords that the service is given as files."""
    environment = services()[service].get("environment", {})
    return {name.removesuffix("_FILE") for name in environment if name.endswith("_FILE")}


def environment_of(service: str, env: dict[str, str]) -> dict[str, str]:
    """Return ``env`` as the service sees it: which process it is, and no key of others."""
    foreign = {key for name in services() for key in keys_of(name)} - keys_of(service)
    process = services()[service]["environment"]["PORTAL_PROCESS"]
    kept = {name: value for name, value in env.items() if name not in foreign}
    return {**kept, "PORTAL_PROCESS": process}


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
