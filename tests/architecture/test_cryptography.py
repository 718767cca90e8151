"""Every place of the code that hashes, signs, seals or draws secrets stands in
docs/cryptography.md.
"""

import ast
import re
from pathlib import Path

from django.conf import settings

ROOT = Path(settings.BASE_DIR)
OURS = (
    "accounts",
    "audit",
    "links",
    "help",
    "campaigns",
    "channels",
    "core",
    "engagement",
    "oversight",
    "outreach_portal",
    "posts",
)
OURS += ("media", "operations", "platforms", "publishing", "retention", "units", "deploy")
CRYPTOGRAPHIC = (
    "argon2",
    "cryptography",
    "django.contrib.auth.hashers",
    "django.core.signing",
    "django.utils.crypto",
    "fido2",
    "hashlib",
    "hmac",
    "jwt",
    "random",
    "secrets",
    "ssl",
)


def imported(source: str) -> set[str]:
    """Name every module that ``source`` imports, and what it takes out of packages."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                found |= {name.name for name in names}
            case ast.ImportFrom(module=str(module), names=names):
                found |= {module, *(f"{module}.{name.name}" for name in names)}
    return found


def is_cryptographic(module: str) -> bool:
    return any(module == known or module.startswith(f"{known}.") for known in CRYPTOGRAPHIC)


def test_every_place_that_uses_cryptography_is_in_the_inventory():
    found = {
        str(path.relative_to(ROOT))
        for app in OURS
        for path in (ROOT / app).rglob("*.py")
        if any(map(is_cryptographic, imported(path.read_text(encoding="utf-8"))))
    }

    page = (ROOT / "docs/cryptography.md").read_text(encoding="utf-8")
    inventory = page.partition("## When")[0]
    listed = set(re.findall(r"`((?:\w+/)+[\w.]+\.py)`", inventory)) - {
        "tests/architecture/test_cryptography.py"
    }

    assert len(found) > 30
    assert found == listed


def test_the_search_finds_each_way_to_import():
    sources = [
        "import hashlib",
        "import os, hmac",
        "from cryptography.hazmat import x",
        "from django.core import signing",
    ]

    assert [any(map(is_cryptographic, imported(source))) for source in [*sources, "import os"]] == [
        True
    ] * 4 + [False]
