"""The sheet of keys names each key that a script listens for, under its page."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import reverse

from core.shortcuts import SHORTCUTS
from tests import factories

SCRIPTS = Path(settings.BASE_DIR) / "static/js"
# The first hands keys on; the other only notes that somebody is there.
NO_KEYS = {"lib/keys.js", "composer/presence.js"}
PRINTED = {
    "Escape": "Esc",
    "ArrowLeft": "← →",
    "ArrowRight": "← →",
    "ArrowUp": "↑ ↓",
    "ArrowDown": "↑ ↓",
}


def keys_in_scripts() -> dict[str, set[str]]:
    found = {}
    for path in SCRIPTS.rglob("*.js"):
        name, source = path.relative_to(SCRIPTS).as_posix(), path.read_text("utf-8")
        if name in NO_KEYS or not re.search(r'"key(?:down|up|press)"|\bonKey\(', source):
            continue
        registered = set(re.findall(r'\bonKey\("([^"]+)"', source))
        source = re.sub(r'\bonKey\("[^"]+"|//.*', "", source)
        named = set(re.findall(r"\b(Escape|Arrow\w+|Enter|Home|End|Delete|PageUp)\b", source))
        found[name] = registered | {PRINTED.get(key, key) for key in named}
    return found


def test_every_key_of_a_script_is_registered_with_it():
    registered: dict[str, set[str]] = {}
    for shortcut in SHORTCUTS:
        registered.setdefault(shortcut.script, set()).add(shortcut.keys)
    in_scripts = keys_in_scripts()
    assert len(in_scripts) > 4

    missing = {name: keys - registered.get(name, set()) for name, keys in in_scripts.items()}

    assert {name: keys for name, keys in missing.items() if keys} == {}
    assert set(registered) == set(in_scripts)


@pytest.mark.django_db
def test_every_registered_key_is_on_the_sheet(client):
    client.force_login(factories.person())

    html = client.get(reverse("keys"), headers={"HX-Request": "true"}).content.decode()

    rows = re.findall(r"<dt>(.*?)</dt>\s*<dd>(.*?)</dd>", html, re.DOTALL)
    shown = [
        ("+".join(re.findall(r'class="key-cap".*?>(.*?)</span>', keys)), does)
        for keys, does in rows
    ]
    assert shown == [(shortcut.keys, str(shortcut.does)) for shortcut in SHORTCUTS]
